"""What a month would cost: so many calls, with the tokens that were measured, at today's price of each model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..catalog.prices import PerMtok
from ..stats.intervals import Interval
from ..stats.means import mean_of_clusters, mean_of_sums
from .view import Groups, Numbers, View

Model = tuple[str, str, str]
"""Provider, model and route."""
PriceOf = Callable[[str, str, str], PerMtok]
"""The prices of a model on a route, as `catalog.prices.price_per_mtok` has them under somebody's own prices."""

TOKENS = ("input_tokens", "output_tokens", "cached_input_tokens")
_DAY = len("2026-11-25")
_PAIRS = [[f"{a} {b}" if n <= m else f"{b} {a}" for m, b in enumerate(TOKENS)] for n, a in enumerate(TOKENS)]


@dataclass(frozen=True)
class Mix:
    """The tokens of a model's calls.

    `calls` are all, `failed` those of them that failed, `counted` those whose provider counted tokens, failed ones too:
    they alone are in the rest. By day (UTC) `days` has how many were counted, and `totals` (days, TOKENS) their tokens;
    `products` (TOKENS, TOKENS) the sums of products over all.
    """

    calls: int
    failed: int
    counted: int
    days: Numbers
    totals: Numbers
    products: Numbers

    @property
    def means(self) -> tuple[float, ...] | None:
        """Tokens a call, in the order of TOKENS; None where none was counted."""
        return tuple(float(total) / self.counted for total in self.totals.sum(axis=0)) if self.counted else None


@dataclass(frozen=True)
class Projected:
    """What one model would cost on one route. Tokens and `usd_a_call` are of the mean call, `usd` of a month.

    `of` is the model whose calls the tokens are of: itself or, as an assumption, another. `interval` holds the true
    mean of such calls 95 times in 100, for a month's calls; None where there are too few. `usd` is None where the price
    or the tokens are unknown: `why_not`.
    """

    model: Model
    of: Model
    mix: Mix
    price: PerMtok
    usd_a_call: float | None = None
    usd: float | None = None
    interval: Interval | None = None
    why_not: Literal["no calls", "no token counts", "no price"] | None = None


def projection(
    view: View, calls_a_month: int, price_of: PriceOf, mix: Model | None = None, models: Sequence[Model] = ()
) -> tuple[Projected, ...]:
    """A month of so many calls that are like those of the view, for each of its models and for `models` besides.

    Each has the tokens of its own calls, or all have those of the model `mix`. A cost is linear in the three counts of
    a call: c = a·x, with a = (in, out, cached - in) in USD a token. So with the sums T of x and Q of its products over
    n calls, the mean is a·T/n and the variance (aᵀQa - n mean²)/(n - 1), whatever price is taken. The interval is
    Student's of that or, where it is wider, the jackknife's by day: calls of one day resemble each other. It holds
    the truth 93 to 97 times in 100 (benchmarks/statistics.py), but of 50 calls of one day whose costs are very unlike
    only 91 times. Long prompts that cost more are counted at the price of short ones.
    """
    found = mixes(view)
    named = dict.fromkeys([*found, *models, *([mix] if mix else [])])
    nothing = Mix(0, 0, 0, np.zeros(0), np.zeros((0, len(TOKENS))), np.zeros((len(TOKENS), len(TOKENS))))
    return tuple(
        _projected(model, mix or model, found.get(mix or model, nothing), price_of(*model), calls_a_month)
        for model in sorted(named)
    )


def mixes(view: View) -> Mapping[Model, Mix]:
    """The tokens of each model's calls."""
    groups = view.groups("stretch", "provider", "model", "route", times=())
    places: dict[Model, list[int]] = {}
    for place, (_, *model) in enumerate(groups.keys):
        places.setdefault((model[0], model[1], model[2]), []).append(place)
    return {model: _mix(groups, np.array(of)) for model, of in places.items()}


def _mix(groups: Groups, places: np.ndarray) -> Mix:
    sums = groups.sums
    _, day = np.unique([groups.keys[place][0][:_DAY] for place in places], return_inverse=True)

    def by_day(name: str) -> Numbers:
        return np.asarray(np.bincount(day, sums[name][places]), float)

    failed = groups.statuses.get("error", np.zeros(len(groups.keys)))
    return Mix(
        calls=round(float(sums["calls"][places].sum())),
        failed=round(float(failed[places].sum())),
        counted=round(float(sums["counted"][places].sum())),
        days=by_day("counted"),
        totals=np.stack([by_day(name) for name in TOKENS], axis=1),
        products=np.array([[sums[name][places].sum() for name in names] for names in _PAIRS]),
    )


def _projected(model: Model, of: Model, mix: Mix, price: PerMtok, calls_a_month: int) -> Projected:
    if mix.means is None:
        return Projected(model, of, mix, price, why_not="no token counts" if mix.calls else "no calls")
    usd_a_call = price.usd(*mix.means)
    if usd_a_call is None:
        return Projected(model, of, mix, price, why_not="no price")
    interval = _interval(mix, price)
    month = interval and Interval(
        interval.estimate * calls_a_month,
        max(0.0, interval.low) * calls_a_month,
        interval.high * calls_a_month,
        interval.level,
        interval.method,
        interval.n,
    )
    return Projected(model, of, mix, price, usd_a_call, usd_a_call * calls_a_month, month)


def _interval(mix: Mix, price: PerMtok) -> Interval | None:
    """Of the mean cost of a call: the wider of both."""
    into, out = price.input_usd or 0.0, price.output_usd or 0.0
    cached = into if price.cached_input_usd is None else price.cached_input_usd
    usd = np.array([into, out, cached - into]) / 1e6
    by_day = mix.totals @ usd
    found = (
        mean_of_sums(mix.counted, float(by_day.sum()), float(usd @ mix.products @ usd)),
        mean_of_clusters([*mix.days], [*by_day]),
    )
    return max((one for one in found if one), key=lambda one: one.high - one.low, default=None)
