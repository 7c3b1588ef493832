"""What every adapter makes of every fault, how fast Stop closes a connection, and a long run of random faults."""

import gc
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

from llm_backends import CallResult, Catalog, Message, Race, Slot, settings
from llm_backends.net.retries import Retries
from llm_backends.sandbox import Sandbox, serve
from llm_backends.stats.percentiles import percentile
from llm_backends.vendors import EMBEDDED
from tests.expected import ENDS
from tests.kinds import KINDS, Kind

from .report import Figure

IMPATIENT = (("LLMSELECT_READ_TIMEOUT_S", "1"), ("LLMSELECT_DEADLINE_S", "1.5"))
CHAOS_CALLS, CHAOS_SEED = 200, 20261123
STOPS = 20

_numbers = count(1)


def figures() -> Iterator[Figure]:
    """The fault table is printed; the figures count what in it is wrong."""
    with serve(canned=True) as sandbox:
        wrong, unfinished = _table(sandbox)
        yield Figure("fault table: wrong outcomes", wrong, 0)
        yield Figure("fault table: connections left open", unfinished, 0)
        yield from _stops(sandbox)
        yield from _chaos(sandbox)


def _slot(sandbox: Sandbox, kind: Kind, fault: str, extra: str = "ttft-1.rate-2000.tokens-20"):
    impatient = replace(kind, environ=(*kind.environ, *IMPATIENT))
    return impatient.slot(sandbox, f"sandbox.canned.{extra}.fault-{fault}.retry-{next(_numbers)}")


def _table(sandbox: Sandbox) -> tuple[int, int]:
    """Print fault by fault how each way to a model ended: error class or ok, and the characters kept."""
    print(f"{'fault':13}" + "".join(f"{kind.name:22}" for kind in KINDS))
    wrong = 0
    for fault, end in ENDS.items():
        race = Race([_slot(sandbox, kind, fault) for kind in KINDS[:8]])
        last = Race([_slot(sandbox, KINDS[8], fault)])
        for each in (race, last):
            each.start()
            each.wait()
        results = [lane.result for lane in (*race.lanes, *last.lanes)]
        right = [(r.status, r.error_type, r.chunks) == (end.status, end.error, end.chunks) for r in results]
        wrong += right.count(False)
        print(f"{fault:13}" + "".join(f"{_cell(r, ok):22}" for r, ok in zip(results, right, strict=True)), flush=True)
    return wrong, _unfinished(sandbox)


def _cell(result: CallResult, right: bool) -> str:
    return f"{'' if right else '!! '}{result.error_type or result.status} {len(result.answer)}"


def _unfinished(sandbox: Sandbox) -> int:
    """Requests that the providers still see as running, a second after the last call ended."""
    sandbox.wait_for(lambda server: all(record.outcome for record in server.records), 1)
    return sum(record.outcome is None for record in sandbox.records)


def _stops(sandbox: Sandbox) -> Iterator[Figure]:
    """From Stop to the moment when the provider sees the connection closed, streaming and stalled, p95."""
    for kind in KINDS:
        for name, script in (("streaming", "rate-60.tokens-5000"), ("stalled", "rate-2000.tokens-20.fault-stall")):
            times = [_stop_ms(sandbox, kind, script) for _ in range(STOPS)]
            yield Figure(f"Stop to closed socket, {kind.name}, {name}, p95, ms", percentile(times, 0.95), 200)
    times = [_stop_local_ms() for _ in range(STOPS)]
    yield Figure("Stop to ended call, local model, p95, ms", percentile(times, 0.95), 200)


def _stop_ms(sandbox: Sandbox, kind: Kind, script: str) -> float:
    name = f"sandbox.canned.ttft-1.{script}.retry-{next(_numbers)}"
    stopped = _stop(kind.slot(sandbox, name))
    (record,) = [record for record in sandbox.records if record.model == name]
    sandbox.wait_for(lambda _: record.client_gone_at, 5)
    return (record.client_gone_at - stopped) * 1000


def _stop_local_ms() -> float:
    stopped = _stop(Catalog(settings.Settings()).slot(EMBEDDED, "direct", (Message("user", "Count to 1000."),)))
    return (time.perf_counter() - stopped) * 1000


def _stop(slot: Slot) -> float:
    """Run the slot, stop it in mid-answer and wait for its end; when Stop was pressed, by time.perf_counter()."""
    race = Race([slot])
    race.start()
    while race.lanes[0].chunks < 5:
        time.sleep(0.001)
    stopped = time.perf_counter()
    race.stop()
    race.wait()
    return stopped


def _chaos(sandbox: Sandbox) -> Iterator[Figure]:
    """Random faults on random ways to a model, eight at a time, with retries as in real use."""
    chance = random.Random(CHAOS_SEED)
    wrong, memory = 0, []
    _one_round(sandbox, chance)
    threads = threading.active_count()
    for _ in range(CHAOS_CALLS // 8):
        wrong += _one_round(sandbox, chance)
        gc.collect()
        memory.append(_resident_mb())
    sandbox.wait_for(lambda server: all(record.outcome for record in server.records), 2)
    yield Figure(f"{CHAOS_CALLS} random faults (seed {CHAOS_SEED}): wrong outcomes", wrong, 0)
    yield Figure("threads left", max(0, threading.active_count() - threads - sandbox.open_connections), 0)
    yield Figure("connections left in use", _unfinished(sandbox), 0)
    half = len(memory) // 2
    yield Figure(
        "memory, second half / first half", percentile(memory[half:], 0.5) / percentile(memory[:half], 0.5), 1.05
    )


def _one_round(sandbox: Sandbox, chance: random.Random) -> int:
    faults = [chance.choice(list(ENDS)) for _ in range(8)]
    slots = [_slot(sandbox, chance.choice(KINDS), fault) for fault in faults]
    race = Race([replace(slot, retries=Retries(attempts=2, first_wait_s=0.01)) for slot in slots])
    race.start()
    race.wait()
    ends = [ENDS[fault] for fault in faults]
    return sum(
        (lane.result.status, lane.result.error_type, lane.result.chunks) != (end.status, end.error, end.chunks)
        for lane, end in zip(race.lanes, ends, strict=True)
    )


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
