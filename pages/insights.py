"""Insights: what the log says: which model, on which route, at what cost, and whether the difference is real."""

import streamlit as st

from llm_backends.errors import ConfigError
from pages._insights import alerts, behind, costs, filters, ranking, read, rolling, table
from pages._insights.charts import shown as charts
from pages._insights.empty import nothing
from pages._insights.filters import Chosen
from pages._shared import session
from pages._shared.format import plain
from pages._shared.session import App


def draw(app: App) -> None:
    """The choice of calls, then what they say. Raises ConfigError where the log can't be read."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="insights_filters"):
        time = filters.times()
        place = st.container(width="content")
    if not rolling.done(app):
        return
    seen, read_at = read.view(app, time.filter)
    chosen = filters.others(place, time, seen, app.settings.simulated)
    view = seen.chosen(chosen.filter)
    told(app, view.calls, chosen, f"{read_at:%H:%M:%S}")
    if not view.calls:
        nothing(app, seen, chosen)
        return
    # Each part has a container of its own, so that one which grows doesn't take the next one's place.
    with st.container():
        alerts.draw(app, seen, chosen)
    with st.container():
        table.draw(view, chosen)
    with st.container():
        st.subheader("Ranking", anchor=False)
        ranking.draw(view, chosen)
    with st.container():
        st.subheader("Charts", anchor=False)
        charts.draw(app, view, chosen)
    with st.container():
        st.subheader("Cost", anchor=False)
        costs.draw(app, view, chosen)
    behind.draw(app)


def told(app: App, calls: int, chosen: Chosen, at: str) -> None:
    """How many calls these are, of when, and as of when."""
    words = f"{calls:,} {'call' if calls == 1 else 'calls'}, {chosen.time}; read at {at} UTC."
    if app.settings.simulated and chosen.filter.include_simulated:
        words += " Every provider here is simulated: no latency or cost below is real."
    elif chosen.filter.include_simulated:
        words += " Simulated calls may be among them: their latency and cost are made up."
    st.caption(words)


st.title("Insights", anchor=False)
app = session.app()
try:
    draw(app)
except ConfigError as exc:
    st.error(plain(exc), icon=":material/database_off:")
