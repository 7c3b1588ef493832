"""How soon History's list pages and filters a million calls, opens the largest comparison and exports ten thousand."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from time import perf_counter

import numpy as np

from llm_backends.history.export import SUFFIX, export
from llm_backends.store.call_log import CallLog
from llm_backends.store.columns import now
from llm_backends.store.search.entries import KINDS, Entry, entries
from llm_backends.store.search.find import Wanted
from llm_backends.types import CallResult, Target

from .database import postgres_database
from .memory import peak_mb
from .million import fill
from .report import Figure, Unmeasured

CALLS = int(os.environ.get("LLMSELECT_BENCH_HISTORY_CALLS", "1000000"))
_PAGE, _PAGES, _EXPORTED, _ROUNDS = 20, 1_000, 10_000, 5
_FILTERS = {
    "one model": Wanted(models=("openai/gpt-5.2",)),
    "one model's failed calls": Wanted(models=("mistral/codestral",), statuses=("error",)),
    "a model that nobody asked": Wanted(models=("openai/none",)),
    "failed calls": Wanted(statuses=("error",)),
    "simulated": Wanted(simulated=True),
    "one user": Wanted(user="ada"),
    "a user with nothing": Wanted(user="nobody"),
}


def figures() -> Iterator[Figure | Unmeasured]:
    """Of each database in turn."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _of(f"sqlite:///{folder}/log.db", "SQLite")
    with ExitStack() as stack:
        url = stack.enter_context(postgres_database())
        if url is None:
            yield Unmeasured("PostgreSQL", "none answers")
            return
        yield from _of(url, "PostgreSQL")


def _of(url: str, name: str) -> Iterator[Figure]:
    fill(url, CALLS)
    yield from of_log(url, name)


def of_log(url: str, name: str) -> Iterator[Figure]:
    """Of a log that is filled already."""
    log = CallLog(url)
    times, before = [], None
    for _ in range(_PAGES):
        page, took = _page(log, Wanted(), before)
        times.append(took)
        if len(page) <= _PAGE:
            break
        before = page[_PAGE - 1].place
    yield Figure(f"{name}: the first page of the list, ms", times[0])
    yield Figure(f"  page {len(times):,}, ms", times[-1])
    yield Figure(f"  all {len(times):,} pages, ms, p95", float(np.percentile(times, 95)), 200)
    for filtered, wanted in _FILTERS.items():
        longest = max(_page(log, wanted, None)[1] for _ in range(_ROUNDS))
        yield Figure(f"  a page of {filtered}, ms, longest of {_ROUNDS}", longest)
    yield from _largest(log)
    yield from _exports(log)
    log.close()


def _page(log: CallLog, wanted: Wanted, before: tuple[str, str] | None) -> tuple[tuple[Entry, ...], float]:
    started = perf_counter()
    with log.database.reading() as connection:
        found = entries(connection, KINDS, wanted, before, _PAGE + 1)
    return found, 1000 * (perf_counter() - started)


def _largest(log: CallLog) -> Iterator[Figure]:
    id = log.open_comparison("the largest", None, {}, 8)
    for slot in range(8):
        log.record(id, slot, CallResult(Target("openai", "long", "direct"), "ok", now(), answer="a word " * 14_286))
    log.flush(30)
    times = []
    for _ in range(20):
        started = perf_counter()
        found = log.comparison(id)
        times.append(1000 * (perf_counter() - started))
    chars = sum(len(call.result.answer) for call in found.calls) if found else 0
    yield Figure(f"  reading a comparison of {chars:,} characters, ms, longest", max(times))


def _exports(log: CallLog) -> Iterator[Figure]:
    """What each format takes, without writing it to a disk."""
    ids: list[str] = []
    before = None
    while len(ids) < _EXPORTED and (page := _page(log, Wanted(), before)[0]):
        ids += [entry.id for entry in page if entry.kind == "comparison"]
        before = page[-1].place
    for format in SUFFIX:
        started, held = perf_counter(), peak_mb()
        chars = sum(len(piece) for _, piece in export(log.database, ids[:_EXPORTED], format))
        yield Figure(f"  {_EXPORTED:,} comparisons as {format}, s", perf_counter() - started)
        yield Figure(f"    of {chars / 1e6:.0f} million characters; memory grows by, MB", peak_mb() - held)
