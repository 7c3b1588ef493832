"""How soon History finds what a million calls hold, on both databases, and what the index weighs and takes."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

import numpy as np
from sqlalchemy import text

from llm_backends.store.call_log import CallLog
from llm_backends.store.columns import now
from llm_backends.store.search.find import Wanted
from llm_backends.types import CallResult, Target

from .database import postgres_database
from .million import fill
from .report import Figure, Unmeasured

CALLS = int(os.environ.get("LLMSELECT_BENCH_SEARCH_CALLS", "1000000"))
_VOCABULARY = 50_000
_CHANCES = 1 / np.arange(1, _VOCABULARY + 1)
_CHANCES /= _CHANCES.sum()
_SYLLABLES = "ba ke di lo mu na re si to vu pa ge hi jo ku la me ni so tu".split()
WORDS = [
    "".join(_SYLLABLES[n // 20**place % 20] for place in range(2 + (n >= 400) + (n >= 8000)))
    + ("東京" if n % 997 == 5 else "")
    for n in range(_VOCABULARY)
]


def figures() -> Iterator[Figure | Unmeasured]:
    """Of each database in turn."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _of(f"sqlite:///{folder}/log.db", "SQLite")
        yield Figure("  size of the file, GB", Path(folder, "log.db").stat().st_size / 1e9)
    with ExitStack() as stack:
        url = stack.enter_context(postgres_database())
        if url is None:
            yield Unmeasured("PostgreSQL", "none answers")
            return
        yield from _of(url, "PostgreSQL")


def texts(count: int, rng: np.random.Generator) -> list[str]:
    """Answers of some 40 words whose frequencies are those of a language (Zipf)."""
    lengths = np.clip(rng.lognormal(3.6, 0.6, count), 5, 400).astype(int)
    drawn = rng.choice(_VOCABULARY, int(lengths.sum()), p=_CHANCES)
    ends = np.cumsum(lengths)
    return [" ".join(WORDS[n] for n in drawn[end - many : end]) for end, many in zip(ends, lengths, strict=True)]


def _of(url: str, name: str) -> Iterator[Figure]:
    fill(url, CALLS, texts=texts)
    log = CallLog(url)
    started = perf_counter()
    for _ in log.index():
        pass
    yield Figure(f"{name}: indexing {CALLS:,} old calls, s", perf_counter() - started)
    rng = np.random.default_rng(3)
    everything: list[float] = []
    for kind, searches in _searches(rng).items():
        times = []
        for search in searches:
            started = perf_counter()
            log.search(search, Wanted())
            times.append(1000 * (perf_counter() - started))
        everything += times
        yield Figure(f"  {kind}: a page of hits, ms, p95 of {len(times)}", float(np.percentile(times, 95)))
    yield Figure(f"  all {len(everything)}: ms, p50", float(np.percentile(everything, 50)))
    yield Figure("  ms, p95", float(np.percentile(everything, 95)), 200)
    yield Figure("  ms, longest", max(everything))
    paged = []
    before = None
    for _ in range(50):
        started = perf_counter()
        page = log.search(WORDS[3], Wanted(), before)
        paged.append(1000 * (perf_counter() - started))
        before = page[-1].number
    yield Figure("  50 pages of a common word, ms, p95", float(np.percentile(paged, 95)))
    yield Figure("  the same of one model's failed calls, ms", _filtered(log))
    yield from _writing(log)
    with log.database.reading() as connection:
        if connection.dialect.name == "postgresql":
            size = connection.scalar(text("SELECT pg_total_relation_size('documents')")) or 0
        else:
            size = connection.scalar(text("SELECT sum(length(block)) FROM search_words_data")) or 0
    yield Figure("  size of the index, MB", size / 1e6)
    log.close()


def _searches(rng: np.random.Generator) -> dict[str, list[str]]:
    """Forty of a kind."""
    common = [WORDS[n] for n in rng.integers(0, 50, 40)]
    middling = [WORDS[n] for n in rng.integers(500, 5_000, 40)]
    rare = [WORDS[n] for n in rng.integers(20_000, _VOCABULARY, 40)]
    return {
        "a common word": [f"{word} " for word in common],
        "a rare word": [f"{word} " for word in rare],
        "a middling word": [f"{word} " for word in middling],
        "three words": [f"{a} {b} {c} " for a, b, c in zip(common, reversed(common), middling, strict=True)],
        "a common and a rare word": [f"{a} {b} " for a, b in zip(common, rare, strict=True)],
        "a phrase": [f'"{a} {b}"' for a, b in zip(common, middling, strict=True)],
        "the beginning of a word": [word[:4] for word in middling],
        "what is not there": [f"{word}xyz " for word in middling],
        "signs without spaces": ["東京"] * 40,
    }


def _filtered(log: CallLog) -> float:
    started = perf_counter()
    log.search(f"{WORDS[3]} ", Wanted(models=("mistral/codestral",), statuses=("error",)))
    return 1000 * (perf_counter() - started)


def _writing(log: CallLog) -> Iterator[Figure]:
    """What a call of 400 words takes to write, all in all: the index is kept in the same transaction."""
    answer = " ".join(texts(10, np.random.default_rng(1)))
    id = log.open_comparison("timed", None, {}, 1000)
    log.flush(10)
    started = perf_counter()
    for slot in range(1000):
        log.record(id, slot, CallResult(Target("openai", "timed", "direct"), "ok", now(), answer=answer))
    log.flush(60)
    yield Figure("  writing a call of 400 words, ms, index included", perf_counter() - started)
