"""How many more pairs would settle a question."""

from math import ceil, log2
from statistics import NormalDist

from .intervals import LEVEL, Interval, deviations

POWER = 0.8
"""How often a difference of the size in question is to be found."""


def fewest_pairs(comparisons: int = 1) -> int:
    """Below so many pairs no difference can be called real: all of n differences go one way in 2 of 2^n by chance."""
    return ceil(1 + log2(comparisons / (1 - LEVEL)))


def more_pairs(interval: Interval, worth: float, comparisons: int = 1) -> int:
    """About how many further pairs it takes to find a difference of `worth` in 80 of 100 experiments; 0 if none.

    n = ((z of the level + z of the power) s / worth)^2, the usual size of a paired trial (J. M. Lachin, Controlled
    Clinical Trials 2 (1981) 93-113), corrected for all comparisons at once. s is the spread of one difference that
    the interval's width stands for, sqrt(n) width / 2 z: of a mean its standard deviation, of a median what its
    standard error comes from (J. W. McKean and R. M. Schrader, Communications in Statistics B 13 (1984) 751-773).
    """
    if worth <= 0:
        raise ValueError(f"a difference to settle is above 0, not {worth}")
    error = (interval.high - interval.low) / (2 * deviations(interval.level))
    wanted = interval.n * (reach(comparisons) * error / worth) ** 2
    return max(0, ceil(wanted) - interval.n, fewest_pairs(comparisons) - interval.n)


def reach(comparisons: int = 1) -> float:
    """How many standard errors a difference must be, among so many looked at, to be found in 80 of 100."""
    return deviations(1 - (1 - LEVEL) / comparisons) + NormalDist().inv_cdf(POWER)
