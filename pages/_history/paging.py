"""Newer and Older: where this page begins is in the address, and where those before it began in the session."""

import re

import streamlit as st

from pages._history.filters import Sought

PAGE = 20
"""Entries or hits of a page."""
BEFORE = "before"
_PLACE = re.compile(r"[0-9A-Za-z:.+-]{1,40}( [0-9A-Za-z-]{1,40})?")


def place(sought: Sought) -> str | None:
    """What this page comes after, None for the newest. Another search begins anew; a reload stays where it was."""
    state, address = st.session_state, st.query_params
    if state.get("history_of") != sought:
        given = address.get(BEFORE, "") if "history_of" not in state else ""
        state.history_of, state.history_pages = sought, [given] if _PLACE.fullmatch(given) else []
    pages: list[str] = state.history_pages
    if pages and address.get(BEFORE) != pages[-1]:
        address[BEFORE] = pages[-1]
    elif not pages:
        address.pop(BEFORE, None)
    return pages[-1] if pages else None


def draw(last: str | None) -> None:
    """Draw the buttons. `last` is the place of this page's last entry, None where nothing comes after it."""
    pages: list[str] = st.session_state.history_pages
    if not pages and last is None:
        return
    with st.container(horizontal=True, key="history_paging"):
        st.button(
            "Newer",
            key="newer",
            icon=":material/chevron_left:",
            disabled=not pages,
            on_click=pages.pop,
            help=None if pages else "These are the newest.",
        )
        st.button(
            "Older",
            key="older",
            icon=":material/chevron_right:",
            disabled=last is None,
            on_click=pages.append,
            args=(last,),
            help=None if last is not None else "There are no older ones.",
        )
