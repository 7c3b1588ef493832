"""Ratings of contestants with their intervals, the ranks that each may have, and who can be told apart from whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from math import log, sqrt

from ..chance import holm
from ..intervals import LEVEL, Interval
from .model import Ballot, Fit, Pairs, fit, pairs

POINTS = 400 / log(10)
"""Points for one of log strength: 400 more is ten to one, as in chess. The middle of those rated is 1000."""
MIDDLE = 1000.0
FEWEST = 10
"""Ballots below which no interval is given."""


@dataclass(frozen=True)
class Tally:
    """What one contestant's pairs with another came to."""

    better: int = 0
    tied: int = 0
    worse: int = 0

    @property
    def pairs(self) -> int:
        return self.better + self.tied + self.worse


@dataclass(frozen=True)
class Rating:
    """One contestant. `interval` is in points; None where the votes set it no bounds: `open` says why.

    `best` and `worst` are the ranks that it may have, 1 the highest: only those who can be told apart from it with all
    pairs looked at together stand surely above or below. `ballots` are those in which it stood.
    """

    name: str
    points: float
    interval: Interval | None
    open: str | None
    best: int
    worst: int
    ballots: int
    tally: Tally


@dataclass(frozen=True)
class Gap:
    """By how many points one stands above another. `p` is corrected by Holm for all pairs that were looked at."""

    points: float
    interval: Interval | None
    p: float

    @property
    def real(self) -> bool:
        return self.p <= 1 - LEVEL


@dataclass(frozen=True)
class Ratings:
    """Everybody, the highest first; every ordered pair's tally; every ordered pair's gap."""

    ratings: tuple[Rating, ...]
    versus: Mapping[tuple[str, str], Tally]
    gaps: Mapping[tuple[str, str], Gap]
    ballots: int
    fit: Fit | None


def rate(ballots: Sequence[Ballot], names: Sequence[str] | None = None) -> Ratings:
    """Rate those with these names, or all who stand on the ballots. Those with no pair are left out."""
    wanted = names or sorted({name for ballot in ballots for group in ballot for name in group})
    found = pairs(ballots, wanted)
    met = sorted({*map(int, found.first), *map(int, found.second)})
    if not met:
        return Ratings((), {}, {}, 0, None)
    found = pairs(ballots, [wanted[index] for index in met])
    fitted, versus = fit(found), tallies(found)
    main, why = _bounded(found)
    gaps = _gaps(fitted, main)
    return Ratings(_ranked(found, fitted, versus, gaps, main, why), versus, gaps, found.ballots, fitted)


def tallies(found: Pairs) -> dict[tuple[str, str], Tally]:
    """How the pairs of each two went, seen from either."""
    import numpy

    size = len(found.names)
    counts = numpy.zeros((3, size, size), int)  # worse, tied, better
    outcome = (found.better * 2).astype(int)
    numpy.add.at(counts, (outcome, found.first, found.second), 1)
    numpy.add.at(counts, (2 - outcome, found.second, found.first), 1)
    return {
        (found.names[one], found.names[other]): Tally(*(int(counts[kind, one, other]) for kind in (2, 1, 0)))
        for one, other in permutations(range(size), 2)
        if counts[:, one, other].any()
    }


def _bounded(found: Pairs) -> tuple[frozenset[int], dict[int, str]]:
    """Those whose strengths the votes bound on both sides, and why they don't for the others.

    Strengths have a most likely value where nobody can be split off who never lost to the rest, or never won: L. R.
    Ford, American Mathematical Monthly 64 (1957) 28-33.
    """
    import numpy
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = len(found.names)
    won, tied = found.better == 1, found.better == 0.5
    above = numpy.concatenate([found.first[won | tied], found.second[tied]])
    below = numpy.concatenate([found.second[won | tied], found.first[tied]])
    beats = coo_array((numpy.ones(len(above)), (above, below)), shape=(size, size)).tocsr()
    strong = connected_components(beats, connection="strong")[1]
    linked = connected_components(beats, connection="weak")[1]
    weight = numpy.bincount(strong[found.first], minlength=size) + numpy.bincount(strong[found.second], minlength=size)
    sizes = numpy.bincount(strong, minlength=size)
    most = max(range(size), key=lambda part: (sizes[part] > 1, weight[part]))
    main = frozenset(index for index in range(size) if strong[index] == most and sizes[most] > 1)
    home = linked[next(iter(main))] if main else None
    wins = set(map(int, above))
    losses = set(map(int, below))
    why = {}
    for index in range(size):
        if index in main:
            continue
        if home is not None and linked[index] != home:
            why[index] = "never met those who are rated"
        else:
            why[index] = "never lost" if index not in losses else "never won" if index not in wins else "never both"
    return main, why


def _gaps(fitted: Fit, main: frozenset[int]) -> dict[tuple[str, str], Gap]:
    from scipy.special import stdtr, stdtrit

    enough = fitted.ballots >= FEWEST
    reach = float(stdtrit(fitted.ballots - 1, (1 + LEVEL) / 2)) if enough else 0.0
    both: list[tuple[int, int]] = [*combinations(range(len(fitted.names)), 2)]
    errors = {pair: error_of(fitted, *pair) for pair in both}
    tested = [pair for pair in both if enough and main.issuperset(pair) and errors[pair] > 0]
    raw = [
        2 * float(stdtr(fitted.ballots - 1, -abs(fitted.strengths[i] - fitted.strengths[j]) / errors[i, j]))
        for i, j in tested
    ]
    corrected = dict(zip(tested, holm(raw), strict=True))
    gaps = {}
    for i, j in both:
        points = POINTS * float(fitted.strengths[i] - fitted.strengths[j])
        p, away = corrected.get((i, j), 1.0), POINTS * reach * errors[i, j]
        for sign, one, other in ((1, i, j), (-1, j, i)):
            interval = _interval(sign * points, away, fitted.ballots) if (i, j) in corrected else None
            gaps[fitted.names[one], fitted.names[other]] = Gap(sign * points, interval, p)
    return gaps


def error_of(fitted: Fit, one: int, other: int) -> float:
    """The standard error of the difference of two log strengths."""
    c = fitted.covariance
    return sqrt(max(0.0, float(c[one, one] + c[other, other] - 2 * c[one, other])))


def _ranked(
    found: Pairs,
    fitted: Fit,
    versus: Mapping[tuple[str, str], Tally],
    gaps: Mapping[tuple[str, str], Gap],
    main: frozenset[int],
    why: Mapping[int, str],
) -> tuple[Rating, ...]:
    import numpy
    from scipy.special import stdtrit

    size = len(fitted.names)
    inside = sorted(main) or list(range(size))
    centre = numpy.eye(size)
    centre[:, inside] -= 1 / len(inside)
    strengths, covariance = centre @ fitted.strengths, centre @ fitted.covariance[:size, :size] @ centre.T
    enough = fitted.ballots >= FEWEST
    reach = float(stdtrit(fitted.ballots - 1, (1 + LEVEL) / 2)) if enough else 0.0
    rated = []
    for index, name in enumerate(fitted.names):
        points = MIDDLE + POINTS * float(strengths[index])
        away = POINTS * reach * sqrt(max(0.0, float(covariance[index, index])))
        bounded = index in main and enough
        others = [other for other in fitted.names if other != name]
        above = sum(gaps[name, other].real and gaps[name, other].points < 0 for other in others)
        below = sum(gaps[name, other].real and gaps[name, other].points > 0 for other in others)
        stood = numpy.unique(found.ballot[(found.first == index) | (found.second == index)])
        rated.append(
            Rating(
                name,
                points,
                _interval(points, away, fitted.ballots) if bounded else None,
                None if bounded else why.get(index, f"fewer than {FEWEST} votes"),
                1 + above,
                size - below,
                len(stood),
                _total(name, versus),
            )
        )
    return tuple(sorted(rated, key=lambda rating: (-rating.points, rating.name)))


def _interval(points: float, away: float, ballots: int) -> Interval:
    return Interval(points, points - away, points + away, LEVEL, "jackknife by cluster", ballots)


def _total(name: str, versus: Mapping[tuple[str, str], Tally]) -> Tally:
    own: list[Tally] = [tally for (one, _), tally in versus.items() if one == name]
    return Tally(sum(t.better for t in own), sum(t.tied for t in own), sum(t.worse for t in own))
