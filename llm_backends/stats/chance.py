"""How likely chance alone makes such differences: tests of paired differences, and Holm's correction."""

from collections.abc import Sequence

from .bootstrap import MOST_RESAMPLED, RESAMPLES
from .student import student_test


def sign_test(differences: Sequence[float]) -> float:
    """Two-sided p that 0 is a median of them: exact for any distribution."""
    fewer = min(sum(d <= 0 for d in differences), sum(d >= 0 for d in differences))
    return _binomial(fewer, len(differences))


def sign_flip_test(differences: Sequence[float], seed: int = 0) -> float:
    """Two-sided p that their mean is 0: how many of all flips of their signs make it as far from 0.

    Exact with ties and few pairs where the two sides may be exchanged for each other, and right for many pairs
    otherwise, since flips leave the sum of squares as it is and so order Student's t just so (A. Janssen, Statistics
    and Probability Letters 36 (1997) 9-21). From 13 pairs on RESAMPLES flips drawn at random stand for all, the true
    one among them, so that p is never 0; beyond MOST_RESAMPLED pairs it is the t test.
    """
    import numpy

    n = len(differences)
    if not any(differences):
        return 1.0
    if min(differences) == max(differences):
        return min(1.0, 2.0 ** (1 - n))
    if n > MOST_RESAMPLED:
        return student_test(differences)
    values = numpy.asarray(differences, float)
    # Equal sums that were added up in another order differ in their last digits.
    far = abs(values.sum()) * (1 - 1e-9)
    if n <= 12:
        flips = (numpy.arange(2**n)[:, None] >> numpy.arange(n) & 1) * 2 - 1
        return float((abs(flips @ values) >= far).mean())
    generator, as_far = numpy.random.default_rng(seed), 1
    for start in range(0, RESAMPLES, 1_000):
        flips = generator.integers(0, 2, (min(1_000, RESAMPLES - start), n), dtype=numpy.int8) * 2 - 1
        as_far += int((abs(flips @ values) >= far).sum())
    return as_far / (RESAMPLES + 1)


def mcnemar_test(differences: Sequence[float]) -> float:
    """Two-sided p that as many went from pass to fail (-1) as from fail to pass (1): McNemar's exact test."""
    gained, lost = (sum(d == step for d in differences) for step in (1, -1))
    return _binomial(min(gained, lost), gained + lost)


def holm(ps: Sequence[float]) -> tuple[float, ...]:
    """The p values after correction for so many comparisons, in their order.

    Where those up to 0.05 are called real, at most 5 of 100 such families hold a false one, however the comparisons
    depend on each other: S. Holm, Scandinavian Journal of Statistics 6 (1979) 65-70.
    """
    corrected, least = [1.0] * len(ps), 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        least = max(least, min(1.0, (len(ps) - rank) * ps[index]))
        corrected[index] = least
    return tuple(corrected)


def _binomial(fewer: int, n: int) -> float:
    """How often `n` fair coins fall at least as unevenly as `fewer` on one side, either side."""
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(fewer, n, 0.5))) if n else 1.0
