"""Charts under the cards: where the time of each answer went, and what it cost."""

from collections.abc import Sequence

import streamlit as st

from llm_backends.metrics import METRIC
from pages._compare.views import Card
from pages._shared.charts import ROW, bars
from pages._shared.format import dollars, duration, plain
from pages._shared.waterfall import PHASES, legend, phases


def draw(cards: Sequence[Card]) -> None:
    """Where the time of each answer went, and what it cost."""
    latency, cost = st.columns(2)
    metric = METRIC["cost_usd"]
    with latency:
        spans = [
            {"model": card.name, "phase": phase.name, "start": phase.start_ms / 1000, "end": phase.end_ms / 1000}
            | {"lasted": duration(phase.end_ms - phase.start_ms), "until": duration(phase.end_ms)}
            for card in cards
            for phase in phases(card.result)
        ]
        st.markdown("**Where the time went**")
        if spans:
            st.altair_chart(_timeline(spans, [card.name for card in cards]), alt="Phases of each answer in seconds")
            st.html(legend({span["phase"] for span in spans}))
        else:
            st.caption("No request was sent.")
    with cost:
        st.markdown(f"**{metric.label}**", help=metric.definition)
        priced = [card for card in cards if card.result.cost_usd is not None]
        if priced:
            bars(f"{metric.label} in {metric.unit}", {card.name: card.result.cost_usd for card in priced}, dollars)
        unpriced = [card for card in cards if card.result.cost_usd is None]
        if unpriced:
            names = ", ".join(card.name for card in unpriced)
            reasons = {card.name: card.result.price_source or "no price on record" for card in unpriced}
            why = "\n".join(f"- {plain(name)}: {plain(reason)}" for name, reason in reasons.items())
            st.caption(f"Not known for {plain(names)}.", help=why)


def _timeline(spans: list[dict], names: list[str]):
    import altair as alt
    import pandas as pd

    used = [name for name in PHASES if any(span["phase"] == name for span in spans)]
    return (
        alt.Chart(pd.DataFrame(spans))
        .mark_bar(height=16)
        .encode(
            y=alt.Y("model:N", title=None, sort=names, axis=alt.Axis(labelLimit=260)),
            x=alt.X("start:Q", title="Seconds since the request was sent", axis=alt.Axis(tickCount=5)),
            x2="end:Q",
            color=alt.Color(
                "phase:N",
                title=None,
                scale=alt.Scale(domain=used, range=[PHASES[name] for name in used]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("model:N", title="Model"),
                alt.Tooltip("phase:N", title="Phase"),
                alt.Tooltip("lasted:N", title="Lasted"),
                alt.Tooltip("until:N", title="Until"),
            ],
        )
        .properties(height=ROW * len(names) + 50)
    )
