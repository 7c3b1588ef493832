"""Charts of a value by name: bars on one scale, unknown values never drawn as zero."""

import streamlit as st

from pages._shared.waterfall import PHASES

ROW = 34


def bars(title: str, values: dict[str, float], reads) -> None:
    """One bar for each name, with its value beside it."""
    import altair as alt
    import pandas as pd

    frame = pd.DataFrame([{"name": name, "value": value, "said": reads(value)} for name, value in values.items()])
    base = alt.Chart(frame).encode(
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
        x=alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, 1.3 * max(values.values()) or 1])),
        tooltip=[alt.Tooltip("name:N", title="Model"), alt.Tooltip("said:N", title=title)],
    )
    chart = base.mark_bar(height=16, color=PHASES["Answer"]) + base.mark_text(align="left", dx=5, color="gray").encode(
        text="said:N"
    )
    st.altair_chart(chart.properties(height=ROW * len(values) + 10), alt=title)
