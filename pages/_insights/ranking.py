"""The ranking: which model is best on a figure, which others can't be told apart from it, and what would settle it."""

from collections.abc import Sequence
from math import isfinite

import streamlit as st

from llm_backends.insights.provenance import of_row
from llm_backends.insights.ranking import Ranked, ranking
from llm_backends.insights.sentences import NOT_PAIRED
from llm_backends.insights.summary import FIGURE, Row, summary
from llm_backends.insights.view import View
from llm_backends.metrics import Metric
from pages._insights import behind, download, settle
from pages._insights.filters import Chosen
from pages._insights.table import figure_column
from pages._shared.format import plain
from pages._shared.picture.drawing import chart, spread

FIRST = ("ttft", "ttfat", "total", "tpot")
METRICS = (
    *(f"{stem}_{percentile}_ms" for percentile in ("p50", "p95") for stem in FIRST),
    *("error_rate", "cost_per_call_usd"),
)
KINDS = {
    "best": "best",
    "worse than the best": "worse: a real difference",
    "can't be told apart": "can't be told apart",
    "too few calls": "too few calls to tell",
    "unknown": "unknown",
}
_SIGNS = {"best": "★", "worse than the best": "▼", "can't be told apart": "≈", "too few calls": "?", "unknown": "—"}
_COLOURS = {"best": "#2a9d6f", "worse than the best": "#d9700f", "can't be told apart": "#3b82c4"}
ROW = 26
MOST_DRAWN = 15
MOST_NAMED = 5
TABLE = "insights_ranking"


def draw(view: View, chosen: Chosen) -> None:
    """The figure, the order by it, and the verdict on each model against the best."""
    labels = {name: FIGURE[name].label for name in METRICS}
    name = st.selectbox(
        "Lowest first by",
        METRICS,
        format_func=labels.__getitem__,
        key="rank_by",
        bind="query-params",
        width=260,
        help="The verdicts hold for all models together: on 95 of 100 such pages none is called worse that is not.",
    )
    ranked = ranking(view, name)
    metric = FIGURE[name]
    _summary(ranked, metric)
    _chart(ranked, metric)
    rows = {tuple(row.key.values()): row for row in summary(view, "model")}
    _table(ranked, metric, [rows[one.key] for one in ranked], chosen)
    with st.expander("Each verdict in words", key="ranking_words", on_change="rerun") as folder:
        if folder.open:
            st.markdown("\n".join(f"1. **{plain(one.name)}**: {plain(one.sentence)}." for one in ranked))
    download.below(plain(NOT_PAIRED), f"ranking-{name}", [_row(one, name) for one in ranked], key="ranking_file")
    settle.draw(ranked)


def _summary(ranked: Sequence[Ranked], metric: Metric) -> None:
    """The answer in words, before its evidence."""
    known = [one for one in ranked if one.value is not None]
    if not known:
        st.info(f"{metric.label} is unknown for every model here.", icon=":material/help:")
        return
    best = known[0]
    few = sum(one.kind == "too few calls" for one in known[1:])
    lowest = "is lowest of those with enough calls" if few and best.kind == "best" else "is lowest"
    words = f"**{plain(best.name)}** {lowest}: {plain(behind.said(metric, best.value))}."
    if len(known) > 1 and best.kind == "too few calls":
        words += " There are too few calls to tell whether that is chance."
    elif len(known) > 1:
        same = [one.name for one in known[1:] if one.kind == "can't be told apart"]
        worse = sum(one.kind == "worse than the best" for one in known)
        words += f" {worse} of {len(known) - 1} others {'is' if worse == 1 else 'are'} higher beyond chance"
        if same:
            named = plain(_listed(same)) if len(same) <= MOST_NAMED else f"{len(same)}"
            words += f"; {named} can't be told apart from it"
        words += f"; {few} {'has' if few == 1 else 'have'} too few calls to tell" if few else ""
        words += "."
    st.markdown(words)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _chart(ranked: Sequence[Ranked], metric: Metric) -> None:
    """Each value with its 95 % interval."""
    import altair as alt
    import pandas as pd

    rows = [
        {
            "name": one.name,
            "value": one.value,
            **_ends(one),
            "verdict": KINDS[one.kind],
        }
        for one in ranked
        if one.value is not None
    ]
    if not rows:
        return
    drawn = rows[:MOST_DRAWN]
    colours = {KINDS[kind]: colour for kind, colour in _COLOURS.items()} | {KINDS["too few calls"]: "#7a7f87"}
    base = alt.Chart(pd.DataFrame(drawn)).encode(
        y=alt.Y("name:N", title=None, sort=[row["name"] for row in drawn], axis=alt.Axis(labelLimit=300)),
        color=alt.Color(
            "verdict:N",
            scale=alt.Scale(domain=list(colours), range=list(colours.values())),
            legend=alt.Legend(title=None, orient="top"),
        ),
        tooltip=[
            alt.Tooltip("name:N", title="Model"),
            *(alt.Tooltip(f"{of}:Q", title=title, format=".4~g") for of, title in _ENDS.items()),
            alt.Tooltip("verdict:N", title="Verdict"),
        ],
    )
    kind = spread(row["value"] for row in drawn)
    axis = alt.X(
        "low:Q",
        title=f"{metric.heading} (point, and its 95 % interval)",
        scale=alt.Scale(type=kind, zero=False),
        axis=alt.Axis(format=".2%" if metric.unit == "share" else ",~r"),
    )
    line = base.mark_rule(strokeWidth=3, opacity=0.7).encode(x=axis, x2="high:Q")
    point = base.mark_point(filled=True, size=80, opacity=1).encode(x="value:Q")
    chart(line + point, ROW * len(drawn) + 130, f"{metric.label} of each model with its 95 % interval, lowest first.")
    if len(rows) > len(drawn):
        st.caption(f"The first {len(drawn)} of {len(rows)} models are drawn; the table has all.")


_ENDS = {"value": "Value", "low": "95 % interval from", "high": "to"}


def _table(ranked: Sequence[Ranked], metric: Metric, rows: Sequence[Row], chosen: Chosen) -> None:
    import pandas as pd

    frame = pd.DataFrame(
        [
            {
                "ref": one.name,
                metric.name: one.value,
                **_ends(one),
                "n": one.n,
                "verdict": f"{_SIGNS[one.kind]} {KINDS[one.kind]}",
                "words": one.sentence,
            }
            for one in ranked
        ]
    )
    digits = "percent" if metric.unit == "share" else f"%.{metric.digits}f"
    st.dataframe(
        frame.astype({metric.name: float, "low": float, "high": float}),
        hide_index=True,
        placeholder="—",
        height=min(36 * len(frame) + 38, 420),
        key=behind.key(TABLE),
        on_select=lambda: _open(rows, metric, chosen),
        selection_mode="single-cell",
        column_config={
            "ref": st.column_config.TextColumn("Model", pinned=True, width=250),
            metric.name: figure_column(metric),
            "low": st.column_config.NumberColumn(
                "95 % from", format=digits, help="The lower end of its 95 % interval."
            ),
            "high": st.column_config.NumberColumn("to", format=digits, help="The upper end of its 95 % interval."),
            "n": st.column_config.NumberColumn("Values", format="%d", help="How many calls it is of."),
            "verdict": st.column_config.TextColumn("Against the best", width=170),
            "words": st.column_config.TextColumn("In words", width=700),
        },
        alt=f"Ranking by {metric.label}, with the verdict on each model against the best.",
    )


def _ends(one: Ranked) -> dict[str, float | None]:
    """Of its interval; an end that so few values do not have is None."""
    ends = {"low": one.interval.low, "high": one.interval.high} if one.interval else {"low": None, "high": None}
    return {name: end if end is not None and isfinite(end) else None for name, end in ends.items()}


def _open(rows: Sequence[Row], metric: Metric, chosen: Chosen) -> None:
    if (cell := behind.chosen_cell(TABLE)) and cell[0] < len(rows):
        behind.open(of_row(rows[cell[0]], metric.name, chosen.filter), chosen.time)


def _row(one: Ranked, name: str) -> dict:
    """A row of the file."""
    keys = dict(zip(("provider", "model", "route"), one.key, strict=True))
    ends = {f"{name}_95_{end}": value for end, value in _ends(one).items()}
    return keys | {name: one.value, **ends, "n": one.n, "verdict": one.kind, "sentence": one.sentence}
