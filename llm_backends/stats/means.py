"""The interval of a mean of which only sums are known: over all values, and over clusters of values that are alike."""

from collections.abc import Sequence
from math import sqrt

from .intervals import LEVEL, Interval, Method

FEWEST_CLUSTERS = 5
"""Of fewer, how much they differ is too uncertain to be of use."""


def mean_of_sums(count: int, total: float, squares: float, level: float = LEVEL) -> Interval | None:
    """Student's interval of the mean of independent values, from their sum and that of their squares.

    None under two values.
    """
    if count < 2:
        return None
    mean = total / count
    variance = max(0.0, squares - count * mean * mean) / (count - 1)
    return _interval(mean, sqrt(variance / count), count - 1, level, count, "t")


def mean_of_clusters(counts: Sequence[float], totals: Sequence[float], level: float = LEVEL) -> Interval | None:
    """The interval of the mean of all values, where those of a cluster, of one day say, resemble each other.

    Each cluster has a count and a total, and is left out in turn (J. Shao and D. Tu, "The Jackknife and Bootstrap"
    (1995), 2.3). Student's degrees of freedom are those of as many clusters of equal size as have the same precision,
    (sum of counts)^2 / (sum of squared counts), less one: clusters of unlike size tell less. None under
    FEWEST_CLUSTERS. How often it holds the truth: benchmarks/statistics.py.
    """
    known = [(count, total) for count, total in zip(counts, totals, strict=True) if count]
    if len(known) < FEWEST_CLUSTERS:
        return None
    count, total = (sum(values) for values in zip(*known, strict=True))
    left = [(total - t) / (count - n) for n, t in known]
    return left_out(total / count, left, [n for n, _ in known], level)


def left_out(estimate: float, left: Sequence[float], counts: Sequence[float], level: float = LEVEL) -> Interval:
    """The jackknife's interval of an estimate, from what it is where each of two or more clusters is `left` out.

    `counts` are their sizes. Degrees of freedom as in `mean_of_clusters`.
    """
    middle, count = sum(left) / len(left), sum(counts)
    error = sqrt((1 - 1 / len(left)) * sum((value - middle) ** 2 for value in left))
    equal = count**2 / sum(n * n for n in counts)
    return _interval(estimate, error, max(1.0, equal - 1), level, round(count), "jackknife by cluster")


def _interval(mean: float, error: float, freedom: float, level: float, n: int, method: Method) -> Interval:
    from scipy.special import stdtrit

    away = float(stdtrit(freedom, (1 + level) / 2)) * error
    return Interval(mean, mean - away, mean + away, level, method, n)
