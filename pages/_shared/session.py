"""What the pages share: log, live runs and preferences in the whole process, settings and catalogue in a session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st
from streamlit import runtime
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from llm_backends import once
from pages._shared.interrupted import Interrupted
from pages._shared.preferences import Preferences

if TYPE_CHECKING:
    from llm_backends.catalog.catalog import Catalog, Toggle
    from llm_backends.experiments.live import Experiments
    from llm_backends.runs.live import Run, Runs
    from llm_backends.settings import Settings
    from llm_backends.store.call_log import CallLog


@dataclass(frozen=True)
class App:
    """The parts of the dashboard. Settings and catalogue are the session's own: with its keys and all preferences."""

    settings: Settings
    catalog: Catalog
    log: CallLog
    runs: Runs
    experiments: Experiments
    preferences: Preferences
    interrupted: Interrupted
    installed: Settings
    """What the environment and `.env` say."""


def app() -> App:
    """The session's App; what the process shares is made at the first visit. Every page begins with it."""
    if PagesManager.uses_pages_directory:
        # Asked for /history first of all, a fresh server runs that file alone and takes every other one in pages/ for
        # a page. It does so until st.navigation has been called: start again with app.py.
        PagesManager.uses_pages_directory = False
        st.rerun()
    return _of_session(_parts())


def keys() -> dict[str, str]:
    """The keys that were typed in this browser session, by provider or "azure". They are kept nowhere else."""
    return st.session_state.setdefault("keys", {})


def _of_session(parts: App) -> App:
    """The App with what was chosen and typed; the session's catalogue is kept until one of them changes."""
    from llm_backends.catalog.catalog import Catalog
    from llm_backends.settings.preferences import applied

    state, key = st.session_state, (parts.preferences.now(), parts.preferences.problem, dict(keys()))
    if not any(key):
        return parts
    if state.get("catalog_of") != key:
        preferred, problem, own = key
        settings = applied(parts.settings, preferred, own)
        if problem:
            settings = replace(settings, problems=(*settings.problems, problem))
        state.catalog, state.catalog_of = Catalog(settings), key
    return replace(parts, settings=state.catalog.settings, catalog=state.catalog)


@st.cache_resource(show_spinner=False)
def _parts() -> App:
    from llm_backends import settings
    from llm_backends.catalog.catalog import Catalog
    from llm_backends.experiments.live import Experiments
    from llm_backends.judging.judge.votes import keep
    from llm_backends.runs.live import Runs
    from llm_backends.store.call_log import CallLog

    found = settings.load()
    log = CallLog(found.database_url)
    runs, experiments = Runs(log, present=_present), Experiments(log, over=lambda id: keep(log, id))
    return App(found, Catalog(found), log, runs, experiments, Preferences(log), Interrupted(log), found)


def route() -> Toggle:
    """The route that the toggle asks for, "direct" or "azure"; it takes effect with the next run."""
    return "azure" if st.session_state.get("route_azure") else "direct"


def watch(run: Run) -> None:
    """Say that this browser session looks at the run."""
    context = get_script_run_ctx()
    run.watch(context.session_id if context else None)


def _present(session_id: str) -> bool:
    """Whether this session's tab is still open."""
    return not runtime.exists() or runtime.get_instance().is_active_session(session_id)


def forget(provider: str) -> None:
    """Let go of the session's key for this provider, with the catalogue and the clients that were made with it.

    What hides keys in texts still knows it: a call under way can bring it back in an error message.
    """
    state, own = st.session_state, keys()
    state["keys"] = {name: key for name, key in own.items() if name != provider}
    for name in ("catalog", "catalog_of"):
        state.pop(name, None)
    if provider in own:
        once.forget(own[provider])


def in_view(parts: App) -> Run | None:
    """The run that the Compare page shows, while it is in memory."""
    return parts.runs.get(st.session_state.get("run_id", ""))


def live_runs(parts: App) -> list[Run]:
    """The runs of this session that go on, whatever page is in view."""
    ids = dict.fromkeys([*st.session_state.get("started", ()), st.session_state.get("run_id", "")])
    return [run for id in ids if (run := parts.runs.get(id)) and not run.finished]
