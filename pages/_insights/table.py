"""The table: what the calls came to, a row a model, deployment, endpoint or day; a number opens what is behind it."""

from collections.abc import Sequence

import streamlit as st

from llm_backends.insights.provenance import of_row
from llm_backends.insights.summary import FIGURE, FIGURES, Row, summary
from llm_backends.insights.view import View
from llm_backends.metrics import Metric
from llm_backends.store.rollups.cells import TIMES
from pages._insights import behind, download
from pages._insights.filters import NONE, Chosen
from pages._shared.columns import column

BY = {"Model and route": "model", "Deployment": "deployment", "Endpoint": "endpoint", "Day": "day"}
HEADS = {
    "ref": "Model",
    "route": "Route",
    "deployment": "Deployment",
    "endpoint_host": "Endpoint",
    "stretch": "Time (UTC)",
}
TABLE = "insights_table"
_STEMS = tuple(name.removesuffix("_ms") for name in TIMES)
_MONEY = ("cost_per_call_usd", "cost_usd", "cost_unknown")
COLUMNS = {
    "Overview": (
        *("calls", "error_rate", "ttft_n", "ttft_p50_ms", "ttft_p95_ms", "ttft_p99_ms"),
        *("total_n", "total_p50_ms", "total_p95_ms", "tokens_per_s_p50", *_MONEY),
    ),
    "Latency": (
        *("calls", *(f"{stem}_{part}" for stem in _STEMS for part in ("n", "p50_ms", "p95_ms", "p99_ms"))),
        "tokens_per_s_p50",
    ),
    "Errors": ("calls", "failed", "stopped", "error_rate", "errors"),
    "Tokens and cost": (*("calls", "input_tokens", "cached_input_tokens", "output_tokens", "usage_unknown", *_MONEY),),
    "All": tuple(metric.name for metric in FIGURES),
}


def draw(view: View, chosen: Chosen) -> None:
    """The choice of rows and columns, the table, and its files."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        by = st.segmented_control(
            "A row for each",
            list(BY),
            default="Model and route",
            required=True,
            key="by",
            bind="query-params",
            wrap=True,
        )
        shown = st.segmented_control(
            "Columns", list(COLUMNS), default="Overview", required=True, key="columns", bind="query-params", wrap=True
        )
    rows = summary(view, BY[by])
    if BY[by] == "day":
        rows = rows[::-1]
    _table(rows, COLUMNS[shown], chosen)
    said = (
        "A click on a number opens its definition and the calls behind it. — is unknown, or more than its calls can "
        "carry: the 95th percentile takes 72 values, the 99th takes 368. Percentiles are within 0.5 %."
    )
    download.below(said, f"calls-by-{BY[by]}", [row.flat for row in rows], key="table_file")


def head(row: Row) -> dict[str, str]:
    """What a row is called, by the names of HEADS."""
    key = dict(row.key)
    if "model" in key:
        key = {"ref": f"{key.pop('provider')}/{key.pop('model')}"} | key
    return {name: NONE if value is None else value.replace("T", " ") + ":00" * ("T" in value) if name == "stretch"
            else value for name, value in key.items()}  # fmt: skip


def _table(rows: Sequence[Row], names: Sequence[str], chosen: Chosen) -> None:
    import pandas as pd

    heads = [head(row) for row in rows]
    facts = {
        name: st.column_config.TextColumn(HEADS[name], pinned=place == 0, width=230 if name == "ref" else None)
        for place, name in enumerate(heads[0])
    }
    frame = pd.DataFrame(
        [told | {name: row.figures[name] for name in names} for told, row in zip(heads, rows, strict=True)]
    )
    numbers = [name for name in names if FIGURE[name].unit != "text"]
    st.dataframe(
        frame.astype(dict.fromkeys(numbers, float)),
        hide_index=True,
        placeholder="—",
        height=min(36 * len(rows) + 38, 520),
        key=behind.key(TABLE),
        on_select=lambda: _open(rows, chosen),
        selection_mode="single-cell",
        column_config=facts | {name: figure_column(FIGURE[name]) for name in names},
        alt=f"{len(rows)} rows with {len(names)} figures each. Choose a cell to see what is behind it.",
    )


def _open(rows: Sequence[Row], chosen: Chosen) -> None:
    if (cell := behind.chosen_cell(TABLE)) and cell[0] < len(rows):
        name = cell[1] if cell[1] in FIGURE else "calls"
        behind.open(of_row(rows[cell[0]], name, chosen.filter), chosen.time)


def figure_column(metric: Metric):
    """A figure's column: shares as percent, counts with their thousands apart."""
    if metric.unit == "share":
        return st.column_config.NumberColumn(metric.heading, help=metric.help, format="percent")
    if metric.unit in ("count", "tokens"):
        return st.column_config.NumberColumn(metric.heading, help=metric.help, format="localized")
    return column(metric)
