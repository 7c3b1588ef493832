"""The models in the order of a figure, each with the verdict on whether it can be told apart from the best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import isnan
from typing import Literal

import numpy as np
import pyarrow.compute as pc

from ..stats.intervals import Interval
from ..stats.unpaired import samples
from ..stats.unpaired.samples import Estimates
from ..stats.unpaired.standings import Compared, Kind, Standing, standings
from ..stats.unpaired.standings import against as compared
from .sentences import MEASURES, Told
from .series import MODEL
from .summary import named
from .view import CARRIED, Codes, Key, Numbers, View


@dataclass(frozen=True)
class Ranked:
    """A model on its route, and how it stands against the best.

    `value` is in ms, a share from 0 to 1 or USD, of `n` calls in `stretches` days (or hours); None where unknown.
    `interval` is where it would lie, had such days gone on. `than` is the model that it is compared with, if any.
    `sentence` says all of it.
    """

    key: Key
    value: float | None
    n: int
    stretches: int
    interval: Interval | None
    standing: Standing | None
    than: Key | None
    sentence: str

    @property
    def name(self) -> str:
        """ "openai/gpt-4o (azure)"."""
        return named(self.key)

    @property
    def kind(self) -> Kind | Literal["unknown"]:
        return self.standing.kind if self.standing else "unknown"


def ranking(view: View, metric: str) -> tuple[Ranked, ...]:
    """The models by a figure of MEASURES, the best first, then those of too few calls to tell, then the unknown."""
    measure, found, keys = MEASURES[metric], *estimates(view, metric)
    stands = standings(found, measure.worth, measure.relative)
    if measure.q != 0.5:  # an experiment compares what is in the middle
        stands = tuple(replace(standing, prompts=None) for standing in stands)
    told = Told(metric, found, stands, [named(key) for key in keys], "hour" if by_hour(view) else "day")
    return tuple(sorted((_ranked(told, keys, place) for place in range(len(keys))), key=_order))


def against(view: View, metric: str, key: Key) -> Mapping[Key, Compared]:
    """How each model's figure compares with that of one that was chosen, all of them together."""
    found, keys = estimates(view, metric)
    return dict(zip(keys, compared(found, keys.index(key)), strict=True))


def estimates(view: View, metric: str) -> tuple[Estimates, tuple[Key, ...]]:
    """A figure of MEASURES of each model, and the models in their order."""
    measure, (code, keys), (day, at) = MEASURES[metric], view.codes(*MODEL), stretches(view)
    if measure.time:
        cell, bucket, count = view.entries(measure.time)
        return samples.quantiles(at, code[cell], day[cell], bucket, count, measure.q, len(keys)), keys
    sums = summed(view, code, len(keys), day, len(at))
    if metric == "error_rate":
        return samples.shares(at, sums["tried"], sums["failed"]), keys
    return samples.means(at, sums["priced"], sums["cost_usd"], sums["cost_usd cost_usd"]), keys


def _ranked(told: Told, keys: Sequence[Key], place: int) -> Ranked:
    estimates, standing, measure = told.estimates, told.standings[place], told.measure
    n, value = int(estimates.n[place]), float(estimates.values[place])
    known = not isnan(value) and n >= (CARRIED[measure.q] if measure.time else 1)
    return Ranked(
        keys[place],
        value if known else None,
        n,
        int(estimates.days[place]),
        estimates.interval(place) if standing.kind != "too few calls" else None,
        standing if n else None,
        None if standing.against is None else keys[standing.against],
        told.sentence(place),
    )


def by_hour(view: View) -> bool:
    """Whether its cells are by the hour, not by the day."""
    return bool(view.cells.num_rows and pc.all(pc.match_substring(view.cells["stretch"], "T")).as_py())


def stretches(view: View) -> tuple[Codes, Codes]:
    """For each cell the place of its stretch among all, and where those are in time: the number of the day or hour."""
    code, keys = view.codes("stretch")
    hourly = by_hour(view)
    at = [date.fromisoformat(name[:10]).toordinal() * (24 if hourly else 1) for (name,) in keys]
    at = [begin + int(name[11:13]) if hourly else begin for begin, (name,) in zip(at, keys, strict=True)]
    places, back = np.unique(np.array(at, np.int64), return_inverse=True)
    return back[code], places


def summed(view: View, code: Codes, groups: int, day: Codes, days: int) -> Mapping[str, Numbers]:
    """Of each group on each day, (groups, days): how many calls were `tried` and `failed`, and what costs come to."""
    calls = view.column("calls")
    ended = {name: pc.equal(view.cells["status"], name).to_numpy() for name in ("error", "stopped")}
    columns = {"tried": calls * ~ended["stopped"], "failed": calls * ended["error"]}
    columns |= {name: view.column(name) for name in ("priced", "cost_usd", "cost_usd cost_usd")}
    place = code * days + day
    return {
        name: np.asarray(np.bincount(place, values, groups * days), float).reshape(groups, days)
        for name, values in columns.items()
    }


def _order(ranked: Ranked) -> tuple[int, float, int]:
    kinds = {"best": 0, "worse than the best": 1, "can't be told apart": 1, "too few calls": 2, "unknown": 3}
    return kinds[ranked.kind], float("inf") if ranked.value is None else ranked.value, -ranked.n
