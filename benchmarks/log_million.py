"""Times the log's queries on a million calls: python -m benchmarks.log_million [DATABASE_URL] [CALLS].

Fills the database as million.py does unless it holds calls already; without a URL it uses a new SQLite file.
"""

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta

from benchmarks.made_up import MODELS
from benchmarks.million import fill
from llm_backends.store.call_log import CallLog, Filter

REFS = [f"{provider}/{model}" for provider, model, *_ in MODELS]
START = datetime.now(UTC) - timedelta(days=90)


def main() -> None:
    """Fill the log and time each question five times."""
    url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{tempfile.mkdtemp()}/million.db"
    log = CallLog(url)
    log.check()
    if not log.calls(limit=1):
        fill(url, int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
    newest = datetime.fromisoformat(log.calls(limit=1)[0].result.started_at)
    recent = log.recent_comparisons(50)

    def last(days: float, **more) -> Filter:
        return Filter(since=newest - timedelta(days=days), **more)

    questions = {
        "by_model, all time": lambda: log.by_model(),
        "by_model, last 45 of 90 days": lambda: log.by_model(last(45)),
        "by_model, last 7 days": lambda: log.by_model(last(7)),
        "by_model, last day": lambda: log.by_model(last(1)),
        "by_model, last 45 days, azure": lambda: log.by_model(last(45, routes=("azure",))),
        "by_model, all time, simulated too": lambda: log.by_model(Filter(include_simulated=True)),
        "by_model, two models": lambda: log.by_model(Filter(models=tuple(REFS[:2]))),
        "calls, newest 200": lambda: log.calls(),
        "calls, newest 200 errors": lambda: log.calls(Filter(statuses=("error",))),
        "calls, newest 200 of one model": lambda: log.calls(Filter(models=(REFS[5],))),
        "calls, first week, newest 200": lambda: log.calls(Filter(until=START + timedelta(days=7))),
        "recent_comparisons, 50": lambda: log.recent_comparisons(50),
        "recent_comparisons, next 50": lambda: log.recent_comparisons(50, before=recent[-1].id),
        "search, found at once": lambda: log.recent_comparisons(50, search="LATENCY"),
        "search, found nowhere": lambda: log.recent_comparisons(50, search="elephant"),
        "comparison": lambda: log.comparison(recent[0].id),
        "interrupted": lambda: log.interrupted(),
    }
    for name, ask in questions.items():
        times = []
        for _ in range(5):
            began = time.perf_counter()
            ask()
            times.append((time.perf_counter() - began) * 1000)
        print(f"{name:36} first {times[0]:6.0f} ms, best {min(times):6.0f}, median {sorted(times)[2]:6.0f}", flush=True)
    log.close()


if __name__ == "__main__":
    main()
