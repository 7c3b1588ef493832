"""The latency table under the cards, and the same rows as CSV under the log's column names."""

import csv
import io
import json
from collections.abc import Sequence

import streamlit as st

from pages._compare.views import Card
from pages._shared.measures import DEFINITIONS

# The log's columns without the texts, which may be long and hold anything.
_TEXTS = {"answer", "reasoning", "error_message"}
_SHOWN = {
    "model": "Model",
    "route": "Route",
    "status": "State",
    "ttft_ms": "First token",
    "ttfat_ms": "First visible",
    "total_ms": "Total",
    "tokens_per_s": "Tokens / s",
    "input_tokens": "Tokens in",
    "output_tokens": "Tokens out",
    "reasoning_tokens": "Reasoning",
    "cost_usd": "Cost",
    "headers_ms": "Headers",
    "connect_ms": "Connect",
    "load_ms": "Load",
    "gap_p50_ms": "Chunk gap p50",
    "gap_p95_ms": "Chunk gap p95",
    "finish_reason": "Finish",
    "attempts": "Attempts",
    "retry_wait_ms": "Retry wait",
    "detour_ms": "Detour",
    "failed_over_from": "Left",
}


def rows(cards: Sequence[Card]) -> list[dict]:
    """A row for each slot that has ended, under the log's column names."""
    return [
        {"slot": card.slot, **card.result.columns(), "tokens_per_s": card.result.tokens_per_s}
        for card in cards
        if card.result
    ]


def as_csv(cards: Sequence[Card], comparison_id: str) -> str:
    """The rows as CSV: numbers in full, unknown ones empty. No cell can be taken for a formula."""
    found = [
        {"comparison_id": comparison_id} | {name: _cell(value) for name, value in row.items() if name not in _TEXTS}
        for row in rows(cards)
    ]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, found[0])
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue()


def _cell(value):
    if isinstance(value, list):
        return json.dumps(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def draw(cards: Sequence[Card], comparison_id: str, *, whole: bool) -> None:
    """The sortable table, with its CSV once it is `whole`."""
    import pandas as pd

    names = {card.slot: card.name for card in cards}
    frame = pd.DataFrame([row | {"model": names[row["slot"]]} for row in rows(cards)], columns=list(_SHOWN))
    numeric = [name for name in _SHOWN if name.endswith(("_ms", "_tokens", "_usd", "_per_s", "attempts"))]
    frame = frame.astype(dict.fromkeys(numeric, float))
    silent = {name for name in numeric if not frame[name].fillna(0).any()}
    if frame["attempts"].max() < 2:
        silent.add("attempts")
    if frame["failed_over_from"].isna().all():
        silent.add("failed_over_from")
    if frame["ttfat_ms"].equals(frame["ttft_ms"]):
        silent.add("ttfat_ms")
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


def _column(name: str):
    label, help = _SHOWN[name], DEFINITIONS.get(name)
    if name.endswith("_ms"):
        return st.column_config.NumberColumn(f"{label} (ms)", help=help, format="%.0f")
    if name == "cost_usd":
        return st.column_config.NumberColumn(f"{label} (USD)", help=help, format="%.6f")
    if name.endswith(("_tokens", "_per_s", "attempts")):
        return st.column_config.NumberColumn(label, help=help, format="%.1f" if name == "tokens_per_s" else "%d")
    return st.column_config.TextColumn(label, help=help, width=220 if name == "model" else None)
