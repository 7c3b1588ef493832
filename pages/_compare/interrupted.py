"""Tells which comparisons were cut short when LLMSelect last stopped: once a session, above the inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._shared.format import moment, plain, start_of
from pages._shared.parts import part

if TYPE_CHECKING:
    from llm_backends.store.call_log import Comparison
    from pages._shared.interrupted import Interrupted

SHOWN = 5


def draw(interrupted: Interrupted) -> None:
    """The notice, as soon as there is something to tell, until it is dismissed."""
    if st.session_state.get("interruptions_seen"):
        return
    if not interrupted.known.is_set():
        part(_until_known, 1)(interrupted)
    elif interrupted.found:
        _notice(interrupted.found)


def _until_known(interrupted: Interrupted) -> None:
    if interrupted.known.is_set():
        st.rerun()


def _notice(found: tuple[Comparison, ...]) -> None:
    were = "1 comparison was" if len(found) == 1 else f"{len(found)} comparisons were"
    with st.container(border=True, key="interrupted"):
        st.markdown(f":material/power_off: {were} interrupted when LLMSelect last stopped. What had ended is kept.")
        for one in found[:SHOWN]:
            st.page_link(
                "pages/compare.py",
                label=f"{moment(one.created_at)}: {plain(start_of(one.prompt, 90) or 'empty prompt')}",
                icon=":material/open_in_new:",
                query_params={"run": one.id},
                width="stretch",
            )
        if len(found) > SHOWN:
            st.page_link("pages/history.py", label=f"{len(found) - SHOWN} more in History", icon=":material/history:")
        st.button("Dismiss", key="dismiss", on_click=lambda: st.session_state.update(interruptions_seen=True))
