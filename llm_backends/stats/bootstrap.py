"""Intervals from resampling: of a mean, and Efron's BCa of a mean or a median."""

import warnings
from collections.abc import Sequence
from math import isfinite, sqrt
from typing import Any, Literal

from .intervals import LEVEL, Interval, Method
from .student import student_interval

RESAMPLES = 9_999
MOST_RESAMPLED = 2_000
"""Beyond so many values a mean is as good as normal, and resampling would take seconds."""


def mean_interval(values: Sequence[float], level: float = LEVEL, seed: int = 0) -> Interval | None:
    """The mean's interval from the studentised bootstrap, which skewed costs do not mislead; None under 2 values.

    B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 12.5. The same values and seed
    give the same interval. It is Student's beyond MOST_RESAMPLED values, and where so many values are equal that
    resamples have no spread; where all are equal it is that value. `method` says which.
    """
    import numpy

    n, all_values = len(values), numpy.asarray(values, float)
    if n < 2:
        return None
    if min(values) == max(values):
        return Interval(values[0], values[0], values[0], level, "all equal", n)
    if n > MOST_RESAMPLED:
        return student_interval(values, level)
    mean, error = float(all_values.mean()), float(all_values.std(ddof=1)) / sqrt(n)
    generator, found = numpy.random.default_rng(seed), []
    for start in range(0, RESAMPLES, 1_000):
        sample = all_values[generator.integers(0, n, (min(1_000, RESAMPLES - start), n))]
        away, errors = sample.mean(axis=1) - mean, sample.std(axis=1, ddof=1) / sqrt(n)
        flat = errors < 1e-9 * error
        found.append(numpy.where(flat, numpy.copysign(numpy.inf, away), away / numpy.where(flat, 1, errors)))
    ordered = numpy.sort(numpy.concatenate(found))
    tail = round((RESAMPLES + 1) * (1 - level) / 2)
    most, least = float(ordered[-tail]), float(ordered[tail - 1])
    if not isfinite(most - least):
        return student_interval(values, level)
    return Interval(mean, mean - most * error, mean - least * error, level, "studentised bootstrap", n)


def bootstrap_interval(
    values: Sequence[float], of: Literal["median", "mean"] = "mean", level: float = LEVEL, seed: int = 0
) -> Interval | None:
    """The bias-corrected and accelerated bootstrap's interval (B. Efron, JASA 82 (1987) 171-185); None under 2 values.

    The customary one; but comparisons use `median_interval` and `mean_interval`, which hold the truth more often
    (benchmarks/statistics.py). Where all values are equal it is that value. Where BCa has no answer (a median whose
    jackknife never moves), it is the percentile interval: `method` says which.
    """
    import numpy
    from scipy import stats

    n = len(values)
    if n < 2:
        return None
    if min(values) == max(values):
        return Interval(values[0], values[0], values[0], level, "all equal", n)
    options: dict[str, Any] = {"confidence_level": level, "batch": max(1, 2_000_000 // n)}
    generator = numpy.random.default_rng(seed)
    statistic: Any = numpy.median if of == "median" else numpy.mean
    with warnings.catch_warnings(), numpy.errstate(all="ignore"):
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        result = stats.bootstrap((values,), statistic, n_resamples=RESAMPLES, rng=generator, **options)
    method: Method = "BCa bootstrap"
    if not numpy.isfinite(result.confidence_interval).all():
        method, options["method"] = "percentile bootstrap", "percentile"
        result = stats.bootstrap((values,), statistic, n_resamples=0, bootstrap_result=result, **options)
    low, high = (float(end) for end in result.confidence_interval)
    return Interval(float(statistic(values)), low, high, level, method, n)
