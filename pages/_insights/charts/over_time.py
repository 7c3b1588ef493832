"""Charts over time: percentiles by model, what was spent, what failed. All times are UTC."""

from typing import Any

import streamlit as st

from llm_backends.insights.series import Records
from llm_backends.metrics import METRIC
from pages._shared.format import dollars, duration
from pages._shared.picture.drawing import HEIGHT, chart, coloured, dashed, frame, legend, names, with_names


def percentiles(rows: Records, time: str) -> None:
    """The median and the 95th percentile side by side, a line a model."""
    found = with_names(rows)
    of, stem = names(found), time.removesuffix("_ms")
    legend(of)
    for place, percentile in zip(st.columns(2), ("p50", "p95"), strict=True):
        with place:
            _percentile([row for row in found if row[f"{stem}_{percentile}_ms"] is not None], of, time, percentile)


def _percentile(rows: Records, of: list[str], time: str, percentile: str) -> None:
    import altair as alt

    column = f"{time.removesuffix('_ms')}_{percentile}_ms"
    label = f"{METRIC[time].label} {percentile}"
    if not rows:
        st.caption(f"{label}: nowhere do enough calls carry it.")
        return
    base = alt.Chart(frame(rows, "name", "time_utc", column, "calls")).encode(
        x=_when(alt),
        y=alt.Y(f"{column}:Q", title=f"{label} (ms)"),
        color=coloured(alt, of),
        tooltip=[
            alt.Tooltip("name:N", title="Model"),
            _moment(alt),
            alt.Tooltip(f"{column}:Q", title=f"{label} (ms)", format=",.1f"),
            alt.Tooltip("calls:Q", title="Calls", format=",d"),
        ],
    )
    # A day that has neighbours shows as a line; one alone would show as nothing.
    drawn = base.mark_line(strokeWidth=2).encode(strokeDash=dashed(alt, of)) + base.mark_point(filled=True, size=18)
    newest = {row["name"]: row[column] for row in rows}
    said = "; ".join(f"{name} {duration(value)}" for name, value in newest.items())
    chart(drawn, HEIGHT, f"{label} over time, by model. Last: {said}.")


def costs(rows: Records, by: str) -> None:
    """Stacked bars of what was spent."""
    known = [row | {"name": row[by]} for row in rows if row["cost_usd"] is not None]
    if not known:
        st.caption("No cost is known: models on this machine are billed by nobody.")
        return
    spent: dict[str, float] = {}
    for row in known:
        spent[row["name"]] = spent.get(row["name"], 0.0) + row["cost_usd"]
    said = "; ".join(f"{name} {dollars(usd)}" for name, usd in spent.items())
    _stacked(known, "cost_usd", "Cost (USD)", "$.3~g", f"Cost over time by {by}, in all: {said}.")


def errors(rows: Records) -> None:
    """Stacked bars of the calls that failed."""
    named = [row | {"name": row["error_type"]} for row in rows]
    counts: dict[str, int] = {}
    for row in named:
        counts[row["name"]] = counts.get(row["name"], 0) + row["failed"]
    said = "; ".join(f"{name} {count:,}" for name, count in counts.items())
    _stacked(named, "failed", "Failed calls", ",d", f"Failed calls over time by class of error, in all: {said}.")


def _stacked(rows: Records, column: str, title: str, format: str, words: str) -> None:
    import altair as alt

    of = sorted(names(rows))
    legend(of, "bar")
    moments = {row["time_utc"] for row in rows}
    drawn = (
        alt.Chart(frame(rows, "name", "time_utc", column))
        .mark_bar(width=max(2, min(28, 700 // len(moments))))
        .encode(
            x=_when(alt),
            y=alt.Y(f"{column}:Q", title=title, stack=True, axis=alt.Axis(format=format)),
            color=coloured(alt, of),
            tooltip=[
                alt.Tooltip("name:N", title="Of"),
                _moment(alt),
                alt.Tooltip(f"{column}:Q", title=title, format=format),
            ],
        )
    )
    chart(drawn, HEIGHT, words)


def _when(alt: Any) -> Any:
    return alt.X("time_utc:T", title="Time (UTC)", scale=alt.Scale(type="utc"))


def _moment(alt: Any) -> Any:
    return alt.Tooltip("time_utc:T", title="From (UTC)", format="%d %b %Y %H:%M", formatType="utc")
