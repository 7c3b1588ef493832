"""The defaults: parameters that new sessions start with, and the limits of every call."""

from typing import Any, NamedTuple

import streamlit as st

from llm_backends.settings.preferences import BOUNDS, PAGE, VARIABLES, defaults
from pages._settings import saved
from pages._shared.format import plain
from pages._shared.session import App

PLACE = "defaults"


class Field(NamedTuple):
    """One value: its label, its meaning, and by how much its buttons change it."""

    label: str
    help: str
    step: float | None = None


PARAMETERS = {
    "temperature": Field("Temperature", "0 repeats itself, 1 varies. Empty: the provider's default holds.", 0.1),
    "max_tokens": Field("Max tokens", "The longest answer that is asked for, reasoning included.", 256),
    "stream": Field("Stream the answers", "Without streaming no time to first token can be measured."),
}
LIMITS = {
    "deadline_s": Field("Deadline (s)", "The longest that a whole call may take, retries included.", 30.0),
    "read_timeout_s": Field("Read timeout (s)", "How long a call waits for the next data before it is given up.", 10.0),
    "max_attempts": Field("Attempts", "How often a call is tried in all, before its first token only.", 1),
}


def draw(app: App) -> None:
    """Both groups, each with what it is used for, and one button that saves them."""
    st.caption("What the Compare page starts with in a new session.")
    for name, field in PARAMETERS.items():
        _row(app, name, field)
    st.caption("The limits of every call from the next run on.")
    for name, field in LIMITS.items():
        _row(app, name, field)
    st.button("Save", key="save_defaults", type="primary", icon=":material/save:", on_click=_save, args=(app,))
    saved.told(PLACE)


def _row(app: App, name: str, field: Field) -> None:
    in_use = _in_use(app, name)
    saved.follow(f"default {name}", in_use)
    edit, source, button = st.columns([2, 3, 2], vertical_alignment="bottom")
    with edit:
        _widget(name, field, in_use)
    edited = " :orange-badge[not saved]" if st.session_state[f"default {name}"] != in_use else ""
    source.markdown(f":small[:gray[{plain(_source(app, name))}{_range(name)}]]{edited}")
    if name in app.preferences.now():
        button.button("Back to default", key=f"default_back_{name}", type="tertiary", on_click=_back, args=(app, name))


def _widget(name: str, field: Field, in_use: Any) -> None:
    common = {"key": f"default {name}", "help": field.help, "persist_state": "session"}
    if name not in BOUNDS:
        st.toggle(field.label, **common)
        return
    bounds = BOUNDS[name]
    least = bounds.least if in_use is None else min(bounds.least, in_use)  # a variable may say less
    more = {"value": None, "placeholder": "provider's default"} if name == "temperature" else {}
    st.number_input(
        field.label,
        min_value=bounds.type(least),
        max_value=bounds.type(bounds.most),
        step=bounds.type(field.step),
        format="%g" if bounds.type is float else "%d",
        **more,
        **common,
    )


def _range(name: str) -> str:
    return f" · {BOUNDS[name].least:,g} to {BOUNDS[name].most:,.0f}" if name in BOUNDS else ""


def _in_use(app: App, name: str) -> Any:
    return getattr(app.settings if name in LIMITS else defaults(app.preferences.now()), name)


def _source(app: App, name: str) -> str:
    if name in app.preferences.now():
        return PAGE
    variable = VARIABLES.get(name, "")
    where = app.settings.sources.get(variable)
    return f"{variable} in {where}" if where else "default"


def _save(app: App) -> None:
    typed = {name: st.session_state[f"default {name}"] for name in (*PARAMETERS, *LIMITS)}
    saved.keep(app, PLACE, {name: value for name, value in typed.items() if value != _in_use(app, name)})


def _back(app: App, name: str) -> None:
    if saved.keep(app, PLACE, {name: None}):
        st.session_state.pop(f"default {name}", None)
