"""Differences between two columns of measurements, paired by prompt, and how likely chance alone makes them."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, median
from typing import Literal

from .bootstrap import MOST_RESAMPLED, mean_interval
from .chance import mcnemar_test, sign_flip_test, sign_test
from .intervals import Interval, median_interval
from .shares import newcombe_interval

Measured = Mapping[Hashable, Sequence[float | None]]
"""By prompt, the value of each of its repeats; None where a repeat failed or has no such figure."""
Test = Literal["sign", "sign flips", "t", "McNemar"]


@dataclass(frozen=True)
class Pairs:
    """What two columns say of the same prompts: one value a prompt, the mean of its repeats.

    Averaged, the pairs are independent of each other, as intervals and tests take them to be: repeats of one prompt are
    alike. Nothing is dropped unseen: `left_out` counts prompts without a value on either side, and `missing_…` the
    repeats without a value, also those of prompts that other repeats make a pair.
    """

    baseline: tuple[float, ...]
    other: tuple[float, ...]
    left_out: int = 0
    missing_baseline: int = 0
    missing_other: int = 0

    @cached_property
    def differences(self) -> tuple[float, ...]:
        """Other minus baseline, a value a pair."""
        return tuple(b - a for a, b in zip(self.baseline, self.other, strict=True))


@dataclass(frozen=True)
class Difference:
    """How much higher the other is than the baseline.

    `estimate` is None without pairs, `interval` also with too few for one. `p` is how often chance alone would make
    at least such a difference (two-sided, 1 where there are no pairs); `test` says how that was found.
    """

    estimate: float | None
    interval: Interval | None
    p: float
    test: Test
    pairs: int
    left_out: int
    missing_baseline: int
    missing_other: int


def pair(baseline: Measured, other: Measured) -> Pairs:
    """The prompts that have a value on both sides, in the baseline's order."""
    sides = [
        {prompt: fmean(found) for prompt, values in side.items() if (found := [v for v in values if v is not None])}
        for side in (baseline, other)
    ]
    both = [prompt for prompt in sides[0] if prompt in sides[1]]
    missing = [sum(value is None for values in side.values() for value in values) for side in (baseline, other)]
    first, second = (tuple(side[prompt] for prompt in both) for side in sides)
    return Pairs(first, second, len(baseline.keys() | other.keys()) - len(both), *missing)


def median_difference(pairs: Pairs) -> Difference:
    """The median of the differences, with the exact sign test: for latencies.

    Latencies are skewed, and two routes or models need not be skewed alike. The signed-rank test takes the differences
    to be symmetric, and finds one where the median is 0 but they are not; the sign test asks about the median alone.
    A difference of 0 counts for both signs, so that ties can only make it more careful.
    """
    return _difference(pairs, median, median_interval(pairs.differences), sign_test(pairs.differences), "sign")


def mean_difference(pairs: Pairs) -> Difference:
    """The mean of the differences, with the sign-flip test: for what adds up, such as cost and tokens."""
    test: Test = "sign flips" if len(pairs.other) <= MOST_RESAMPLED else "t"
    return _difference(pairs, fmean, mean_interval(pairs.differences), sign_flip_test(pairs.differences), test)


def share_difference(pairs: Pairs) -> Difference:
    """The difference of two shares of passes (values 0 and 1), with McNemar's exact test.

    Where repeats of one prompt did not agree its value is between 0 and 1, and the difference is one of means.
    """
    if {*pairs.baseline, *pairs.other} - {0, 1}:
        return mean_difference(pairs)
    interval = newcombe_interval(pairs.baseline, pairs.other)
    return _difference(pairs, fmean, interval, mcnemar_test(pairs.differences), "McNemar")


def _difference(
    pairs: Pairs, of: Callable[[Sequence[float]], float], interval: Interval | None, p: float, test: Test
) -> Difference:
    estimate = of(pairs.differences) if pairs.other else None
    counts = (pairs.left_out, pairs.missing_baseline, pairs.missing_other)
    return Difference(estimate, interval, p, test, len(pairs.other), *counts)
