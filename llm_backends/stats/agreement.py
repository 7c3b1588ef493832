"""How far two raters agree beyond chance: Cohen's kappa, with its interval."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import replace

from .intervals import LEVEL, Interval
from .means import left_out
from .shares import share_interval

Said = tuple[Hashable, Hashable]
"""What the one rater said of a thing, and what the other."""


def kappa(said: Sequence[Said], question: Sequence[Hashable] | None = None) -> Interval | None:
    """Cohen's kappa of what two raters said of the same things: 1 is all alike, 0 is as often as chance would.

    `question` is what each thing belongs to, itself if not told: things of one question resemble each other and are
    left out together. None for fewer than two questions, or where one of the two always said the same: nothing can be
    told from chance then.

    J. Cohen, Educational and Psychological Measurement 20 (1960) 37-46. The interval is a jackknife's by question, with
    Student's degrees of freedom as in `means.mean_of_clusters`. Where all is alike that would be no wider than a point:
    then it begins where the agreement is at the lower end of Wilson's interval, by questions.
    """
    counts, n = Counter(said), len(said)
    estimate = _kappa(counts, n)
    parts: dict[Hashable, Counter[Said]] = defaultdict(Counter)
    for of, one in zip(range(n) if question is None else question, said, strict=True):
        parts[of][one] += 1
    if estimate is None or len(parts) < 2 or any(len({pair[rater] for pair in counts}) < 2 for rater in (0, 1)):
        return None
    if estimate == 1:
        alike = share_interval(len(parts), len(parts))
        chance = _by_chance(counts, n)
        low = (alike.low - chance) / (1 - chance) if alike else -1.0
        return Interval(1.0, max(-1.0, low), 1.0, LEVEL, "Wilson", n)
    left = [_kappa(counts - part, n - part.total()) for part in parts.values()]
    values = [estimate if value is None else value for value in left]
    found = left_out(estimate, values, [part.total() for part in parts.values()])
    if found.high - found.low < 1e-9:
        return None
    return replace(found, low=max(-1.0, found.low), high=min(1.0, found.high))


def _kappa(counts: Counter[Said], n: int) -> float | None:
    chance = _by_chance(counts, n) if n else 1.0
    if chance >= 1:
        return None
    same = sum(count for (one, other), count in counts.items() if one == other) / n
    return (same - chance) / (1 - chance)


def _by_chance(counts: Counter[Said], n: int) -> float:
    """How often two raters would say the same who say each thing as often as these, but of anything."""
    first, second = Counter[Hashable](), Counter[Hashable]()
    for (one, other), count in counts.items():
        first[one] += count
        second[other] += count
    return sum(first[kind] * second[kind] for kind in first) / n**2
