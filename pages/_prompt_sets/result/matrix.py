"""The matrix of prompts and slots: one page of it at a time; a cell opens its answers."""

from typing import Any

import streamlit as st

from llm_backends.results import matrix
from llm_backends.results.columns import Columns
from llm_backends.results.matrix import Cell, Page
from llm_backends.results.summary import brief_labels
from pages._prompt_sets.result import cell
from pages._shared.format import start_of
from pages._shared.session import App

SIZES = (25, 50, 100)
_ORDERS = {"number": "Number", "disagreement": "Disagreement first", "failures": "Failures first"}
_WHICH = {
    "all": "All prompts",
    "disagree": "Slots disagree",
    "failed": "Some call did not pass",
    "all failed": "No call passed",
}
_WORDS = {"passed": "✓ pass", "failed": "✗ fail", "open": "? open", "error": "! error", "waiting": "…"}
_COLOURS = {"passed": "#2b8a3e22", "failed": "#c92a2a2b", "error": "#e8590c33", "mixed": "#f0a33a33"}


def draw(app: App, columns: Columns) -> None:
    """The page that is asked for, and the cell that is open. Raises ConfigError where the log can't be read."""
    id = columns.experiment.id
    asked = _asked(app, columns)
    size, number = st.session_state.get("matrix_size", SIZES[0]), st.session_state.get(f"matrix page {id}", 1)
    found = matrix.page(columns, app.log.database, **asked, start=(number - 1) * size, limit=size)
    pages = max(1, -(-found.matching // size))
    if number > pages:
        st.session_state[f"matrix page {id}"] = number = pages
        found = matrix.page(columns, app.log.database, **asked, start=(number - 1) * size, limit=size)
    _table(columns, found)
    _turn(columns, found, pages)
    if (opened := st.session_state.get(f"cell {id}")) is not None:
        cell.draw(app, columns, *opened)


def _asked(app: App, columns: Columns) -> dict[str, Any]:
    id = columns.experiment.id
    known = _tags(columns.experiment.prompt_set_id, app)
    first = {"on_change": _first_page, "args": (id,), "persist_state": "session"}
    with st.container(horizontal=True, vertical_alignment="bottom", key="matrix_asked"):
        which = st.selectbox(
            "Show", list(_WHICH), key="matrix_which", format_func=_WHICH.__getitem__, width=210, **first
        )
        order = st.selectbox(
            "Sort by", list(_ORDERS), key="matrix_order", format_func=_ORDERS.__getitem__, width=210, **first
        )
        tag = None
        if known:
            tag = st.selectbox(
                "Tag",
                list(known),
                index=None,
                key=f"matrix tag {id}",
                placeholder="any",
                format_func=lambda name: f"{name} ({known[name]:,})",
                width=180,
                **first,
            )
        text = st.text_input(
            "Search", key=f"matrix text {id}", placeholder="in prompts", max_chars=200, width=200, **first
        )
    return {"which": which, "order": order, "tag": tag, "text": text.strip() or None}


@st.cache_data(show_spinner=False, max_entries=16)
def _tags(set_id: str, _app: App) -> dict[str, int]:
    from llm_backends.store.results import texts

    with _app.log.database.reading() as connection:
        return texts.tags(connection, set_id)


def _first_page(id: str) -> None:
    st.session_state[f"matrix page {id}"] = 1


def _table(columns: Columns, found: Page) -> None:
    import pandas as pd

    if not found.lines:
        st.info("No prompt is so. Show all of them to see the rest.", icon=":material/filter_alt_off:")
        return
    names = brief_labels(columns)
    slots = [f"slot {slot}" for slot in range(columns.slots)]
    rows = [
        {"number": line.number}
        | {slot: said(one) for slot, one in zip(slots, line.cells, strict=True)}
        | {"prompt": start_of(line.row.prompt, 120) if line.row else "(no longer kept)"}
        for line in found.lines
    ]
    colours = pd.DataFrame(
        [["", *map(_colour, line.cells), ""] for line in found.lines], columns=["number", *slots, "prompt"]
    )
    id = columns.experiment.id
    key = f"matrix {id} {st.session_state.get(f'matrix opened {id}', 0)}"
    st.dataframe(
        pd.DataFrame(rows).style.apply(lambda _: colours, axis=None),
        hide_index=True,
        height=min(36 * len(rows) + 38, 620),
        key=key,
        on_select=lambda: _open(key, columns, found),
        selection_mode="single-cell",
        column_config={
            "number": st.column_config.NumberColumn("#", width=50, format="%d"),
            "prompt": st.column_config.TextColumn("Prompt", width="large"),
        }
        | {slot: st.column_config.TextColumn(name, width=110) for slot, name in zip(slots, names, strict=True)},
        alt="Prompts and slots: whether each passed. Choose a cell to read its answers.",
    )


def said(one: Cell) -> str:
    """A cell in a word: "✓ pass", or "2 of 3 pass"."""
    made = one.passed + one.not_passed + one.open + one.errors
    if one.state == "mixed":
        return f"± {one.passed} of {made} pass"
    return _WORDS[one.state] + (f" ({made})" if made > 1 else "")


def _colour(one: Cell) -> str:
    colour = _COLOURS.get(one.state)
    return f"background-color: {colour}" if colour else ""


def _open(key: str, columns: Columns, found: Page) -> None:
    """Open what was chosen. The table is drawn anew with nothing chosen, so that the same cell can be chosen again."""
    cells = st.session_state[key]["selection"]["cells"]
    if not cells:
        return
    row, name = cells[0]
    if row >= len(found.lines):
        return
    id = columns.experiment.id
    slot = int(name.removeprefix("slot ")) if name.startswith("slot ") else None
    st.session_state[f"cell {id}"] = (found.lines[row].number, slot)
    st.session_state[f"matrix opened {id}"] = st.session_state.get(f"matrix opened {id}", 0) + 1


def _turn(columns: Columns, found: Page, pages: int) -> None:
    """Which part this is, and the way to the others."""
    last = found.start + len(found.lines)
    of = f"{found.matching:,}" if found.matching == found.prompts else f"{found.matching:,} of {found.prompts:,}"
    with st.container(horizontal=True, vertical_alignment="center", key="matrix_turn"):
        if found.lines:
            st.caption(
                f"Prompts {found.start + 1:,} to {last:,} of {of}. A cell opens its answer, a prompt all of them."
            )
        if pages > 1:
            st.number_input(
                f"Page, of {pages:,}",
                1,
                pages,
                key=f"matrix page {columns.experiment.id}",
                width=140,
                persist_state="session",
            )
        if found.prompts > SIZES[0]:
            st.selectbox("Prompts a page", SIZES, key="matrix_size", width=140, persist_state="session")
