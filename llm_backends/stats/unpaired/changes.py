"""Whether shares of calls, such as those that fail, differ between two times by more than days usually do."""

import numpy as np

from ..intervals import LEVEL
from .drift import MOST_FREEDOM, Codes, Daily, Numbers, drift, variance
from .samples import ERRORS


def changes(at: Codes, n: Numbers, passed: Numbers, recent: Numbers, usual: float | None = None) -> Numbers:
    """Two-sided p for each group that as large a share `passed` on days that are `recent` (1) as on the others (0).

    Arrays are of (groups, days), `at` the days' places in time; days without calls count for nothing. `usual` is the
    variance between days until the log says otherwise; without one, days differ as error rates do. It is the days that
    are compared: drift.py says how they vary and resemble each other. Where what passes is each call below the
    median of all, it is Mood's median test, for days that drift. Who looks at several groups corrects for that.
    """
    from scipy.special import stdtr

    groups = np.arange(len(n))
    sides = (recent, 1 - recent)
    # None that passed does not mean that there is no variance.
    share = (passed.sum(axis=1) + 0.5) / (n.sum(axis=1) + 1)
    between = (ERRORS * share) ** 2 if usual is None else np.full(len(n), usual)
    chance = share * (1 - share)
    weights = [_weights(n * side, chance, between) for side in sides]
    calls, hits = ([values * side for side in sides] for values in (n, passed))
    by_day = [np.concatenate(part) for part in (calls, hits, weights)]
    one = [chance, np.full(len(n), MOST_FREEDOM), between]
    each = [np.tile(values, 2) for values in one]
    apart = drift(Daily(at, by_day[0], by_day[1], by_day[2], each[0], each[1], each[2], np.tile(groups, 2)))
    both = Daily(at, n, passed, weights[0] - weights[1], one[0], one[1], one[2], groups)
    spread, freedom = variance(both, apart)
    shift = np.abs((both.weights * both.days).sum(axis=1))
    far = np.divide(shift, np.sqrt(spread), out=np.zeros_like(shift), where=spread > 0)
    p = np.asarray(2 * stdtr(freedom, -far))
    for group in np.flatnonzero(p <= 1 - LEVEL):
        # Of few hits the normal distribution says too much.
        p[group] = max(p[group], _exact(*(float(part[group].sum()) for part in (*hits, *calls))))
    return p


def _weights(n: Numbers, chance: Numbers, usual: Numbers) -> Numbers:
    """Of each day in its group's mean: the more, the more its calls tell of the day."""
    told = n * usual[:, None] / (n * usual[:, None] + chance[:, None])
    whole = told.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(told, whole, out=np.zeros_like(told), where=told > 0))


def _exact(hits: float, other_hits: float, calls: float, other_calls: float) -> float:
    """Fisher's exact p for two shares."""
    from scipy.stats import fisher_exact

    table = [[round(h), round(n - h)] for h, n in ((hits, calls), (other_hits, other_calls))]
    return float(fisher_exact(table).pvalue)
