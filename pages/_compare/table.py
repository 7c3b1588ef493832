"""The latency table under the cards, and the same rows as CSV under the log's column names."""

import csv
import io
from collections.abc import Sequence

import streamlit as st

from llm_backends.files.spreadsheet import cell
from llm_backends.metrics import METRIC, METRICS
from pages._compare.views import Card
from pages._shared.columns import column

# The log's columns without the texts, which may be long and hold anything.
_TEXTS = {"answer", "reasoning", "error_message"}
_FACTS = {"model": "Model", "route": "Route", "status": "State", "finish_reason": "Finish"}
_SHOWN = (
    *("model", "route", "status", "ttft_ms", "ttfat_ms", "total_ms", "tokens_per_s"),
    *(
        "input_tokens",
        "output_tokens",
        "reasoning_tokens",
        "cost_usd",
        "headers_ms",
        "connect_ms",
        "ttft_open_ms",
        "build_ms",
    ),
    *("load_ms", "gap_p50_ms", "gap_p95_ms", "finish_reason", "attempts", "retry_wait_ms", "detour_ms"),
    *("failed_over_from", "timed_from"),
)
_NUMBERS = [name for name in _SHOWN if name in METRIC and METRIC[name].unit != "text"]


def rows(cards: Sequence[Card]) -> list[dict]:
    """A row for each slot that has ended, under the log's column names."""
    return [
        {"slot": card.slot, **card.result.columns()}
        | {metric.name: metric.of(card.result) for metric in METRICS if not metric.logged}
        for card in cards
        if card.result
    ]


def as_csv(cards: Sequence[Card], comparison_id: str) -> str:
    """The rows as CSV: numbers in full, unknown ones empty. No cell can be taken for a formula."""
    found = [
        {"comparison_id": comparison_id} | {name: cell(value) for name, value in row.items() if name not in _TEXTS}
        for row in rows(cards)
    ]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, found[0])
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue()


def draw(cards: Sequence[Card], comparison_id: str, *, whole: bool) -> None:
    """The sortable table, with its CSV once it is `whole`."""
    import pandas as pd

    names = {card.slot: card.name for card in cards}
    frame = pd.DataFrame([row | {"model": names[row["slot"]]} for row in rows(cards)], columns=list(_SHOWN))
    frame = frame.astype(dict.fromkeys(_NUMBERS, float))
    silent = _silent(frame)
    told = [name for name in _SHOWN if name not in silent]
    with st.container(key="latency_table"):
        st.dataframe(
            frame[told],
            hide_index=True,
            placeholder="—",
            column_config={name: _column(name) for name in told},
            alt="Latency, tokens and cost of each answer",
        )
        if not whole:
            return
        st.download_button(
            "Download CSV",
            as_csv(cards, comparison_id),
            file_name=f"comparison-{comparison_id[:8]}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="csv",
        )


def _silent(frame) -> set[str]:
    """The columns that would tell nothing, or nothing new."""
    silent = {name for name in _NUMBERS if not frame[name].fillna(0).any()}
    if frame["attempts"].max() < 2:
        silent.add("attempts")
    if frame["failed_over_from"].isna().all():
        silent.add("failed_over_from")
    if not (frame["timed_from"] == "sdk").any():
        silent.add("timed_from")
    return silent | {name for name in ("ttfat_ms", "ttft_open_ms") if frame[name].equals(frame["ttft_ms"])}


def _column(name: str):
    if name in METRIC:
        return column(METRIC[name])
    return st.column_config.TextColumn(_FACTS[name], width=220 if name == "model" else None)
