"""The interval that holds the true value 95 times in 100, and that of a median."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import NormalDist, median
from typing import Literal

LEVEL = 0.95

Method = Literal[
    "order statistics",
    "studentised bootstrap",
    "BCa bootstrap",
    "percentile bootstrap",
    "t",
    "jackknife by cluster",
    "all equal",
    "Wilson",
    "Newcombe",
    "Woodruff",
    "Korn-Graubard",
    "log t",
    "MOVER",
]


@dataclass(frozen=True)
class Interval:
    """An estimate from `n` values, and from where to where the truth lies at this level of confidence (0 to 1)."""

    estimate: float
    low: float
    high: float
    level: float
    method: Method
    n: int

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def median_interval(values: Sequence[float], level: float = LEVEL) -> Interval | None:
    """The median's interval, whatever the distribution; None where so few values have none (under 6 at 95 %).

    Each end lies between two neighbouring order statistics: T. P. Hettmansperger and S. J. Sheather, "Confidence
    intervals based on interpolated order statistics", Statistics and Probability Letters 4 (1986) 75-79.
    """
    from scipy.special import bdtr, bdtrik

    n, ordered = len(values), sorted(values)
    rank = ceil(bdtrik((1 - level) / 2, n, 0.5)) if n else 0
    if rank < 1:
        return None
    wider, narrower = (1 - 2 * float(bdtr(below, n, 0.5)) for below in (rank - 1, rank))
    part = (wider - level) / (wider - narrower)
    share = (n - rank) * part / (rank + (n - 2 * rank) * part)
    low = ordered[rank - 1] + share * (ordered[rank] - ordered[rank - 1])
    high = ordered[n - rank] - share * (ordered[n - rank] - ordered[n - rank - 1])
    return Interval(median(ordered), low, high, level, "order statistics", n)


def deviations(level: float) -> float:
    """How many standard deviations to both sides hold the share `level` of a normal distribution: 1.96 at 95 %."""
    return NormalDist().inv_cdf((1 + level) / 2)
