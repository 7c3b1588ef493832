"""What can be done with those that are chosen, or with all that the filters leave: exported, or deleted."""

import streamlit as st

from llm_backends.store.search.entries import KINDS
from pages._history import deletion, exporting
from pages._history.exporting import Picked
from pages._history.filters import Sought
from pages._shared.format import plain
from pages._shared.session import App


def chosen() -> Picked:
    """The kind and the id of each that is chosen."""
    found: Picked = []
    for key, value in st.session_state.items():
        kind, _, id = str(key).removeprefix("chosen ").partition(" ")
        if value and str(key).startswith("chosen ") and kind in KINDS:
            found.append((kind, id))
    return found


def draw(app: App, sought: Sought) -> None:
    """Draw both. Raises ConfigError where the log can't be read."""
    picked = chosen()
    with st.container(horizontal=True, vertical_alignment="center", key="history_actions"):
        with st.popover("Export", icon=":material/download:", key="export", on_change="rerun") as form:
            if form.open:
                exporting.draw(app, sought, picked)
        with st.popover(
            f"Delete {len(picked)} chosen" if picked else "Delete",
            icon=":material/delete:",
            key="delete",
            disabled=not picked,
            help=None if picked else "Choose what is to go by its box first.",
            on_change="rerun",
        ) as form:
            if form.open and picked:
                deletion.draw(app, picked)
    if told := st.session_state.pop("history_told", None):
        st.success(plain(told), icon=":material/delete:")
    if problem := st.session_state.pop("history_problem", None):
        st.error(plain(problem), icon=":material/error:")
