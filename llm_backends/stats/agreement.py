"""How far two raters agree beyond chance: Cohen's kappa, with its interval."""

from collections import Counter
from collections.abc import Hashable, Sequence
from math import sqrt

from .intervals import LEVEL, Interval, deviations


def kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> Interval | None:
    """Cohen's kappa of what two raters said of the same things: 1 is all alike, 0 is as often as chance would.

    None for fewer than two things, or where both always said the same one thing: nothing can be said of chance then.
    J. Cohen, Educational and Psychological Measurement 20 (1960) 37-46; the interval is a jackknife's.
    """
    n = len(pairs)
    estimate = _kappa(Counter(pairs), n)
    if n < 2 or estimate is None:
        return None
    counts = Counter(pairs)
    without = {}
    for pair in counts:
        fewer = counts.copy()
        fewer[pair] -= 1
        value = _kappa(fewer, n - 1)
        without[pair] = estimate if value is None else value
    mean = sum(without[pair] * count for pair, count in counts.items()) / n
    error = sqrt((n - 1) / n * sum(count * (without[pair] - mean) ** 2 for pair, count in counts.items()))
    away = deviations(LEVEL) * error
    return Interval(estimate, max(-1.0, estimate - away), min(1.0, estimate + away), LEVEL, "jackknife by cluster", n)


def _kappa(counts: Counter[tuple[Hashable, Hashable]], n: int) -> float | None:
    if n < 1:
        return None
    first, second = Counter[Hashable](), Counter[Hashable]()
    for (one, other), count in counts.items():
        first[one] += count
        second[other] += count
    same = sum(count for (one, other), count in counts.items() if one == other) / n
    by_chance = sum(first[kind] * second[kind] for kind in first) / n**2
    return None if by_chance >= 1 else (same - by_chance) / (1 - by_chance)
