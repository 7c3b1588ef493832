"""What the page reads of the log: the cells of its time, once for all choices among them, and their making ahead."""

from datetime import UTC, datetime

import streamlit as st

from llm_backends.insights.rolling import Rolling
from llm_backends.insights.view import View
from llm_backends.store.call_log import Filter
from pages._shared.session import App

FRESH_S = 10
"""For so long what was read is taken for what is."""


def view(app: App, time: Filter) -> tuple[View, datetime]:
    """All that its time holds, and when it was read. Raises ConfigError where the log can't be read."""
    return _read(app.log.place, time.since, time.until, app)


@st.cache_resource(show_spinner=False, ttl=FRESH_S, max_entries=4)
def _read(place: str, since: datetime | None, until: datetime | None, _app: App) -> tuple[View, datetime]:
    return View(_app.log.cells(Filter(since=since, until=until))), datetime.now(UTC)


def rolling(app: App) -> Rolling:
    """The process's summing up of past days."""
    return _rolling(app.log.place, app)


@st.cache_resource(show_spinner=False)
def _rolling(place: str, _app: App) -> Rolling:
    return Rolling(_app.log)
