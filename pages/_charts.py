"""Charts of latency and cost: bars on one scale, longest label first, unknown values named and never drawn as zero."""

from collections.abc import Sequence

import streamlit as st

from ._format import dollars, duration, plain
from ._view import Card
from ._waterfall import PHASES, phases

_ROW = 34


def draw(cards: Sequence[Card]) -> None:
    """Where the time of each answer went, and what it cost."""
    latency, cost = st.columns(2)
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
        else:
            st.caption("No request was sent.")
    with cost:
        st.markdown("**Cost**")
        priced = [card for card in cards if card.result.cost_usd is not None]
        if priced:
            bars("Cost in USD", {card.name: card.result.cost_usd for card in priced}, dollars)
        unpriced = [card for card in cards if card.result.cost_usd is None]
        for card in unpriced:
            st.caption(f"{plain(card.name)}: unknown, {plain(card.result.price_source or 'no price on record')}")


def bars(title: str, values: dict[str, float], reads) -> None:
    """One bar for each name, with its value beside it."""
    import altair as alt
    import pandas as pd

    frame = pd.DataFrame([{"name": name, "value": value, "said": reads(value)} for name, value in values.items()])
    base = alt.Chart(frame).encode(
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
        x=alt.X("value:Q", title=title, axis=alt.Axis(tickCount=4, format="~g"), scale=alt.Scale(padding=40)),
        tooltip=[alt.Tooltip("name:N", title="Model"), alt.Tooltip("said:N", title=title)],
    )
    chart = base.mark_bar(height=14, cornerRadiusEnd=3, color=PHASES["Answer"]) + base.mark_text(
        align="left", dx=5, color="gray"
    ).encode(text="said:N")
    st.altair_chart(chart.properties(height=_ROW * len(values) + 40), alt=title)


def _timeline(spans: list[dict], names: list[str]):
    import altair as alt
    import pandas as pd

    used = [name for name in PHASES if any(span["phase"] == name for span in spans)]
    return (
        alt.Chart(pd.DataFrame(spans))
        .mark_bar(height=14)
        .encode(
            y=alt.Y("model:N", title=None, sort=names, axis=alt.Axis(labelLimit=260)),
            x=alt.X("start:Q", title="Seconds since the request was sent", axis=alt.Axis(tickCount=5)),
            x2="end:Q",
            color=alt.Color(
                "phase:N",
                title=None,
                scale=alt.Scale(domain=used, range=[PHASES[name] for name in used]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("model:N", title="Model"),
                alt.Tooltip("phase:N", title="Phase"),
                alt.Tooltip("lasted:N", title="Lasted"),
                alt.Tooltip("until:N", title="Until"),
            ],
        )
        .properties(height=_ROW * len(names) + 70)
    )
