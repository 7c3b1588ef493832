"""Which of several groups of calls can be told apart from the best, where each group's calls are of its own prompts."""

from dataclasses import dataclass
from math import ceil, sqrt
from typing import Literal

import numpy as np

from ..chance import holm
from ..intervals import LEVEL, Interval
from ..power import reach
from .drift import Codes, Numbers
from .samples import FEWEST, REACH, Estimates

Kind = Literal["best", "worse than the best", "can't be told apart", "too few calls"]


@dataclass(frozen=True)
class Standing:
    """How a group stands against the best, the lower the better.

    `against` is the place of the group that it is compared with: the best; or, where only another one shows that it is
    not the best, that. `difference` is how much higher it is than that. `p` is corrected for the `comparisons` of all
    groups with each other. About `needed` more calls, of both together, would settle a difference of `worth`; so would
    an experiment with both on `prompts`. They are None where it is settled.
    """

    kind: Kind
    against: int | None = None
    difference: Interval | None = None
    p: float = 1.0
    comparisons: int = 0
    worth: float = 0.0
    needed: int | None = None
    prompts: int | None = None


def standings(estimates: Estimates, worth: float, relative: float = 0.0) -> tuple[Standing, ...]:
    """How each group stands; a difference below `worth`, or the `relative` part of the best, matters to nobody.

    The best is the one that looks best, so it may well look better than it is. Hence each pair of groups is one of the
    comparisons that Holm's correction is for: at most 5 of 100 families say of any group that it is worse than another
    which is not in truth better, whichever looks best. A comparison with the best alone would say so far more often.
    """
    told = np.flatnonzero([estimates.interval(g) is not None for g in range(len(estimates.n))])
    standing = [Standing("too few calls")] * len(estimates.n)
    if not len(told):
        return tuple(standing)
    told = told[np.lexsort((-estimates.n[told], estimates.values[told]))]
    better, worse = np.triu_indices(len(told), 1)
    corrected = np.ones((len(told), len(told)))
    corrected[better, worse] = holm(_ps(estimates, told[better], told[worse]).tolist())
    still = max(1, int(np.count_nonzero(corrected[better, worse] > 1 - LEVEL)))
    best, size = told[0], max(worth, relative * float(estimates.values[told[0]]))
    standing[best] = Standing("best", comparisons=still)
    for place in range(1, len(told)):
        ps = corrected[:place, place]
        shown = 0 if ps[0] <= 1 - LEVEL or ps.min() > 1 - LEVEL else int(ps.argmin())
        pair = (int(told[shown]), int(told[place]))
        standing[pair[1]] = _standing(estimates, *pair, float(ps[shown]), still, size)
    return tuple(standing)


@dataclass(frozen=True)
class Compared:
    """How much a group's figure differs from a chosen group's: `difference` is how much higher it is. `p` is corrected
    for the `comparisons` of all others with that one."""

    kind: Literal["higher", "lower", "can't be told apart", "too few calls"]
    difference: Interval | None = None
    p: float = 1.0
    comparisons: int = 0


def against(estimates: Estimates, reference: int) -> tuple[Compared, ...]:
    """How each group compares with one that was chosen before anything was seen; itself is "can't be told apart"."""
    told = [g for g in range(len(estimates.n)) if estimates.interval(g) is not None]
    found = [Compared("too few calls")] * len(estimates.n)
    others = np.array([g for g in told if g != reference], np.int64)
    if reference not in told or not len(others):
        return tuple(found)
    same = np.full(len(others), reference)
    ps = np.where(
        estimates.values[others] > estimates.values[reference],
        _ps(estimates, same, others),
        _ps(estimates, others, same),
    )
    corrected = holm(ps.tolist())
    still = max(1, sum(p > 1 - LEVEL for p in corrected))
    for g, p in zip(others.tolist(), corrected, strict=True):
        between = difference(estimates, reference, g, 1 - (1 - LEVEL) / still)
        real: Literal["higher", "lower"] = "higher" if estimates.values[g] > estimates.values[reference] else "lower"
        found[g] = Compared(real if p <= 1 - LEVEL else "can't be told apart", between, p, still)
    found[reference] = Compared("can't be told apart")
    return tuple(found)


def difference(estimates: Estimates, one: int, other: int, level: float = LEVEL) -> Interval | None:
    """How much higher the other group's figure is, both being independent; None where one has too few values.

    G. Y. Zou and A. Donner, Statistics in Medicine 27 (2008) 1693-1702: each end is as far from the estimate as the two
    nearer bounds, added as squares. Newcombe's interval for shares is of this kind. An end that so few values do not
    have is infinite.
    """
    from scipy.special import stdtrit

    if min(estimates.n[[one, other]]) < FEWEST:
        return None
    values, ends = estimates.values, []
    for low, high in ((other, one), (one, other)):
        errors = stdtrit(_freedom(estimates, np.array([high]), np.array([low]))[0], (1 + level) / 2)
        below = values[low] - np.interp(errors, REACH, estimates.low[low])
        ends.append(sqrt(below**2 + (np.interp(errors, REACH, estimates.high[high]) - values[high]) ** 2))
    estimate = float(values[other] - values[one])
    n = int(estimates.n[[one, other]].sum())
    return Interval(estimate, estimate - ends[0], estimate + ends[1], level, "MOVER", n)


def _standing(estimates: Estimates, one: int, other: int, p: float, comparisons: int, size: float) -> Standing:
    # Holm's procedure stopped at this level, so that the interval leaves out 0 just where the test does.
    between = difference(estimates, one, other, 1 - (1 - LEVEL) / comparisons)
    if p <= 1 - LEVEL:
        return Standing("worse than the best", one, between, p, comparisons, size)
    sought = max(size, float(estimates.values[other] - estimates.values[one]))
    spread = np.array([_variance(estimates, g) * estimates.n[g] for g in (one, other)])
    chance = spread * estimates.chance[[one, other]]
    prompts = max(FEWEST, ceil(chance.sum() * (reach(1) / sought) ** 2)) if sought else None
    needed = _more(spread, estimates.n[[one, other]], (sought / reach(comparisons)) ** 2) if sought else None
    return Standing("can't be told apart", one, between, p, comparisons, sought, needed, prompts)


def _ps(estimates: Estimates, better: Codes, worse: Codes) -> Numbers:
    """Two-sided p for each pair: of the level at which the interval of their difference just leaves out 0."""
    from scipy.special import stdtr

    values = estimates.values[:, None]
    below, above = values - estimates.low, estimates.high - values
    apart = (values[worse] - values[better])[:, 0]
    ends = np.hypot(below[worse], above[better])
    reached = np.array([np.interp(d, end, REACH) for d, end in zip(apart, ends, strict=True)])
    reached = np.where(apart > 0, reached, 0)
    return np.asarray(2 * stdtr(_freedom(estimates, better, worse), -reached))


def _freedom(estimates: Estimates, better: Codes, worse: Codes) -> Numbers:
    """Of a difference between each pair (F. E. Satterthwaite, Biometrics Bulletin 2 (1946) 110-114)."""
    one = np.array([np.interp(1, REACH, row) for row in estimates.high[better]]) - estimates.values[better]
    other = estimates.values[worse] - np.array([np.interp(1, REACH, row) for row in estimates.low[worse]])
    both = one**4 / estimates.freedom[better] + other**4 / estimates.freedom[worse]
    usual = np.minimum(estimates.freedom[better], estimates.freedom[worse])
    known = np.isfinite(both) & (both > 0)
    return np.asarray(np.divide((one**2 + other**2) ** 2, both, out=usual, where=known))


def _variance(estimates: Estimates, group: int) -> float:
    low, high = (float(np.interp(1, REACH, side[group])) for side in (estimates.low, estimates.high))
    return ((high - low) / 2) ** 2


def _more(spread: Numbers, n: Codes, most: float) -> int:
    """How many more calls of both together make the variance of their difference at most so much, best divided.

    `spread` is the variance that one call would leave. J. Neyman, JRSS 97 (1934) 558-625: as the roots of it; what
    has more calls already needs none.
    """
    wanted = np.sqrt(spread) * np.sqrt(spread).sum() / most
    for g in (0, 1):
        if wanted[g] < n[g] and spread[g] / n[g] < most:
            wanted[g], wanted[1 - g] = n[g], spread[1 - g] / (most - spread[g] / n[g])
    return ceil(float((wanted - n).clip(0).sum()))
