"""Student's t of a mean: for so many values that resampling would only take time, and where it can't help."""

from collections.abc import Sequence
from math import sqrt

from .intervals import LEVEL, Interval


def student_interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """The mean's interval, of at least 2 values that are not all equal."""
    from scipy.special import stdtrit

    mean, error = _mean_and_error(values)
    reach = error * float(stdtrit(len(values) - 1, (1 + level) / 2))
    return Interval(mean, mean - reach, mean + reach, level, "t", len(values))


def student_test(values: Sequence[float]) -> float:
    """Two-sided p that the mean is 0, of such values."""
    from scipy.special import stdtr

    mean, error = _mean_and_error(values)
    return 2 * float(stdtr(len(values) - 1, -abs(mean / error)))


def _mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    import numpy

    found = numpy.asarray(values, float)
    return float(found.mean()), float(found.std(ddof=1)) / sqrt(len(values))
