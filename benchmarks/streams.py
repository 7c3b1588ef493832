"""Are eight streams parallel, are their times true, and what does a chunk cost?"""

import time
from collections.abc import Callable, Iterator
from threading import Thread

from llm_backends import CallResult, Delta, Race, Slot
from llm_backends.clock import now_ms
from llm_backends.stats.percentiles import percentile

from .bare import run_bare
from .loopback import eight, records, sandbox
from .report import Figure

LONG = "ttft-300.rate-60.tokens-300"
SHORT = "ttft-300.rate-60.tokens-45"
# As long as LONG, at a pace that one interpreter can read 64 times over; over the 50 ms between two tokens.
CROWD = [[f"ttft-{300 + 50 * (8 * group + n) // 64}.rate-20.tokens-100" for n in range(8)] for group in range(8)]
# Slots start together. At one pace their tokens would come at the very same moments and queue for the interpreter,
# which no eight providers do.
APART = [f"ttft-{100 + 2 * n}.rate-60.tokens-180" for n in range(8)]
ROUNDS = 25


def figures() -> Iterator[Figure]:
    """Wall time, lateness of first and of any token, processor time, and the same with 64 streams."""
    with sandbox() as environ:
        run(eight(environ, "ttft-1.rate-2000.tokens-5"))  # imports done, connections open
        yield _parallel(environ)
        yield from _lateness(environ)
        yield from _hands(environ)
        yield _processor_time(environ)
        yield from _crowd(environ)


def run(slots: list[Slot]) -> tuple[list[CallResult], dict[int, list[float]]]:
    """The results by slot, and when each token was in the hands of whoever reads the race."""
    results: dict[int, CallResult] = {}
    handed: dict[int, list[float]] = {n: [] for n in range(len(slots))}
    for slot, event in Race(slots).events():
        if isinstance(event, Delta):
            handed[slot].append(now_ms())
        else:
            results[slot] = event
    if any(result.status != "ok" for result in results.values()):
        raise SystemExit(f"a benchmark call failed: {[result.error_message for result in results.values()]}")
    return [results[slot] for slot in range(len(slots))], handed


def lateness(results: list[CallResult], truth: dict[str, dict]) -> list[float]:
    """How much longer each time to first token is than the provider's own, in ms."""
    found = [(result, truth[result.target.model]) for result in results]
    return [result.ttft_ms - (record["first_token_at"] - record["received_at"]) * 1000 for result, record in found]


def _parallel(environ: dict[str, str]) -> Figure:
    slots = eight(environ, LONG)
    started = now_ms()
    results, _ = run(slots)
    wall = now_ms() - started
    return Figure("eight streams: wall time / slowest stream", wall / max(r.total_ms for r in results), 1.03)


def _lateness(environ: dict[str, str]) -> Iterator[Figure]:
    first, spread = [], []
    for _ in range(ROUNDS):
        results, _ = run(eight(environ, SHORT))
        truth = records(environ)
        first += lateness(results, truth)
        received = [truth[result.target.model]["received_at"] for result in results]
        spread.append((max(received) - min(received)) * 1000)
    yield Figure("TTFT too long, median, ms", percentile(first, 0.5), 0.5)
    yield Figure("TTFT too long, p99, ms", percentile(first, 0.99), 3)
    yield Figure("first request to last request received, median, ms", percentile(spread, 0.5), 30)


def _hands(environ: dict[str, str]) -> Iterator[Figure]:
    late = []
    for _ in range(3):
        results, handed = run(eight(environ, *APART))
        truth = records(environ)
        for result, times in zip(results, handed.values(), strict=True):
            sent = truth[result.target.model]["token_times"]
            late += [at - sent_at * 1000 for at, sent_at in zip(times, sent, strict=True)]
    yield Figure("any token late in the reader's hands, median, ms", percentile(late, 0.5))
    yield Figure("any token late in the reader's hands, p99, ms", percentile(late, 0.99), 5)


def _crowd(environ: dict[str, str]) -> Iterator[Figure]:
    """Eight comparisons of eight streams in one process."""
    groups = [eight(environ, *scripts) for scripts in CROWD]
    found: list[list[CallResult]] = []
    threads = [Thread(target=lambda slots=slots: found.append(run(slots)[0])) for slots in groups]
    started = now_ms()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = now_ms() - started
    results = [result for group in found for result in group]
    late = lateness(results, records(environ))
    yield Figure(
        "64 streams in 8 comparisons: wall time / slowest stream", wall / max(r.total_ms for r in results), 1.05
    )
    yield Figure("64 streams: TTFT too long, median, ms", percentile(late, 0.5), 2)
    yield Figure("64 streams: TTFT too long, p99, ms", percentile(late, 0.99), 15)


def _processor_time(environ: dict[str, str]) -> Figure:
    """Race and bare loops in turn, so that a drift of the machine's speed falls on both."""
    ratios = []
    for _ in range(7):
        bare, ours = eight(environ, *APART), eight(environ, *APART)
        bare_s = _cpu_s(lambda slots=bare: run_bare(slots, environ))
        ratios.append(_cpu_s(lambda slots=ours: _race(slots)) / bare_s)
    return Figure("processor time a chunk / bare loop over the same SDKs", percentile(ratios, 0.5), 1.1)


def _cpu_s(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _race(slots: list[Slot]) -> None:
    race = Race(slots)
    race.start()
    race.wait()
