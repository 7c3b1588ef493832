"""How near is an experiment to the ideal, what does a call cost, and does memory stay flat?

Fewer prompts than a thousand, for a look: python -m benchmarks.experiments 100
"""

import gc
import json
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from threading import Thread

from llm_backends import Catalog, settings
from llm_backends.experiments.engine import Engine
from llm_backends.experiments.live import Experiments
from llm_backends.experiments.plan import ExperimentPlan, RoutedSlot
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.store.call_log import CallLog

from .bare import run_bare
from .loopback import PROVIDERS, eight, sandbox
from .report import Figure

PROMPTS, SLOTS, CONCURRENCY = 1000, 8, 32
SCRIPT = "ttft-500.rate-20.tokens-10"  # a second a call, and little of the processor that the providers share
CPU_CALLS = 320


def figures(prompts: int = PROMPTS) -> Iterator[Figure]:
    """Wall time over the ideal, memory over the run, processor time a call beyond the SDKs' own."""
    with sandbox() as environ, tempfile.TemporaryDirectory() as folder:
        log = CallLog(f"sqlite:///{Path(folder) / 'log.db'}")
        live = Experiments(log)
        _run(live, environ, CPU_CALLS // SLOTS, "ttft-1.rate-2000.tokens-30")  # imports done, connections open
        yield _processor_time(live, environ)
        yield from _long(live, environ, prompts)
        live.close()
        log.close()


def _long(live: Experiments, environ: dict[str, str], prompts: int) -> Iterator[Figure]:
    engine, started = _start(live, environ, prompts, SCRIPT), time.perf_counter()
    early = prompts  # an eighth of the calls: 1,000 of 8,000
    memory = {}
    while not engine.wait(0.1):
        if engine.progress.ended >= early and not memory:
            memory["early"] = _resident_mb()
    wall_s = time.perf_counter() - started
    late = _resident_mb()
    _complete(engine)
    calls = prompts * SLOTS
    true_s = _true_s(environ)
    name = f"{calls} calls, {CONCURRENCY} at once"
    yield Figure(f"{name}: wall time, s", wall_s)
    yield Figure(f"{name}: mean true time of a call, s", true_s)
    yield Figure(f"{name}: wall time / ideal", wall_s / (calls * true_s / CONCURRENCY), 1.05)
    yield Figure(f"{name}: memory grown after {early} calls, MB", late - memory.get("early", late), 10)


def _processor_time(live: Experiments, environ: dict[str, str]) -> Figure:
    script = "ttft-20.rate-200.tokens-30"
    ours = _cpu_s(lambda: _run(live, environ, CPU_CALLS // SLOTS, script))

    def bare() -> None:
        each = [eight(environ, script) for _ in range(CONCURRENCY // SLOTS)]
        for _ in range(CPU_CALLS // CONCURRENCY):
            threads = [Thread(target=run_bare, args=(slots, environ)) for slots in each]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    bare()
    floor = _cpu_s(bare)
    return Figure("processor time a call beyond a bare loop over the SDKs, ms", (ours - floor) / CPU_CALLS * 1000, 5)


def _run(live: Experiments, environ: dict[str, str], prompts: int, script: str) -> None:
    engine = _start(live, environ, prompts, script)
    engine.wait()
    _complete(engine)


def _start(live: Experiments, environ: dict[str, str], prompts: int, script: str) -> Engine:
    catalog = Catalog(settings.load(environ=environ, dotenv_path=None))
    numbers = count(time.perf_counter_ns())
    refs = (f"{PROVIDERS[n % 4]}/sandbox.canned.{script}.retry-{next(numbers)}" for n in range(SLOTS))
    plan = ExperimentPlan("Benchmark", "none", tuple(map(RoutedSlot, refs)), concurrency=CONCURRENCY, warm_up=0)
    lines = tuple(Row(n, f"Question {n}") for n in range(1, prompts + 1))
    return live.run(live.add(plan, PromptSet.of("Benchmark", lines)), plan, lines, catalog)


def _complete(engine: Engine) -> None:
    progress = engine.progress
    if progress.state != "done" or progress.failed:
        raise SystemExit(f"the experiment did not end well: {progress}")


def _true_s(environ: dict[str, str]) -> float:
    """The mean time of the latest calls at the provider, from the request's first byte to the answer's last."""
    with urllib.request.urlopen(f"{environ['url']}/sandbox/records") as answer:
        found = [one for one in json.load(answer) if SCRIPT in (one["model"] or "") and one["ended_at"]]
    return sum(one["ended_at"] - one["received_at"] for one in found) / len(found)


def _cpu_s(work) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _resident_mb() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    for figure in figures(int(sys.argv[1]) if len(sys.argv) > 1 else PROMPTS):
        print(figure, flush=True)
