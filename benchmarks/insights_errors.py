"""How far the percentiles that Insights shows are from the exact ones, over every model, route and time of the log."""

from typing import Any

import numpy as np
import pandas as pd

from llm_backends.insights.view import View
from llm_backends.stats.percentiles import rank
from llm_backends.store.call_log import CallLog
from llm_backends.store.rollups.cells import TIMES

from .baselines import GROUP

SHOWN = (0.5, 0.95, 0.99)


def errors(log: CallLog) -> tuple[float, float]:
    """The largest, as a share: of the value at the percentile's rank, and of the one interpolated between ranks."""
    groups = View(log.cells()).groups(*GROUP)
    columns = ", ".join((*GROUP, *TIMES))
    exact = pd.read_sql(f"SELECT {columns} FROM calls WHERE status = 'ok'", log.database.engine()).groupby([*GROUP])
    at_rank, between = [0.0], [0.0]
    for place, key in enumerate(groups.keys):
        if key not in exact.groups:
            continue
        calls = exact.get_group(key)
        for time in TIMES:
            values = np.sort(calls[time].dropna().to_numpy())
            values = values[values > 0]
            for q in SHOWN:
                if told := groups.quantiles(time, q)[place]:
                    low, share = rank(len(values), q)
                    at_rank.append(_off(told, values[low + round(share)]))
                    between.append(_off(told, np.quantile(values, q)))
    return max(at_rank), max(between)


def _off(told: float, exact: Any) -> float:
    return abs(told / float(exact) - 1)
