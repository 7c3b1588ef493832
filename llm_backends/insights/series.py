"""What the charts of the Insights page draw, each as rows that are also its file: units are in the names."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from ..store.call_log import LoggedCall
from .view import CARRIED, View

Records = list[dict[str, Any]]

MODEL = ("provider", "model", "route")
_SHARES = (0.01, 0.02, 0.03, *(n / 20 for n in range(1, 20)), 0.97, 0.98, 0.99)


def busiest(view: View, most: int) -> tuple[tuple[str, str, str], ...]:
    """The models, each with its route, that have the most calls, those with more first."""
    groups = view.groups(*MODEL, times=())
    order = sorted(range(len(groups.keys)), key=lambda place: -groups.sums["calls"][place])[:most]
    return tuple(groups.keys[place] for place in order)


def of_models(view: View, keys: Sequence[tuple[str, str, str]]) -> View:
    """The cells of these models on these routes."""
    code, known = view.codes(*MODEL)
    wanted = np.isin(code, [place for place, key in enumerate(known) if key in keys])
    return View(view.cells.filter(pa.array(wanted)).combine_chunks())


def weekly(view: View) -> View:
    """The same told by the week: each day becomes the Monday before it."""
    days = view.cells["stretch"].combine_chunks().dictionary_encode()
    mondays = [monday(day) for day in days.dictionary.to_pylist()]
    weeks = pa.array(mondays, pa.string()).take(days.indices)
    return View(view.cells.set_column(view.cells.schema.get_field_index("stretch"), "stretch", weeks))


def monday(day: str) -> str:
    """The first day of its week."""
    of = date.fromisoformat(day)
    return (of - timedelta(days=of.weekday())).isoformat()


def distribution(view: View, time: str) -> Records:
    """For each model the time below which so large a `share` (0 to 1) of its calls lie, as far as they carry it."""
    groups = view.groups(*MODEL, times=(time,))
    samples = groups.samples(time)
    return [
        _model(key) | {"share": share, time: value, "calls": int(samples[place])}
        for place, key in enumerate(groups.keys)
        for share, value in zip(_SHARES, groups.several(time, place, _SHARES), strict=True)
        if value is not None and carried(share, int(samples[place]))
    ]


def carried(share: float, values: int) -> bool:
    """Whether so many values carry the percentile of this share: as for p95 and p99, its 95 % interval by order
    statistics has an end on either side. The median is told of any."""
    return share == 0.5 or max(share, 1 - share) ** values <= 0.025


def over_time(view: View, time: str) -> Records:
    """For each day or hour and model the median and, where enough calls carry it, the 95th percentile."""
    groups = view.groups("stretch", *MODEL, times=(time,))
    stem = time.removesuffix("_ms")
    columns = zip(
        groups.keys, groups.samples(time), groups.quantiles(time, 0.5), groups.quantiles(time, 0.95), strict=True
    )
    return [
        {"time_utc": stretch(key[0]), **_model(key[1:]), "calls": int(n), f"{stem}_p50_ms": p50, f"{stem}_p95_ms": p95}
        for key, n, p50, p95 in columns
        if p50 is not None
    ]


def cost_over_time(view: View, by: Literal["provider", "route"]) -> Records:
    """For each day or hour what is known to have been spent, and how many calls have no cost."""
    groups = view.groups("stretch", by, times=())
    return [
        {
            "time_utc": stretch(key[0]),
            by: key[1],
            "cost_usd": float(groups.sums["cost_usd"][place]) if groups.sums["priced"][place] else None,
            "calls": int(groups.sums["calls"][place]),
            "cost_unknown": int(groups.sums["calls"][place] - groups.sums["priced"][place]),
        }
        for place, key in enumerate(groups.keys)
    ]


def errors_over_time(view: View) -> Records:
    """For each day or hour the calls that failed, by class, beside all calls."""
    groups = view.groups("stretch", times=())
    return [
        {
            "time_utc": stretch(key[0]),
            "error_type": name,
            "failed": int(counts[place]),
            "calls": int(groups.sums["calls"][place]),
        }
        for name, counts in groups.errors.items()
        for place, key in enumerate(groups.keys)
        if counts[place]
    ]


def trade_off(view: View, time: str) -> Records:
    """For each model its median time and mean cost a call, and whether it is on the Pareto front: `best` where no other
    is at once as fast and as cheap, and better in one of the two. Only models of which both are known."""
    groups = view.groups(*MODEL, times=(time,))
    stem, costs = time.removesuffix("_ms"), groups.mean("cost_usd", "priced")
    rows: Records = [
        _model(key) | {f"{stem}_p50_ms": ms, "cost_per_call_usd": usd, "calls": int(groups.sums["calls"][place])}
        for place, (key, ms, usd) in enumerate(zip(groups.keys, groups.quantiles(time, 0.5), costs, strict=True))
        if ms is not None and usd is not None
    ]
    points = [(row[f"{stem}_p50_ms"], row["cost_per_call_usd"]) for row in rows]
    for row, (ms, usd) in zip(rows, points, strict=True):
        row["best"] = not any(a <= ms and b <= usd and (a, b) != (ms, usd) for a, b in points)
    return rows


def speed(view: View) -> Records:
    """For each model how many tokens a second it sends: the median, and what nine of ten calls lie between."""
    groups = view.groups(*MODEL, times=("tpot_ms",))
    samples = groups.samples("tpot_ms")
    rows: Records = []
    for place, key in enumerate(groups.keys):
        slow, middle, fast = groups.several("tpot_ms", place, (0.95, 0.5, 0.05))
        if middle:
            ends = {"tokens_per_s_p5": slow and 1000 / slow, "tokens_per_s_p95": fast and 1000 / fast}
            known = ends if samples[place] >= CARRIED[0.95] else dict.fromkeys(ends)
            rows.append(_model(key) | {"tokens_per_s_p50": 1000 / middle, **known, "calls": int(samples[place])})
    return rows


def by_input(calls: Sequence[LoggedCall], keys: Sequence[tuple[str, str, str]]) -> Records:
    """For each of these calls that is of these models and ended well: its length in tokens, and its first token."""
    rows: Records = []
    for call in calls:
        result, target = call.result, call.result.target
        key = (target.provider, target.model, target.route)
        if key in keys and result.status == "ok" and result.usage and result.usage.input_tokens and result.ttft_ms:
            rows.append(
                {
                    "time_utc": result.started_at,
                    **_model(key),
                    "input_tokens": result.usage.input_tokens,
                    "ttft_ms": result.ttft_ms,
                }
            )
    return rows


def stretch(name: str) -> str:
    """The beginning of a stretch as ISO 8601, UTC: a day's or an hour's."""
    return f"{name}:00Z" if "T" in name else f"{name}T00:00Z"


def _model(key: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(MODEL, key, strict=True))
