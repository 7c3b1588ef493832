"""The editor of checks: what each answer is held against."""

import itertools
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields

import streamlit as st

from llm_backends.checks.checks import KINDS, from_json, to_json
from llm_backends.checks.criteria import Check, CheckFault
from llm_backends.checks.sentences import of_check
from pages._shared.format import plain

NAMES = {
    "equals": "Equals",
    "contains": "Contains",
    "regex": "Regular expression",
    "number": "Number",
    "json": "Valid JSON",
    "json schema": "JSON schema",
    "similarity": "Similar to",
    "length": "Longest length",
    "cost": "Most cost",
    "first token": "Slowest first token",
}
_LABELS = {
    "text": "Text",
    "expression": "Expression",
    "schema": "Schema",
    "number": "Number",
    "tolerance": "Tolerance",
    "least": "Least similarity, 0 to 1",
    "characters": "Characters at most",
    "usd": "USD at most",
    "ms": "Milliseconds at most",
    "ignore_case": "Ignore case",
    "as_json": "Compare as JSON",
}
_EXPECTED = "as expected"
_FIRST = {"characters": 500, "usd": 0.01, "ms": 1000.0}
_numbers = itertools.count()


def edit(name: str, suggested: Sequence[Check], of: str) -> tuple[Check, ...] | None:
    """Draw the editor `name`, filled anew with what is suggested where `of` is another; None while one is unusable."""
    state = st.session_state
    if state.get(f"{name} of") != of:
        state[f"{name} of"], state[f"{name} rows"] = of, [_row(name, check) for check in suggested]
    found = [_check(name, row) for row in state[f"{name} rows"]]
    st.button(
        "Add a check",
        icon=":material/add:",
        key=f"{name} add",
        on_click=lambda: state[f"{name} rows"].append(_row(name, KINDS["contains"]())),
        help="What an answer must be to pass. An answer passes where every check does.",
    )
    if not found:
        st.caption("No checks: answers are measured, and nothing is said of which are right.")
    checks = [check for check in found if check is not None]
    return tuple(checks) if len(checks) == len(found) else None


def _row(name: str, check: Check) -> str:
    """A row's key; its fields hold what the check has."""
    key = f"{name} {next(_numbers)}"
    kept = to_json(check)
    st.session_state[f"{key} kind"] = kept.pop("check")
    for field, value in kept.items():
        st.session_state[f"{key} {field}"] = value
    return key


def _check(name: str, row: str) -> Check | None:
    with st.container(border=True, key=f"check_{row.replace(' ', '_')}"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = st.selectbox(
                "Check",
                list(KINDS),
                key=f"{row} kind",
                format_func=NAMES.__getitem__,
                persist_state="session",
                width=200,
            )
            kind = KINDS[chosen]
            given = {field.name: _field(row, field) for field in fields(kind)}  # type: ignore[arg-type]
            st.button(
                "", icon=":material/delete:", key=f"{row} remove", on_click=_remove, args=(name, row), help="Remove it"
            )
        st.caption((kind.__doc__ or "").partition("\n")[0])
        check = from_json({"check": chosen} | given)
        if isinstance(check, CheckFault):
            st.error(plain(of_check(check)))
            return None
        return check


def _remove(name: str, row: str) -> None:
    st.session_state[f"{name} rows"] = [other for other in st.session_state[f"{name} rows"] if other != row]


def _field(row: str, field: Field) -> object:
    key, label, optional = f"{row} {field.name}", _LABELS[field.name], field.default is None
    if key not in st.session_state:
        st.session_state[key] = _FIRST[field.name] if field.default is MISSING else field.default
    if isinstance(field.default, bool):
        return st.checkbox(label, key=key, persist_state="session")
    if field.name in ("text", "expression", "schema"):
        return st.text_input(label, key=key, persist_state="session", placeholder=_EXPECTED, width=260) or None
    whole = field.name == "characters"
    value = st.number_input(
        label,
        key=key,
        min_value=None if optional else (0 if whole else 0.0),
        step=1 if whole else None,
        format="%d" if whole else "%g",
        placeholder=_EXPECTED if optional else None,
        persist_state="session",
        width=170,
    )
    return value
