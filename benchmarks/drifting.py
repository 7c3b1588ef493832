"""Views of logs made up without a database: 20 models, each with days of its own that drift."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from llm_backends.insights.view import View
from llm_backends.stats import sketch
from llm_backends.store.rollups import cells

MODELS = 20
BEGIN = date(2026, 6, 1)
TTFT_MS = 400


@dataclass(frozen=True)
class Log:
    """So many days, with so many calls a day of the busiest model: of the n-th a n-th as many.

    A day is slower or faster than others by `drift`, and like the day before by `alike`. Times within a day are
    log-normal, two in 100 calls fail, costs are skewed.
    """

    days: int = 28
    calls: int = 300
    drift: float = 0.1
    alike: float = 0.5


def view_of(
    rng: np.random.Generator, log: Log, factor: np.ndarray | None = None, failing: np.ndarray | None = None
) -> View:
    """A log's cells: of each model and day one of calls that ended well and one of those that failed."""
    size = (MODELS, log.days)
    factor = np.ones(size) if factor is None else np.broadcast_to(factor, size)
    calls = rng.poisson(factor.clip(max=1) * log.calls / np.arange(1, MODELS + 1)[:, None])
    # Errors come and go more than latencies do.
    rate = (0.02 if failing is None else failing) * np.exp(3 * _lots(rng, log) - (3 * log.drift) ** 2 / 2)
    failed = rng.binomial(calls, np.minimum(rate, 1))
    cell = np.repeat(np.arange(calls.size), (calls - failed).ravel())
    columns = {name: np.zeros(2 * calls.size) for name in cells.SUMS}
    columns["calls"] = np.concatenate([(calls - failed).ravel(), failed.ravel()]).astype(float)
    columns["priced"][: calls.size] = columns["calls"][: calls.size]
    lists = {}
    for time, typical, spread in (("ttft_ms", TTFT_MS, 0.5), ("tpot_ms", 12, 0.3), ("cost", 0.002, 0.8)):
        middle = typical * factor * np.exp(_lots(rng, log))
        values = middle.ravel()[cell] * rng.lognormal(0, spread, len(cell))
        if time == "cost":
            columns["cost_usd"] = np.bincount(cell, values, 2 * calls.size)
            columns["cost_usd cost_usd"] = np.bincount(cell, values**2, 2 * calls.size)
        else:
            lists[time] = (cell, values)
    return View(_table(log, columns, lists))


def _lots(rng: np.random.Generator, log: Log) -> np.ndarray:
    lots = rng.normal(0, log.drift, (MODELS, log.days))
    for day in range(1, log.days):
        lots[:, day] = log.alike * lots[:, day - 1] + (1 - log.alike**2) ** 0.5 * lots[:, day]
    return lots


def _table(log: Log, columns: dict[str, np.ndarray], lists: dict[str, tuple[np.ndarray, np.ndarray]]) -> pa.Table:
    days = [(BEGIN + timedelta(days=day)).isoformat() for day in range(log.days)]
    half = MODELS * log.days
    made = {name: pa.nulls(2 * half, cells.SCHEMA.field(name).type) for name in cells.KINDS}
    made["stretch"] = pa.array(days * MODELS * 2)
    made["model"] = pa.array([f"m{n:02}" for n in range(MODELS) for _ in days] * 2)
    made |= {name: pa.array([name] * 2 * half) for name in ("provider", "route")}
    made["status"] = pa.array(["ok"] * half + ["error"] * half)
    made |= {name: pa.array(values) for name, values in columns.items()}
    nothing = (np.zeros(0, np.int64), np.ones(0))
    for time in cells.TIMES:
        cell, values = lists.get(time, nothing)
        keys, counts = np.unique(cell * sketch.BUCKETS + sketch.buckets(values), return_counts=True)
        begins = pa.array(np.searchsorted(keys, np.arange(2 * half + 1) * sketch.BUCKETS), pa.int32())
        parts = {"bucket": (keys % sketch.BUCKETS).astype(np.uint16), "count": counts.astype(np.uint32)}
        made |= {f"{time}_{part}": pa.ListArray.from_arrays(begins, pa.array(of)) for part, of in parts.items()}
    return pa.table([made[name] for name in cells.SCHEMA.names], cells.SCHEMA)
