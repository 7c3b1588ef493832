"""The Insights page's table and default chart by other means, of the same calls: DuckDB on Parquet, pandas on the log.

Run as a program, it needs nothing of LLMSelect: the Python that LLMSELECT_BASELINE_PYTHON names has DuckDB, which is no
dependency. It prints the seconds as a JSON object.
"""

import json
import sys
import time
from typing import Any

TIMES = ("ttft_ms", "ttfat_ms", "tpot_ms", "total_ms")
SHARES = (0.01, 0.02, 0.03, *(n / 20 for n in range(1, 20)), 0.97, 0.98, 0.99)
SUMS = ("input_tokens", "output_tokens", "cached_input_tokens", "cost_usd")
GROUP = ("provider", "model", "route")
COLUMNS = (*GROUP, "status", "error_type", "started_at", "simulated", *TIMES, *SUMS)


def duckdb_seconds(path: str, wheres: dict[str, str], quantile: str) -> dict[str, float]:
    """How long the table and the chart take of the calls that each condition lets through, connecting included."""
    import duckdb

    took = {}
    for name, where in wheres.items():
        began = time.perf_counter()
        with duckdb.connect() as connection:
            for query in _queries(path, where, quantile):
                connection.execute(query).fetchall()
        took[name] = time.perf_counter() - began
    return took


def _queries(path: str, where: str, quantile: str) -> tuple[str, str, str]:
    source = f"FROM read_parquet('{path}') WHERE {where}"
    by = ", ".join(GROUP)
    times = ", ".join(
        f"count({time}) FILTER (status = 'ok'), {quantile}({time}, [0.5, 0.95, 0.99]) FILTER (status = 'ok')"
        for time in TIMES
    )
    states = ", ".join(f"count(*) FILTER (status = '{status}')" for status in ("error", "stopped"))
    sums = ", ".join(f"sum({name}), count({name})" for name in SUMS)
    shares = ", ".join(map(str, SHARES))
    return (
        f"SELECT {by}, count(*), {states}, {times}, {sums} {source} GROUP BY {by} ORDER BY {by}",
        f"SELECT {by}, error_type, count(*) {source} AND status = 'error' GROUP BY {by}, error_type",
        f"SELECT {by}, {quantile}(ttft_ms, [{shares}]) {source} AND status = 'ok' GROUP BY {by} ORDER BY {by}",
    )


def pandas_seconds(connection: Any, queries: dict[str, str]) -> dict[str, float]:
    """The same over the table `calls`: the columns that it takes are read, what a query of pandas leaves is grouped."""
    import pandas as pd

    took = {}
    for name, query in queries.items():
        began = time.perf_counter()
        _grouped(pd.read_sql(f"SELECT {', '.join(COLUMNS)} FROM calls", connection).query(query))  # noqa: S608
        took[name] = time.perf_counter() - began
    return took


def _grouped(calls: Any) -> None:
    group = [*GROUP]
    groups, well = calls.groupby(group), calls[calls["status"] == "ok"].groupby(group)
    groups[[*SUMS]].agg(["sum", "count"])
    calls.groupby([*group, "status"]).size()
    calls.groupby([*group, "error_type"]).size()
    well[[*TIMES]].count()
    well[[*TIMES]].quantile([0.5, 0.95, 0.99])
    well["ttft_ms"].quantile([*SHARES])


def main() -> None:
    """DuckDB's: `FILE WHERES QUANTILE`, the conditions as a JSON object by name."""
    path, wheres, quantile = sys.argv[1:]
    print(json.dumps(duckdb_seconds(path, json.loads(wheres), quantile)), flush=True)


if __name__ == "__main__":
    main()
