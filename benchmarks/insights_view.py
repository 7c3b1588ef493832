"""One process's views of the log, timed: python -m benchmarks.insights_view DATABASE_URL SINCE PROVIDER/MODEL.

What the page does on the server: the cells of the time are read, those that the filter lets through chosen, and the
table, whose rows the ranking orders too, and the default chart worked out.
"""

import json
import sys
import time
from contextlib import closing
from datetime import UTC, datetime

import pandas  # noqa: F401  # the page has it before it reads the log

from llm_backends.insights.ranking import ranking
from llm_backends.insights.series import distribution
from llm_backends.insights.summary import summary
from llm_backends.insights.view import View
from llm_backends.store.call_log import CallLog, Filter

from .memory import peak_mb


def main() -> None:
    """All time, then a week, then a model, as somebody changes the filter; seconds each, and the most memory in MB."""
    url, since, model = sys.argv[1:]
    week = datetime.fromisoformat(since).replace(tzinfo=UTC)
    asked = {"all time": Filter(), "one week": Filter(since=week), "one model": Filter(models=(model,))}
    took = {}
    with closing(CallLog(url)) as log:
        log.check()
        before = peak_mb()
        for what, filter in asked.items():
            began = time.perf_counter()
            view = View(log.cells(filter)).chosen(filter)
            summary(view, "model")
            distribution(view, "ttft_ms")
            took[what] = time.perf_counter() - began
            if what == "all time":
                began = time.perf_counter()
                ranking(view, "ttft_p50_ms")
                took["verdicts"] = time.perf_counter() - began
        print(json.dumps({"seconds": took, "mb": {"before": before, "after": peak_mb()}}))


if __name__ == "__main__":
    main()
