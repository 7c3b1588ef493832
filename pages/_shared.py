"""What every page and session of the process shares: settings, catalogue, call log and live runs."""

from dataclasses import dataclass

import streamlit as st

from llm_backends import settings
from llm_backends.call_log import CallLog
from llm_backends.catalog import Catalog
from llm_backends.runs import Run, Runs


@dataclass(frozen=True)
class App:
    """The parts that live as long as the process."""

    settings: settings.Settings
    catalog: Catalog
    log: CallLog
    runs: Runs


@st.cache_resource(show_spinner=False)
def app() -> App:
    """The process's one App, made at the first visit."""
    found = settings.load()
    log = CallLog(found.database_url)
    return App(found, Catalog(found), log, Runs(log))


def route() -> str:
    """The route that the toggle asks for, "direct" or "azure"; it takes effect with the next run."""
    return "azure" if st.session_state.get("route_azure") else "direct"


def my_run(parts: App) -> Run | None:
    """The run that this session shows or has started, while it is in memory."""
    return parts.runs.get(st.session_state.get("run_id", ""))
