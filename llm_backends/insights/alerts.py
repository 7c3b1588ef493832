"""Alerts: models whose latency or error rate in the last seven days differs from that of the four weeks before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from ..stats import sketch
from ..stats.chance import holm
from ..stats.intervals import LEVEL
from ..stats.unpaired.changes import changes
from ..stats.unpaired.samples import split, usual
from .changed import Alert
from .ranking import by_hour, stretches, summed
from .series import MODEL
from .view import Codes, Key, Numbers, View

WEEK, BEFORE = 7, 28
DAYS = WEEK + BEFORE
"""So many whole days before today a view must hold."""

LEAST_DAYS, LEAST_DAYS_BEFORE, LEAST_CALLS = 4, 8, 5
"""With fewer days, each of so many calls at least, a series is not judged."""

LEAST_RATIO, LEAST_POINTS = 1.1, 0.01
"""A median that changes by less than 10 %, or an error rate by less than 1 point, is not worth an alert."""


@dataclass(frozen=True)
class Alerts:
    """What was found, worse first, of how many series of a model's figure that had days and calls enough."""

    found: tuple[Alert, ...]
    judged: int
    not_judged: int


def alerts(view: View, today: date) -> Alerts:
    """The models whose first token, pace or error rate is another in the last 7 whole days than in the 28 before.

    `today` is the day, UTC, that is not over yet. At most 5 in 100 views in which nothing has changed hold any alert.
    Weekdays without calls this week are left out of the weeks before, so that a weekly rhythm is no change. The pace
    is the time per output token, or of a model without one the total time.
    """
    view, day = _window(view, today)
    code, keys = view.codes(*MODEL)
    series = [_medians(view, time, code, day, keys) for time in ("ttft_ms", "tpot_ms", "total_ms")]
    paced = {alert.key for alert in series[1]}
    series[2] = [alert for alert in series[2] if alert.key not in paced]
    judged = [alert for found in (*series, _rates(view, code, day, keys)) for alert in found]
    corrected = [replace(alert, p=p) for alert, p in zip(judged, holm([alert.p for alert in judged]), strict=True)]
    found = sorted((a for a in corrected if a.p <= 1 - LEVEL and _matters(a)), key=lambda a: (not a.worse, a.p))
    return Alerts(tuple(found), len(judged), 3 * len(keys) - len(judged))


def _window(view: View, today: date) -> tuple[View, Codes]:
    """The cells of the days that count, and the place of each cell's day among those."""
    place, at = stretches(view)
    day = (at // 24 if by_hour(view) else at)[place] - today.toordinal() + DAYS
    within = (day >= 0) & (day < DAYS)
    return View(view.cells.filter(pa.array(within)).combine_chunks()), day[within]


def _medians(view: View, time: str, code: Codes, day: Codes, keys: Sequence[Key]) -> list[Alert]:
    """The median of this time for each model of which enough is known, with its own p."""
    cell, bucket, count = view.entries(time)
    group, on, size = code[cell], day[cell], (len(keys), DAYS)
    n = np.asarray(np.bincount(group * DAYS + on, count, len(keys) * DAYS), float)
    used = _compared(n.reshape(size))[group, on]
    group, on, bucket, count = (part[used] for part in (group, on, bucket, count))
    calls, below, _ = split(group, on, bucket, count, 0.5, size)
    side = 2 * group + (on >= BEFORE)
    counts = np.bincount(side * sketch.BUCKETS + bucket, count, 2 * len(keys) * sketch.BUCKETS)
    middles = [sketch.quantile(row.astype(np.int64), 0.5) or 0.0 for row in counts.reshape(-1, sketch.BUCKETS)]
    return _judged(time, keys, calls, below, np.reshape(middles, (-1, 2)), usual(0.5))


def _rates(view: View, code: Codes, day: Codes, keys: Sequence[Key]) -> list[Alert]:
    sums = summed(view, code, len(keys), day, DAYS)
    used = _compared(sums["tried"])
    calls, failed = sums["tried"] * used, sums["failed"] * used
    sides = [slice(0, BEFORE), slice(BEFORE, DAYS)]
    shares = [failed[:, side].sum(axis=1) / np.maximum(calls[:, side].sum(axis=1), 1) for side in sides]
    return _judged("error_rate", keys, calls, failed, np.column_stack(shares), None)


def _compared(n: Numbers) -> Any:
    """Which days of each model have calls enough, and are of a weekday that has some in both times; none of a model
    that has too few such days."""
    enough = n >= LEAST_CALLS
    alike = enough & np.tile(enough[:, BEFORE:], DAYS // WEEK)
    days = [alike[:, side].sum(axis=1) for side in (slice(0, BEFORE), slice(BEFORE, DAYS))]
    return alike & ((days[0] >= LEAST_DAYS_BEFORE) & (days[1] >= LEAST_DAYS))[:, None]


def _judged(
    metric: str, keys: Sequence[Key], calls: Numbers, passed: Numbers, values: Numbers, usual: float | None
) -> list[Alert]:
    """Each model that has days to compare; `values` are of before and of now."""
    rows, at = np.flatnonzero(calls.any(axis=1)).tolist(), np.arange(DAYS)
    ps = changes(at, calls[rows], passed[rows], (at >= BEFORE).astype(float), usual)
    days = [np.count_nonzero(calls[:, side], axis=1).tolist() for side in (slice(0, BEFORE), slice(BEFORE, DAYS))]
    return [
        Alert(keys[row], metric, float(values[row, 1]), float(values[row, 0]), days[1][row], days[0][row], float(p))
        for row, p in zip(rows, ps, strict=True)
    ]


def _matters(alert: Alert) -> bool:
    """Whether the change is as large as an alert has to be."""
    if alert.metric == "error_rate":
        return abs(alert.now - alert.before) >= LEAST_POINTS
    return max(alert.now, alert.before) >= LEAST_RATIO * min(alert.now, alert.before)
