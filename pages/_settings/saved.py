"""Widgets that edit a preference: each follows the value in use until it is edited, and keeps the edit until saved."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from llm_backends.errors import ConfigError
from pages._shared.format import plain
from pages._shared.session import App


def follow(key: str, value: Any) -> None:
    """Give the widget of this key the value in use, unless it holds an edit. Call it before the widget is drawn."""
    state, base = st.session_state, f"in use {key}"
    if key not in state or state[key] == state.get(base, state[key]):
        state[key] = value
    state[base] = value


def keep(app: App, place: str, changed: Mapping[str, Any]) -> bool:
    """Write these preferences and leave in the state how that went, for `told`; None takes one back."""
    if not changed:
        tell(place, "Nothing has changed.")
        return False
    try:
        app.preferences.keep(changed)
    except ConfigError as exc:
        tell(place, f"Nothing was saved, and nothing is lost in the form. {exc}", failed=True)
        return False
    many = "1 choice" if len(changed) == 1 else f"{len(changed)} choices"
    back = all(value is None for value in changed.values())
    tell(place, f"{many} taken back." if back else f"{many} saved in the database. The next run uses them.")
    return True


def tell(place: str, said: str, failed: bool = False) -> None:
    """Leave a message for the place."""
    st.session_state[f"told {place}"] = said, failed


def told(place: str) -> None:
    """Draw the message that was left, once."""
    said, failed = st.session_state.pop(f"told {place}", ("", False))
    if said:
        (st.error if failed else st.success)(plain(said), icon=":material/error:" if failed else ":material/check:")
