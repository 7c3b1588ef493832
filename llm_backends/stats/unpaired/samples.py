"""Medians, shares and means of groups of calls, each with how far chance and the days' drift may have moved it."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from .. import sketch
from ..intervals import LEVEL, Interval, Method
from .drift import MOST_FREEDOM, Codes, Daily, Numbers, drift, variance

FEWEST = 6
"""Below so many values nothing has an interval: a median's would reach beyond the lowest and the highest."""

REACH = np.concatenate([np.linspace(0, 6, 31), np.geomspace(6.4, 60, 30)])
"""At so many standard errors to both sides the bounds of an estimate are kept; between them they are interpolated."""

DRIFT, SPREAD, ERRORS = 0.1, 0.5, 0.5
"""What days usually differ by, as a share of the value: times and costs by 10 %, error rates by half. Also how much
the logarithms of times within a day usually do."""

_SKEWED = 8
"""How much less the variance of skewed values is known, by the square of their variation: near log-normal's."""


@dataclass(frozen=True)
class Estimates:
    """A figure of each group of calls, such as its median; an array with a place a group.

    `n` values of `days` stretches carry it; `values` is nan of none. `low` and `high`, (groups, REACH), are its bounds,
    `freedom` how many degrees of freedom their standard error has. `chance` is the part of its variance that is not
    drift but chance, from 0 to 1.
    """

    values: Numbers
    n: Codes
    days: Codes
    low: Numbers
    high: Numbers
    freedom: Numbers
    chance: Numbers
    method: Method

    def interval(self, group: int, level: float = LEVEL) -> Interval | None:
        """Where the group's true figure lies, had its days gone on; None where too few values carry one."""
        from scipy.special import stdtrit

        if self.n[group] < FEWEST:
            return None
        reach = stdtrit(self.freedom[group], (1 + level) / 2)
        low, high = (float(np.interp(reach, REACH, side[group])) for side in (self.low, self.high))
        value = float(self.values[group])
        return Interval(value, low, high, level, self.method, int(self.n[group])) if np.isfinite(high) else None


def quantiles(at: Codes, group: Codes, day: Codes, bucket: Codes, count: Codes, q: float, groups: int) -> Estimates:
    """A percentile of each group from the sketches of its days: entries of (group, day, bucket) and their counts.

    R. S. Woodruff, JASA 47 (1952) 635-646: the share of calls below the percentile is a mean, whose bounds are taken
    back to times through the group's distribution. `at` are the places in time of the days.
    """
    calls, below, counts = split(group, day, bucket, count, q, (groups, len(at)))
    n, above = counts.sum(axis=1), counts.cumsum(axis=1)
    error, freedom, chance = _errors(at, calls, below, np.full(groups, q * (1 - q)), np.full(groups, usual(q)))
    low, high = np.zeros((groups, len(REACH))), np.full((groups, len(REACH)), np.inf)
    values = np.full(groups, np.nan)
    for g in np.flatnonzero(n):
        value = sketch.quantile(counts[g].astype(np.int64), q) or np.nan
        values[g], held = value, np.flatnonzero(counts[g])
        places = (above[g] - counts[g] / 2)[held] / n[g]
        for side, shares in ((low, q - REACH * error[g]), (high, q + REACH * error[g])):
            found = np.interp(shares, places, sketch.middle(held))
            # A value may be anywhere in its bucket.
            off = np.hypot(found - value, REACH * value * sketch.RELATIVE_ERROR / 3**0.5)
            reached = np.maximum(value - off, 0) if side is low else value + off
            side[g] = np.where((shares > 0) & (shares < 1), reached, side[g])
    return Estimates(values, *_counted(calls), low, high, freedom, chance, "Woodruff")


def split(
    group: Codes, day: Codes, bucket: Codes, count: Codes, q: float, size: tuple[int, int]
) -> tuple[Numbers, Numbers, Numbers]:
    """Each group's calls, and how many are below its percentile, by day, (groups, days); and its whole sketch."""
    groups, days = size
    counts = np.bincount(group * sketch.BUCKETS + bucket, count, groups * sketch.BUCKETS)
    counts = counts.reshape(groups, sketch.BUCKETS)
    wanted, above, all_groups = q * counts.sum(axis=1), counts.cumsum(axis=1), np.arange(groups)
    here = np.minimum((above < wanted[:, None]).sum(axis=1), sketch.BUCKETS - 1)
    within = counts[all_groups, here]
    rest = wanted - (above[all_groups, here] - within)
    part = np.divide(rest, within, out=np.zeros(groups), where=within > 0)
    share = np.where(bucket < here[group], 1, np.where(bucket == here[group], part[group], 0))
    summed = (np.bincount(group * days + day, values, groups * days) for values in (count, count * share))
    calls, below = (np.asarray(values, float).reshape(size) for values in summed)
    return calls, below, np.asarray(counts, float)


def usual(q: float) -> float:
    """The variance between days of the share of calls below the whole's percentile, where times drift as usual."""
    normal = NormalDist()
    return (DRIFT / SPREAD * normal.pdf(normal.inv_cdf(q))) ** 2


def shares(at: Codes, n: Numbers, passed: Numbers) -> Estimates:
    """The share of each group that `passed`, such as the calls that failed; arrays of (groups, days).

    E. L. Korn and B. I. Graubard, Survey Methodology 24 (1998) 193-201: Clopper and Pearson's bounds for as many
    independent calls as would have this standard error.
    """
    from scipy.special import betaincinv, ndtr

    calls, found = n.sum(axis=1), passed.sum(axis=1)
    careful = (found + 0.5) / (calls + 1)  # none found does not mean that there is no variance
    error, freedom, chance = _errors(at, n, passed, careful * (1 - careful), (ERRORS * careful) ** 2)
    alone = np.maximum(calls * chance, 1e-9)[:, None]
    share = np.divide(found, calls, out=np.full(len(calls), np.nan), where=calls > 0)
    hits = np.nan_to_num(share)[:, None] * alone
    tail = ndtr(-REACH)[None, :]
    # Far out in the tails betaincinv has no answer.
    low = np.nan_to_num(betaincinv(np.maximum(hits, 1e-12), alone - hits + 1, tail))
    high = 1 - np.nan_to_num(betaincinv(np.maximum(alone - hits, 1e-12), hits + 1, tail))
    low, high = np.minimum(low, hits / alone), np.maximum(high, hits / alone)
    return Estimates(share, *_counted(n), low, high, freedom, chance, "Korn-Graubard")


def means(at: Codes, n: Numbers, total: Numbers, squares: Numbers) -> Estimates:
    """The mean of each group's values, none below 0, from their sums and sums of squares; arrays of (groups, days).

    The standard error is taken of the mean's logarithm, since what costs are like is skewed to the right.
    """
    calls = n.sum(axis=1)
    mean = np.divide(total.sum(axis=1), calls, out=np.full(len(calls), np.nan), where=calls > 0)
    known = np.nan_to_num(mean)
    spread = (squares.sum(axis=1) - calls * known**2).clip(0) / np.maximum(calls - 1, 1)
    uneven = np.divide(spread, known**2, out=np.zeros_like(spread), where=known > 0)
    sure = np.maximum((calls - 1) / (1 + _SKEWED * uneven), 1)
    error, freedom, chance = _errors(at, n, total, spread, (DRIFT * known) ** 2, sure)
    ratio = np.exp(np.minimum(REACH * np.divide(error, known, out=np.zeros_like(error), where=known > 0)[:, None], 700))
    return Estimates(mean, *_counted(n), known[:, None] / ratio, known[:, None] * ratio, freedom, chance, "log t")


def _errors(
    at: Codes, n: Numbers, total: Numbers, chance: Numbers, usual: Numbers, sure: Numbers | None = None
) -> tuple[Numbers, Numbers, Numbers]:
    """The standard error of each group's mean, its degrees of freedom, and the part of its variance that is chance."""
    calls = np.maximum(n.sum(axis=1, keepdims=True), 1)
    known = np.full(len(n), MOST_FREEDOM) if sure is None else sure
    daily = Daily(at, n, total, n / calls, chance, known, usual, np.arange(len(n)))
    both, freedom = variance(daily, drift(daily))
    alone = chance / calls[:, 0]
    return np.sqrt(both), freedom, np.divide(alone, both, out=np.ones_like(both), where=both > 0)


def _counted(n: Numbers) -> tuple[Codes, Codes]:
    return n.sum(axis=1).astype(np.int64), np.count_nonzero(n, axis=1).astype(np.int64)
