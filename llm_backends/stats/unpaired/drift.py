"""How far days differ from each other beyond chance, and what that adds to the variance of a mean over them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]

ALIKE, ALIKE_DAYS = 0.5, 20
"""How much a day is taken to resemble the day before, and how many days of a log weigh as much as that belief."""

USUAL_DAYS = 4
"""How many days of a log weigh as much as the belief in the `usual` drift."""

BORROWED_DAYS = 4
"""How many of its own days weigh as much for a model as what the other models' days say."""

MOST_FREEDOM = 1e6
"""Degrees of freedom of what is as good as known."""

_STEPS = np.linspace(0, 0.9, 10)


@dataclass(frozen=True)
class Daily:
    """What groups of calls came to on each day (or hour): arrays of (groups, days), and one value a group.

    `at` are the days' places in time. `total` is the sum of the values of `n` calls. `weights` are of the group's mean
    over days; they come to 1, or all are 0. `chance` is the variance of one call's value within its day, known with so
    much `freedom`; `usual` is that between days until the log says otherwise. Groups with the same `owner` are of one
    model, whose days drift alike.
    """

    at: Codes
    n: Numbers
    total: Numbers
    weights: Numbers
    chance: Numbers
    freedom: Numbers
    usual: Numbers
    owner: Codes

    @cached_property
    def days(self) -> Numbers:
        """The mean of each day; 0 of none."""
        return np.divide(self.total, self.n, out=np.zeros_like(self.n), where=self.n > 0)

    @cached_property
    def by_chance(self) -> Numbers:
        """The variance of each day's mean that comes of how few calls it is of; 0 of none."""
        return np.divide(self.chance[:, None], self.n, out=np.zeros_like(self.n), where=self.n > 0)

    @cached_property
    def told(self) -> Numbers:
        """How much of the variance of each day's mean is usually the day's, from 0 to 1."""
        between = self.n * self.usual[:, None]
        return np.divide(between, between + self.chance[:, None], out=np.zeros_like(self.n), where=between > 0)


@dataclass(frozen=True)
class Drift:
    """The variance between an owner's days as a multiple of the usual one, with how many degrees of freedom it is
    known, and the correlation of one day with the next."""

    variance: Numbers
    freedom: Numbers
    alike: float


def variance(daily: Daily, drift: Drift) -> tuple[Numbers, Numbers]:
    """The variance of each group's mean over its days, and its degrees of freedom: F. E. Satterthwaite, Biometrics
    Bulletin 2 (1946) 110-114."""
    chance = (daily.weights**2 * daily.by_chance).sum(axis=1)
    _, spread = _spread(daily.at, daily.weights, drift.alike)
    drifted = drift.variance[daily.owner] * daily.usual * spread
    both = chance + drifted
    apart = drifted**2 / drift.freedom[daily.owner] + chance**2 / daily.freedom
    return both, np.divide(both**2, apart, out=np.full_like(both, MOST_FREEDOM), where=apart > 0).clip(1, MOST_FREEDOM)


def drift(daily: Daily) -> Drift:
    """How the days differ, by the method of moments.

    A day's mean is taken for its group's, and the day's own lot, which resembles that of a day some days away with the
    correlation r^days, and chance. The squares of the days' deviations give the variance of the lot for each owner (R.
    DerSimonian and N. Laird, Controlled Clinical Trials 7 (1986) 177-188), the products of neighbouring ones r for all.
    Few days tell little of how they differ: their variance is drawn towards that of all (G. K. Smyth, Statistical
    Applications in Genetics 3 (2004) article 3), but never to below their own.
    """
    owners = int(daily.owner.max(initial=-1)) + 1
    if not owners or np.count_nonzero(daily.n.sum(axis=0)) < 2:
        return Drift(np.zeros(owners), np.ones(owners), ALIKE)
    off = np.array([_moments(daily, owners, float(step))[2] for step in _STEPS])
    alike = float(np.interp(0, np.maximum.accumulate(-off), _STEPS))
    squares, known, _ = _moments(daily, owners, alike)
    worth = (1 - alike**2) / (1 + alike**2)
    others = (known.sum() - known) * worth
    pooled = (squares.sum() - squares + USUAL_DAYS) / (known.sum() - known + USUAL_DAYS)
    own = np.divide(squares, known, out=np.zeros(owners), where=known > 0)
    borrowed = np.minimum(BORROWED_DAYS, others + USUAL_DAYS)
    freedom = known * worth + borrowed
    return Drift(np.maximum(own, (known * worth * own + borrowed * pooled) / freedom).clip(0), freedom, alike)


def _moments(daily: Daily, owners: int, alike: float) -> tuple[Numbers, Numbers, float]:
    """What the squares of each owner's days come to, less chance, in usual variances; of how many days' worth they
    are; and by how much the products of neighbouring days are above what `alike` makes them."""
    w, s, told = daily.weights, daily.by_chance, daily.told
    apart = np.where(daily.n > 0, daily.days - (w * daily.days).sum(axis=1, keepdims=True), 0)
    chance = (w * w * s).sum(axis=1, keepdims=True)
    along, whole = _spread(daily.at, w, alike)
    whole = whole[:, None]
    square = (told**2 * (apart**2 - s * (1 - 2 * w) - chance)).sum(axis=1)
    days = (told**2 * (1 - 2 * along + whole)).sum(axis=1)

    next = told[:, :-1] * told[:, 1:] * (np.diff(daily.at) == 1)
    ws = w * s
    product = (next * (apart[:, :-1] * apart[:, 1:] + ws[:, :-1] + ws[:, 1:] - chance)).sum(axis=1)
    expected = (next * (alike - along[:, :-1] - along[:, 1:] + whole)).sum(axis=1)

    unit = np.where(daily.usual > 0, daily.usual, np.inf)
    squares, known = (np.bincount(daily.owner, part, owners).astype(float) for part in (square / unit, days))
    own = np.divide(squares, known, out=np.zeros(owners), where=known > 0)
    believed = ALIKE_DAYS * max(squares.sum() / max(known.sum(), 1), 1) * (ALIKE - alike)
    return squares, known, float((product / unit - own[daily.owner] * expected).sum() + believed)


def _spread(at: Codes, weights: Numbers, alike: float) -> tuple[Numbers, Numbers]:
    """The covariance of each day's lot with the weighted sum of all, and the variance of that sum, in variances.

    Since days resemble each other by `alike` to the power of the days between, a running sum each way is enough.
    """
    by_day = np.ascontiguousarray(weights.T)
    before, after, kept = by_day.copy(), by_day.copy(), alike ** np.diff(at).astype(float)
    for day in range(1, len(at)):
        before[day] += kept[day - 1] * before[day - 1]
        after[-day - 1] += kept[-day] * after[-day]
    along = (before + after - by_day).T
    return along, (along * weights).sum(axis=1)
