"""What is done with the table of own prices: filling it, reading what differs from what is kept, saving, undoing."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from llm_backends.facts import PriceFault
from llm_backends.sentences import sentence
from llm_backends.settings.prices import kept
from llm_backends.settings.prices.kept import PAGE, PRICE
from llm_backends.settings.prices.prices import PriceRow
from llm_backends.settings.prices.reading import COLUMNS, cells, row
from pages._settings import saved
from pages._shared.session import App

PLACE = "prices"
Record = dict[str, Any]
"""A row by COLUMNS: a date, two texts and numbers; None where a cell is empty."""
Kept = Mapping[str, Any]


def in_use(app: App) -> dict[str, Any]:
    """The preferences that are own prices."""
    return {name: value for name, value in app.preferences.now().items() if name.startswith(PRICE)}


def record(found: PriceRow) -> Record:
    """The row as the table shows it."""
    told = cells(found)
    numbers = {name: float(told[name]) if told[name] else None for name in COLUMNS[3:]}
    return {"from": found.since, "model": found.model, "route": told["route"]} | numbers


def start(app: App) -> list[Record]:
    """What the table begins with: what is kept, or the edits that it had when the page was left.

    An edit of another browser session is taken in where there are none here.
    """
    state, now = st.session_state, in_use(app)
    version = state.setdefault("price_version", 0)
    if "price_draft" not in state or (not edits(state.price_draft) and now != state.price_base):
        state.price_base = now
        rows = sorted((kept.row(name, value) for name, value in now.items()), key=_order)
        state.price_start = state.price_draft = [record(one) for one in rows]
        state.price_version = version + 1
    elif key() not in state:
        state.price_start = state.price_draft
        state.price_version = version + 1
    return state.price_start


def key() -> str:
    """The editor's: another one whenever it is filled anew."""
    return f"prices {st.session_state.price_version}"


def edits(draft: Sequence[Record]) -> bool:
    """Whether the table says something else than what was kept when it was filled."""
    faults, changed = read(draft)
    return bool(faults or changed)


def read(draft: Sequence[Record]) -> tuple[list[PriceFault], dict[str, Any]]:
    """What is wrong with the table, row by row, and how the preferences have to change; None takes one back."""
    faults: list[PriceFault] = []
    found: dict[str, Any] = {}
    places: dict[str, int] = {}
    for number, one in enumerate(draft, 1):
        if any(value is not None and value != "" for name, value in one.items() if name not in ("from", "route")):
            where = f"Row {number} ({one['model'][:80]})" if one.get("model") else f"Row {number}"
            typed = row({name: _text(one.get(name)) for name in COLUMNS}, PAGE, where)
            name, value = ("", {}) if typed.fault else kept.preference(typed)
            if typed.fault or name in places:
                faults.append(typed.fault or PriceFault(where, "twice", other=places[name]))
            else:
                places[name], found[name] = number, value
    before = st.session_state.price_base
    gone = {name: None for name in before if name not in found}
    return faults, gone | {name: value for name, value in found.items() if before.get(name) != value}


def ask_to_save() -> None:
    """The button's part: what is in the table is known once it is drawn, with an edit that came with the click."""
    st.session_state.price_save = True


def asked_to_save() -> bool:
    """Whether the button was clicked, once."""
    return st.session_state.pop("price_save", False)


def save(app: App, draft: Sequence[Record]) -> None:
    """Write what has changed. One row that cannot be used keeps all from being written."""
    state = st.session_state
    faults, changed = read(draft)
    if faults:
        saved.tell(PLACE, f"Nothing was saved. {' '.join(map(sentence, faults))}", failed=True)
    elif saved.keep(app, PLACE, changed):
        state.price_undo = {name: state.price_base.get(name) for name in changed}
        forget()


def undo(app: App) -> None:
    """Put back what the last save has changed or taken away."""
    if saved.keep(app, PLACE, st.session_state.price_undo):
        del st.session_state.price_undo
        forget()


def forget() -> None:
    """Let the edits go: the table is filled anew."""
    st.session_state.pop("price_draft", None)


def _order(found: PriceRow) -> tuple[bool, date, str]:
    return found.since is None, found.since or date.min, found.model


def _text(value: Any) -> str:
    return "" if value is None else str(value)
