"""Bradley and Terry's model with Davidson's ties: its likelihood, and the strengths that make the votes most likely.

P(i better than j) = s_i / d, P(tie) = t sqrt(s_i s_j) / d, with d = s_i + s_j + t sqrt(s_i s_j): R. R. Davidson,
Journal of the American Statistical Association 65 (1970) 317-328. Fitted with SciPy: choix knows neither ties nor how
sure its strengths are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy import ndarray

Ballot = Sequence[Sequence[str]]
"""Contestants, best first; those of one group are as good as each other. One twice in it is not held against itself."""

WIDE = 4.0
"""A weak prior, a normal one of this standard deviation of the log strengths (1,600 points between two of them are as
likely as 700): it keeps what never lost finite, and is nothing beside a few dozen votes."""


@dataclass(frozen=True)
class Pairs:
    """Ballots as pairs: contestant `first` against `second`, `better` 1 where the first won, 0 the second, 0.5 a tie.

    `ballot` says of which ballot a pair is: pairs of one ballot are one person's one look, and no more independent.
    """

    names: tuple[str, ...]
    first: "ndarray"
    second: "ndarray"
    better: "ndarray"
    ballot: "ndarray"
    ballots: int


@dataclass(frozen=True)
class Fit:
    """Log strengths, centred at 0, the log of the tie parameter, and the covariance of both from ballot to ballot."""

    names: tuple[str, ...]
    strengths: "ndarray"
    log_ties: float | None
    covariance: "ndarray"
    ballots: int


def pairs(ballots: Sequence[Ballot], names: Sequence[str]) -> Pairs:
    """Every pair of every ballot, of the contestants with these names."""
    import numpy

    number = {name: index for index, name in enumerate(names)}
    found: list[tuple[int, int, float, int]] = []
    for index, ballot in enumerate(ballots):
        placed = [(place, number[name]) for place, group in enumerate(ballot) for name in group if name in number]
        for (above, one), (below, other) in combinations(placed, 2):
            if one != other:
                found.append((one, other, 0.5 if above == below else 1.0, index))
    table = numpy.array(found, float).reshape(-1, 4)
    used = numpy.unique(table[:, 3], return_inverse=True)[1]
    return Pairs(
        tuple(names),
        table[:, 0].astype(int),
        table[:, 1].astype(int),
        table[:, 2],
        used.reshape(-1),
        int(used.max() + 1) if len(used) else 0,
    )


def chances(difference: Any, log_ties: float | None) -> tuple[Any, Any, Any]:
    """The chances that the first wins, that they tie and that the second wins, at this difference of log strengths."""
    import numpy

    half = numpy.asarray(difference, float) / 2
    tie = numpy.full_like(half, -numpy.inf) if log_ties is None else numpy.full_like(half, log_ties)
    logs = numpy.stack([half, tie, -half])
    logs -= logs.max(axis=0)
    weights = numpy.exp(logs)
    win, even, lose = weights / weights.sum(axis=0)
    return win, even, lose


def fit(found: Pairs) -> Fit:
    """The most likely strengths, and how they would vary with other ballots: a jackknife that leaves out one at a time.

    Each step of the jackknife is one Newton step from the fit, as good as a fit anew with some dozens of ballots.
    """
    import numpy
    from scipy.optimize import minimize

    count, ties = len(found.names), bool((found.better == 0.5).any())
    basis = numpy.eye(count) - 1 / count
    basis = numpy.linalg.svd(basis)[0][:, : count - 1]  # strengths that sum to 0
    design = basis[found.first] - basis[found.second]
    if ties:
        design = numpy.hstack([design, numpy.zeros((len(design), 1))])
    size = design.shape[1]

    def split(values: "ndarray") -> tuple["ndarray", float | None]:
        return (values[:-1], float(values[-1])) if ties else (values, None)

    def loss(values: "ndarray") -> tuple[float, "ndarray"]:
        win, tie, lose = chances(design @ _flat(values, ties), split(values)[1])
        seen = numpy.where(found.better == 1, win, numpy.where(found.better == 0.5, tie, lose))
        slopes = _slopes(found, design, win, tie, lose, ties)
        return (
            float(-numpy.log(numpy.maximum(seen, 1e-300)).sum() + (values**2).sum() / (2 * WIDE**2)),
            slopes.sum(axis=0) + values / WIDE**2,
        )

    best = minimize(loss, numpy.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": 500, "ftol": 1e-12}).x
    win, tie, lose = chances(design @ _flat(best, ties), split(best)[1])
    slopes = _slopes(found, design, win, tie, lose, ties)
    curves = _curves(design, win, tie, lose, ties)
    covariance = _jackknife(found, slopes, curves, best)
    spread = numpy.zeros((count + ties, size))
    spread[:count, : count - 1] = basis
    if ties:
        spread[count, -1] = 1
    strengths, log_ties = split(best)
    return Fit(found.names, basis @ strengths, log_ties, spread @ covariance @ spread.T, found.ballots)


def _flat(values: "ndarray", ties: bool) -> "ndarray":
    """The parameters with which the design gives differences of log strengths: that of ties has no part in it."""
    import numpy

    return numpy.append(values[:-1], 0.0) if ties else numpy.asarray(values)


def _slopes(found: Pairs, design: "ndarray", win: Any, tie: Any, lose: Any, ties: bool) -> "ndarray":
    """Of each pair's loss, by parameter."""
    import numpy

    expected = (win - lose) / 2
    seen = found.better - 0.5  # what of half the difference counts: 1/2, 0, -1/2
    slopes = design * (expected - seen)[:, None]
    if ties:
        slopes[:, -1] = tie - (found.better == 0.5)
    return numpy.asarray(slopes)


def _curves(design: "ndarray", win: Any, tie: Any, lose: Any, ties: bool) -> "ndarray":
    """Of each pair's loss, by two parameters."""
    import numpy

    expected = (win - lose) / 2
    spread = (win + lose) / 4 - expected**2
    curves = spread[:, None, None] * design[:, :, None] * design[:, None, :]
    if ties:
        mixed = -expected * tie
        curves[:, -1, :] += mixed[:, None] * design
        curves[:, :, -1] += mixed[:, None] * design
        curves[:, -1, -1] += tie * (1 - tie)
    return numpy.asarray(curves)


def _jackknife(found: Pairs, slopes: "ndarray", curves: "ndarray", best: "ndarray") -> "ndarray":
    import numpy

    size, ballots = len(best), found.ballots
    by_ballot = numpy.zeros((ballots, size))
    numpy.add.at(by_ballot, found.ballot, slopes)
    bends = numpy.zeros((ballots, size, size))
    numpy.add.at(bends, found.ballot, curves)
    whole = bends.sum(axis=0) + numpy.eye(size) / WIDE**2
    without = numpy.linalg.solve(whole[None] - bends, by_ballot[:, :, None])[:, :, 0]
    away = without - without.mean(axis=0)
    return numpy.asarray(away.T @ away * (ballots - 1) / max(1, ballots))
