"""Rating against cost and latency: which model nobody beats in all three, by the analyst's own calls."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from llm_backends.judging.pareto import front
from llm_backends.judging.votes import By, name_of
from llm_backends.stats.ratings.rating import Ratings
from llm_backends.store.call_log import Filter, ModelStats
from llm_backends.types import Target
from pages._shared.format import dollars, duration, plain
from pages._shared.picture.drawing import HEIGHT, chart, coloured, frame, legend, names, shaped, spread
from pages._shared.session import App


def draw(app: App, ratings: Ratings, by: By, since: datetime | None, simulated: bool) -> None:
    """Draw it for those that are rated and have both figures. Raises ConfigError where the log can't be read."""
    st.subheader("Rating, cost and latency", anchor=False)
    found = _rows(ratings, _figures(app, since, simulated), by)
    without = len([one for one in ratings.ratings if one.interval]) - len(found)
    if len(found) < 2:
        st.caption("Shown once two rated models have calls of yours with a known cost and a first token.")
        return
    legend(names(found), "point")
    left, right = st.columns(2)
    with left:
        _picture(found, "cost_usd", "Mean cost of a call (USD)", dollars)
    with right:
        _picture(found, "ttft_ms", "First token, median (ms)", duration)
    best = ", ".join(plain(row["name"]) for row in found if row["best"])
    more = f" {without} more without a known cost or first token." if without else ""
    st.caption(
        f"Nobody is at least as good in all three as: {best}. Costs and times are those of your own calls in this time"
        f"{', on the route with most of them' if by == 'model' else ''}.{more}"
    )


@st.cache_data(ttl=60, show_spinner="Reading costs and times…", max_entries=4)
def _figures(_app: App, since: datetime | None, simulated: bool) -> tuple[ModelStats, ...]:
    return _app.log.by_model(Filter(since=since, include_simulated=simulated))


def _rows(ratings: Ratings, figures: Sequence[ModelStats], by: By) -> list[dict[str, Any]]:
    most: dict[str, ModelStats] = {}
    for one in figures:
        name = name_of(Target(one.provider, one.model, one.route), by)
        if name not in most or one.ok > most[name].ok:
            most[name] = one
    rows: list[dict[str, Any]] = []
    for rating in ratings.ratings:
        stats = most.get(rating.name)
        if rating.interval and stats and stats.cost_per_call_usd is not None and stats.ttft_p50_ms is not None:
            rows.append(
                {
                    "name": rating.name,
                    "rating": rating.points,
                    "low": rating.interval.low,
                    "high": rating.interval.high,
                    "cost_usd": stats.cost_per_call_usd,
                    "ttft_ms": stats.ttft_p50_ms,
                    "calls": stats.calls,
                }
            )
    best = front([(-row["rating"], row["cost_usd"], row["ttft_ms"]) for row in rows])
    return [row | {"best": is_best} for row, is_best in zip(rows, best, strict=True)]


def _scale(alt: Any, values: Sequence[float]) -> Any:
    kind = spread(values)
    return alt.Scale(type=kind, padding=30) if kind == "log" else alt.Scale(domain=[0, 1.1 * max(values) or 1])


def _picture(rows: list[dict[str, Any]], column: str, title: str, told: Any) -> None:
    import altair as alt

    of = names(rows)
    base = alt.Chart(frame(rows, "name", "rating", "low", "high", column, "calls", "best")).encode(
        x=alt.X(f"{column}:Q", title=title, scale=_scale(alt, [row[column] for row in rows])),
        tooltip=[
            alt.Tooltip("name:N", title="Model"),
            alt.Tooltip("rating:Q", title="Rating", format=".0f"),
            alt.Tooltip(f"{column}:Q", title=title, format=".3~g"),
            alt.Tooltip("calls:Q", title="Calls", format=",d"),
            alt.Tooltip("best:N", title="On the front"),
        ],
    )
    y = alt.Y("low:Q", title="Rating", scale=alt.Scale(zero=False, padding=10))
    lines = base.mark_rule(opacity=0.45, strokeWidth=2).encode(y=y, y2="high:Q", color=coloured(alt, of))
    points = base.mark_point(filled=True, size=120, opacity=1).encode(
        y="rating:Q", color=coloured(alt, of), shape=shaped(alt, of)
    )
    rings = base.transform_filter("datum.best").mark_point(size=420, strokeWidth=1.5, color="gray").encode(y="rating:Q")
    said = "; ".join(f"{row['name']} {row['rating']:.0f} at {told(row[column])}" for row in rows)
    chart(lines + rings + points, HEIGHT, f"Rating against {title.lower()}. {said}. Ringed: on the Pareto front.")
