"""What every page and session of the process shares: settings, catalogue, call log and live runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

if TYPE_CHECKING:
    from llm_backends.call_log import CallLog
    from llm_backends.catalog import Catalog
    from llm_backends.runs import Run, Runs
    from llm_backends.settings import Settings


@dataclass(frozen=True)
class App:
    """The parts that live as long as the process."""

    settings: Settings
    catalog: Catalog
    log: CallLog
    runs: Runs


def app() -> App:
    """The process's one App, made at the first visit. Every page begins with it."""
    if PagesManager.uses_pages_directory:
        # Asked for /history first of all, a fresh server runs that file alone and takes every other one in pages/ for
        # a page. It does so until st.navigation has been called: start again with app.py.
        PagesManager.uses_pages_directory = False
        st.rerun()
    return _parts()


@st.cache_resource(show_spinner=False)
def _parts() -> App:
    from llm_backends import settings
    from llm_backends.call_log import CallLog
    from llm_backends.catalog import Catalog
    from llm_backends.runs import Runs

    found = settings.load()
    log = CallLog(found.database_url)
    return App(found, Catalog(found), log, Runs(log))


def route() -> str:
    """The route that the toggle asks for, "direct" or "azure"; it takes effect with the next run."""
    return "azure" if st.session_state.get("route_azure") else "direct"


def in_view(parts: App) -> Run | None:
    """The run that the Compare page shows, while it is in memory."""
    return parts.runs.get(st.session_state.get("run_id", ""))


def live_runs(parts: App) -> list[Run]:
    """The runs of this session that go on, whatever page is in view."""
    ids = dict.fromkeys([*st.session_state.get("started", ()), st.session_state.get("run_id", "")])
    return [run for id in ids if (run := parts.runs.get(id)) and not run.race.finished]
