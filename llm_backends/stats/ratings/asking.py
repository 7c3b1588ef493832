"""Which pair to ask about next, and how many votes would tell two apart."""

from itertools import combinations
from math import ceil, log1p

from ..power import reach
from .model import Fit, chances
from .rating import Ratings, error_of


def learned(fitted: Fit, one: int, other: int) -> float:
    """What one vote on this pair tells of the difference of their log strengths: its Fisher information, at the fit."""
    win, _, lose = chances(fitted.strengths[one] - fitted.strengths[other], fitted.log_ties)
    return float((win + lose) / 4 - ((win - lose) / 2) ** 2)


def ask(ratings: Ratings) -> tuple[str, str] | None:
    """The pair of which one more vote tells most: where what is not known yet and what a vote tells are large together.

    The gain is log(1 + information x variance), as of a D-optimal design. It doesn't look at who leads, so that it
    favours nobody; to stop as soon as two are told apart would all the same find differences that aren't there.
    """
    fitted = ratings.fit
    if fitted is None:
        return None

    def gain(pair: tuple[int, int]) -> float:
        return log1p(learned(fitted, *pair) * error_of(fitted, *pair) ** 2)

    one, other = max(combinations(range(len(fitted.names)), 2), key=gain)
    return fitted.names[one], fitted.names[other]


def needed(ratings: Ratings, one: str, other: str) -> int | None:
    """About how many more votes on this pair alone would tell the two apart in 80 of 100 polls; 0 if they are already.

    ((z of the level + z of the power) / difference)^2 less what is known, over what one vote tells; the level is that
    of all pairs looked at together, as in Ratings, at its strictest. None where they stand so close, or so little is
    known of them, that no number can be said: above 100,000.
    """
    fitted = ratings.fit
    if fitted is None or not {one, other} <= set(fitted.names):
        return None
    if ratings.gaps[one, other].real:
        return 0
    i, j = fitted.names.index(one), fitted.names.index(other)
    apart, error = abs(float(fitted.strengths[i] - fitted.strengths[j])), error_of(fitted, i, j)
    if not apart or not error:
        return None
    pairs = max(1, sum(gap.interval is not None for gap in ratings.gaps.values()) // 2)
    missing = (reach(pairs) / apart) ** 2 - 1 / error**2
    votes = max(1, ceil(missing / learned(fitted, i, j)))
    return votes if votes <= 100_000 else None
