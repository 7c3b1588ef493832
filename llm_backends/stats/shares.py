"""Intervals of shares, such as pass rates, and of the difference between two of the same prompts."""

from collections.abc import Sequence
from math import sqrt

from .intervals import LEVEL, Interval, deviations


def share_interval(passed: float, n: int, level: float = LEVEL) -> Interval | None:
    """The interval of a share: `passed` of `n` prompts; None of none.

    E. B. Wilson, JASA 22 (1927) 209-212. Where a prompt was put several times it counts once, with the share of its
    repeats that passed, since repeats of one prompt do not stand for further prompts; so `passed` may be a fraction.
    """
    if not 0 <= passed <= n:
        raise ValueError(f"{passed} of {n} is no share")
    if not n:
        return None
    z, share = deviations(level), passed / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2) / (1 + z * z / n)
    # Rounding must not put the share itself outside.
    low, high = min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))
    return Interval(share, low, high, level, "Wilson", n)


def newcombe_interval(baseline: Sequence[float], other: Sequence[float], level: float = LEVEL) -> Interval | None:
    """How much higher the share of the other is, both columns being 0 and 1 of the same prompts; None of none.

    Method 10 of R. G. Newcombe, Statistics in Medicine 17 (1998) 2635-2650: both Wilson intervals, joined with the
    correlation. It is right also where all pass.
    """
    n = len(other)
    first, second = (share_interval(sum(side), n, level) for side in (baseline, other))
    if first is None or second is None:
        return None
    p, q = first.estimate, second.estimate
    together = sum(a * b for a, b in zip(baseline, other, strict=True)) / n - p * q
    spread = sqrt(p * (1 - p) * q * (1 - q))
    # Newcombe's continuity correction, towards no correlation.
    correlation = (max(together - 0.5 / n, 0.0) if together > 0 else together) / spread if spread else 0.0
    estimate = q - p

    def reach(a: float, b: float) -> float:
        return sqrt(max(0.0, a * a - 2 * correlation * a * b + b * b))

    low = estimate - reach(first.high - p, q - second.low)
    high = estimate + reach(p - first.low, second.high - q)
    return Interval(estimate, low, high, level, "Newcombe", n)
