"""Insights over a million calls: its server time beside DuckDB's and pandas', memory, errors, what rollups cost.

The log is made once, in LLMSELECT_BENCH_FOLDER or the system's folder for temporary files. DuckDB is no dependency: the
Python that LLMSELECT_BASELINE_PYTHON names runs it. Fewer calls, for a look: python -m benchmarks.insights 50000
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import func, select

from llm_backends.store import tables
from llm_backends.store.call_log import CallLog, Filter
from llm_backends.types import CallResult, Target, Usage

from . import baselines, insights_page
from .database import GIVEN, postgres_database
from .insights_errors import errors
from .million import fill
from .report import Figure, Unmeasured

CALLS, ROUNDS = 1_000_000, 5
WRITTEN = 50_000  # calls of the log to which single ones are written
BASELINE = "LLMSELECT_BASELINE_PYTHON"
MODEL = "openai/gpt-5.2"
_EXPORT = """import sys
from benchmarks.memory import peak_mb
from llm_backends.__main__ import main
code = main(sys.argv[1:])
print(peak_mb())
sys.exit(code)
"""
FIRST = "all time"  # in a process that has read nothing before


@dataclass(frozen=True)
class Asked:
    """A choice of calls: for ours, for pandas over the log's table, and for SQL on the Parquet file."""

    filter: Filter
    table: str
    parquet: str


def figures(count: int = CALLS) -> Iterator[Figure | Unmeasured]:
    """Every figure, of SQLite and, where LLMSELECT_TEST_POSTGRES_URL names one, of PostgreSQL."""
    folder = Path(os.environ.get("LLMSELECT_BENCH_FOLDER") or Path(tempfile.gettempdir()) / "llmselect-bench")
    path = _made(folder, count)
    url = f"sqlite:///{path}"
    parquet, exported = _exported(url, path)
    yield from exported
    yield from _of(url, "SQLite", parquet, count)
    yield from insights_page.figures(url, "SQLite")
    if GIVEN in os.environ:
        with postgres_database() as url:
            assert url
            fill(url, count)
            yield from _of(url, "PostgreSQL", parquet, count)


def _made(folder: Path, count: int) -> Path:
    """The log as SQLite, whole or not there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{count}.db"
    if not path.exists():
        part = folder / f"{count}.{os.getpid()}.part"
        fill(f"sqlite:///{part}", count)
        part.rename(path)
    return path


def _exported(url: str, path: Path) -> tuple[Path, list[Figure]]:
    """The log as Parquet, by the command; how long that took, and its memory."""
    parquet = path.with_suffix(".parquet")
    words = ["export", "--out", str(parquet), "--simulated", "--force"]
    began = time.perf_counter()
    mb = float(_run([sys.executable, "-c", _EXPORT, *words], {"LLMSELECT_DATABASE_URL": url}))
    took = time.perf_counter() - began
    return parquet, [Figure("export as Parquet, s", took), Figure("export: the most memory, MB", mb, 500)]


def _of(url: str, name: str, parquet: Path, count: int) -> Iterator[Figure | Unmeasured]:
    with contextlib.closing(CallLog(url)) as log:
        yield from _rolled_up(log, name)
        asked = _asked(log)
        ours, theirs, mb = _alternately(url, asked, parquet)
        rows = baselines.pandas_seconds(log.database.engine(), {what: one.table for what, one in asked.items()})
        for what in asked:
            yield Figure(f"{name}: {what}, s", ours[what])
            if theirs is None:
                yield Unmeasured(f"{name}: {what}, times DuckDB's", f"not measured: set {BASELINE}")
            else:
                yield Figure(f"{name}: {what}, DuckDB's s", theirs[what])
                yield Figure(f"{name}: {what}, times DuckDB's", ours[what] / theirs[what], 2)
            yield Figure(f"{name}: {what}, pandas' s", rows[what])
            yield Figure(f"{name}: {what}, share of pandas'", ours[what] / rows[what], 1 / 20)
        yield Figure(f"{name}: {FIRST}, the ranking's verdicts besides, s", ours["verdicts"])
        yield Figure(f"{name}: the most memory of a fresh process, MB", mb["after"])
        yield Figure(f"{name}: of that for the view, MB", mb["after"] - mb["before"])
        rank, between = errors(log)
        yield Figure(f"{name}: largest error of a shown percentile, %", 100 * rank, 0.5)
        yield Figure(f"{name}: the same against interpolation between ranks, %", 100 * between)
    yield from _written(name)


def _rolled_up(log: CallLog, name: str) -> Iterator[Figure]:
    r = tables.rollups
    with log.database.writing() as connection:
        connection.execute(r.delete())
    began = time.perf_counter()
    for _ in log.roll_up():
        pass
    yield Figure(f"{name}: all days rolled up once, s", time.perf_counter() - began)
    with log.database.reading() as connection:
        size = connection.scalar(select(func.sum(func.length(r.c.cells)))) or 0
    yield Figure(f"{name}: the rollups, MB", size / 1e6)


def _asked(log: CallLog) -> dict[str, Asked]:
    newest = datetime.fromisoformat(log.calls(limit=1)[0].result.started_at)
    week = newest.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=6)
    real, of_table, (provider, model) = "NOT simulated", "simulated == 0", MODEL.split("/")
    return {
        FIRST: Asked(Filter(), of_table, real),
        "one week": Asked(
            Filter(since=week),
            f"{of_table} and started_at >= '{week:%Y-%m-%d}'",
            f"{real} AND started_at_utc >= TIMESTAMPTZ '{week:%Y-%m-%d} 00:00:00+00'",
        ),
        "one model": Asked(
            Filter(models=(MODEL,)),
            f"{of_table} and provider == '{provider}' and model == '{model}'",
            f"{real} AND provider = '{provider}' AND model = '{model}'",
        ),
    }


def _alternately(
    url: str, asked: Mapping[str, Asked], parquet: Path
) -> tuple[dict[str, float], dict[str, float] | None, dict[str, float]]:
    """Medians of ours and, where it is there, DuckDB's, in fresh processes in turn; the memory of the last of ours."""
    other = os.environ.get(BASELINE)
    wheres = json.dumps({what: one.parquet for what, one in asked.items()})
    ours, theirs, mb = [], [], {}
    for _ in range(ROUNDS):
        since = [what.filter.since for what in asked.values()][1]
        out = _run([sys.executable, "-m", "benchmarks.insights_view", url, f"{since:%Y-%m-%d}", MODEL], {})
        found = json.loads(out)
        ours.append(found["seconds"])
        mb = found["mb"]
        if other:
            program = [other, baselines.__file__, str(parquet), wheres, "quantile_cont"]
            theirs.append(json.loads(_run(program, {})))
    return _medians(ours), _medians(theirs) if theirs else None, mb


def _medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {what: median(one[what] for one in rounds) for what in rounds[0]}


def _run(words: list[str], environ: dict[str, str]) -> str:
    """What the program prints."""
    return subprocess.run(words, env={**os.environ, **environ}, stdout=subprocess.PIPE, text=True, check=True).stdout


def _written(name: str) -> Iterator[Figure]:
    """What it adds to the writing of a call that its day has a rollup, which has to go."""
    with contextlib.ExitStack() as stack:
        if name == "SQLite":
            url: str | None = f"sqlite:///{stack.enter_context(tempfile.TemporaryDirectory())}/log.db"
        else:
            url = stack.enter_context(postgres_database())
        assert url
        fill(url, WRITTEN, days=100)
        log = stack.enter_context(contextlib.closing(CallLog(url)))
        for _ in log.roll_up():
            pass
        took: dict[bool, list[float]] = {True: [], False: []}
        for ago in range(1, 81):
            for rolled in (True, False):  # the first call of a day makes its rollup go
                took[rolled].append(_logged(log, ago))
    without = 1000 * median(took[False])
    yield Figure(f"{name}: one call logged, median, ms", without)
    yield Figure(f"{name}: more where its day has a rollup, median, ms", 1000 * median(took[True]) - without, 5)


def _logged(log: CallLog, days_ago: int) -> float:
    at = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat(timespec="milliseconds")
    usage = Usage(10, 20)
    result = CallResult(Target("openai", "gpt-5.2", "direct"), "ok", at, "Yes.", usage=usage, ttft_ms=1.0, total_ms=2.0)
    id = log.open_comparison("Why?", None, {}, 1)
    log.flush(10)
    began = time.perf_counter()
    log.record(id, 0, result)
    if not log.flush(10):
        raise SystemExit(log.problem)
    return time.perf_counter() - began


if __name__ == "__main__":
    for _figure in figures(*map(int, sys.argv[1:])):
        print(_figure, flush=True)
