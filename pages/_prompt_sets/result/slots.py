"""What each slot came to, as a table, with the definitions as tooltips."""

from collections.abc import Sequence

import streamlit as st

from llm_backends.metrics import RESULT_METRIC
from llm_backends.results.columns import Columns
from llm_backends.results.summary import SlotSummary, brief_labels, summaries
from pages._shared.columns import column
from pages._shared.format import plain

_SHOWN = (
    *("ok", "failed", "open", "unjudged", "ttft_p50_ms", "ttft_p95_ms", "ttft_n", "tpot_p50_ms", "total_p50_ms"),
    *("total_p95_ms", "total_n", "input_tokens", "output_tokens", "cost_per_call_usd", "cost_usd", "cost_unknown"),
)
_ONLY_SOME = ("open", "unjudged", "cost_unknown")


def draw(columns: Columns) -> None:
    """The table."""
    import pandas as pd

    slots, names = summaries(columns), brief_labels(columns)
    rows = [{"slot": name, "rate": _rate(one)} | one.columns() for name, one in zip(names, slots, strict=True)]
    shown = [name for name in _SHOWN if name not in _ONLY_SOME or any(row[name] for row in rows)]
    head = ["slot", "rate"] if columns.checked else ["slot"]
    frame = pd.DataFrame(rows, columns=[*head, *shown]).astype(dict.fromkeys(shown, float))
    st.dataframe(
        frame,
        hide_index=True,
        placeholder="—",
        key="result_slots",
        column_config={
            "slot": st.column_config.TextColumn("Slot", pinned=True, width=200),
            "rate": st.column_config.TextColumn("Pass rate", help=_HELP, width=170),
        }
        | {name: column(RESULT_METRIC[name]) for name in shown},
        alt="What each slot came to: passes, times, tokens, cost",
    )
    if said := _errors(slots, names):
        st.caption(said)


_HELP = f"{RESULT_METRIC['pass_rate'].help} In brackets: {RESULT_METRIC['pass_rate_low'].help}"


def _rate(one: SlotSummary) -> str | None:
    if one.pass_rate is None:
        return None
    rate = one.pass_rate
    return f"{rate.estimate:.1%} ({100 * rate.low:.0f} to {100 * rate.high:.0f} %)"


def _errors(slots: Sequence[SlotSummary], names: Sequence[str]) -> str:
    """The failures by class; class names are our own."""
    return "  \n".join(
        f":material/error: {name}: " + ", ".join(f"{count:,} {kind}" for kind, count in one.errors)
        for one, name in ((one, plain(name)) for one, name in zip(slots, names, strict=True))
        if one.errors
    )
