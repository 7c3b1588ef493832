"""Charts of a value by name: bars on one scale, longest label first, unknown values never drawn as zero."""

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


def ranges(title: str, spans: list[dict]) -> None:
    """A bar from zero to p50 and a thin line on to p95 for each {"name", "p50", "p95"}."""
    import altair as alt
    import pandas as pd

    names = [span["name"] for span in spans]
    base = alt.Chart(pd.DataFrame(spans)).encode(
        y=alt.Y("name:N", title=None, sort=names, axis=alt.Axis(labelLimit=260)),
        tooltip=[
            alt.Tooltip("name:N", title="Model"),
            alt.Tooltip("p50:Q", title="p50", format=".3~f"),
            alt.Tooltip("p95:Q", title="p95", format=".3~f"),
        ],
    )
    bar = base.mark_bar(height=16, color=PHASES["Answer"]).encode(
        x=alt.X("p50:Q", title=f"{title} (bar p50, line p95)", axis=alt.Axis(tickCount=5))
    )
    line = base.mark_rule(color="gray", strokeWidth=2).encode(x="p50:Q", x2="p95:Q")
    end = base.mark_tick(color="gray", thickness=2, height=12).encode(x="p95:Q")
    st.altair_chart((bar + line + end).properties(height=ROW * len(spans) + 60), alt=title)
