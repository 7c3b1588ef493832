"""Are eight streams parallel, are their times true, and what does a chunk cost?"""

import time
from collections.abc import Callable, Iterator

from llm_backends import CallResult, Delta, Race, Slot
from llm_backends.clock import now_ms
from llm_backends.stats.percentiles import percentile

from .bare import run_bare
from .loopback import eight, records, sandbox
from .report import Figure

LONG = "ttft-300.rate-60.tokens-300"
SHORT = "ttft-300.rate-60.tokens-45"
ROUNDS = 25


def figures() -> Iterator[Figure]:
    """Wall time, lateness of first and of any token, processor time."""
    with sandbox() as environ:
        _run(eight(environ, "ttft-1.rate-2000.tokens-5"))  # imports done, connections open
        yield _parallel(environ)
        yield from _lateness(environ)
        yield _processor_time(environ)


def _run(slots: list[Slot]) -> tuple[list[CallResult], dict[int, list[float]]]:
    """The results by slot, and when each token was in the hands of whoever reads the race."""
    results: list[CallResult | None] = [None] * len(slots)
    handed: dict[int, list[float]] = {n: [] for n in range(len(slots))}
    for slot, event in Race(slots).events():
        if isinstance(event, Delta):
            handed[slot].append(now_ms())
        else:
            results[slot] = event
    if any(result.status != "ok" for result in results):
        raise SystemExit(f"a benchmark call failed: {[result.error_message for result in results]}")
    return results, handed


def _parallel(environ: dict[str, str]) -> Figure:
    slots = eight(environ, LONG)
    started = now_ms()
    results, _ = _run(slots)
    wall = now_ms() - started
    return Figure("eight streams: wall time / slowest stream", wall / max(r.total_ms for r in results), 1.03)


def _lateness(environ: dict[str, str]) -> Iterator[Figure]:
    first, any_token = [], []
    for _ in range(ROUNDS):
        slots = eight(environ, SHORT)
        results, handed = _run(slots)
        truth = records(environ)
        for slot, result in enumerate(results):
            record = truth[result.target.model]
            first.append(result.ttft_ms - (record["first_token_at"] - record["received_at"]) * 1000)
            sent = record["token_times"]
            any_token += [at - sent_at * 1000 for at, sent_at in zip(handed[slot], sent, strict=True)]
    yield Figure("TTFT too long, median, ms", percentile(first, 0.5), 2)
    yield Figure("TTFT too long, p99, ms", percentile(first, 0.99), 12)
    yield Figure("any token late in the reader's hands, median, ms", percentile(any_token, 0.5))
    yield Figure("any token late in the reader's hands, p99, ms", percentile(any_token, 0.99), 5)


def _processor_time(environ: dict[str, str]) -> Figure:
    """Race and bare loops in turn, so that a drift of the machine's speed falls on both."""
    ratios = []
    for _ in range(3):
        slots = eight(environ, LONG)
        bare = _cpu_s(lambda slots=slots: run_bare(slots, environ))
        slots = eight(environ, LONG)
        ours = _cpu_s(lambda slots=slots: _race(slots))
        ratios.append(ours / bare)
    return Figure("processor time a chunk / bare loop over the same SDKs", percentile(ratios, 0.5), 1.2)


def _cpu_s(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _race(slots: list[Slot]) -> None:
    race = Race(slots)
    race.start()
    race.wait()
