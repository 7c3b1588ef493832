"""What a blind comparison shows before the vote: answers in an order that tells nothing, all at one pace."""

from collections.abc import Sequence
from random import Random

CHARS_PER_S = 300  # faster than anybody reads: some 60 words a second


def order(seed: int, count: int) -> tuple[int, ...]:
    """Which slot stands at each place, the same for the same seed: after a reload, too."""
    slots = list(range(count))
    Random(seed).shuffle(slots)
    return tuple(slots)


def even(answers: Sequence[str], growing: Sequence[bool], elapsed_s: float, chars_per_s: float = CHARS_PER_S) -> int:
    """How many characters of each answer may be seen while some of them are `growing`: as many of one as of another.

    No more than the slowest has sent, and no more than `chars_per_s` since the start. An answer that has ended short
    of that is seen whole, as it would be of a fast model and of a slow one.
    """
    least = min((len(answer) for answer, grows in zip(answers, growing, strict=True) if grows), default=None)
    paced = int(max(0.0, elapsed_s) * chars_per_s)
    return paced if least is None else min(least, paced)
