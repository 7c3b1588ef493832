"""What one cell of the matrix holds: the prompt, the answers, what each check found, and how the time went."""

from collections.abc import Sequence

import streamlit as st

from llm_backends.checks.sentences import of_result
from llm_backends.results import matrix
from llm_backends.results.columns import Columns
from llm_backends.results.summary import labels
from llm_backends.store.results import texts
from llm_backends.store.results.texts import OpenedCall
from pages._prompt_sets.checks import NAMES
from pages._shared.format import plain
from pages._shared.markdown import safe_markdown
from pages._shared.measures import brief
from pages._shared.session import App
from pages._shared.waterfall import bar

MOST_CHARS = 20_000
"""Of a text that is shown; the exports hold all of it."""


def draw(app: App, columns: Columns, number: int, slot: int | None) -> None:
    """Open the calls of a prompt, of one slot or of all, until it is dismissed."""
    id = columns.experiment.id

    def close() -> None:
        st.session_state.pop(f"cell {id}", None)

    st.dialog(f"Prompt {number:,}", width="large", on_dismiss=close)(_inside)(app, columns, number, slot)


def _inside(app: App, columns: Columns, number: int, slot: int | None) -> None:
    calls = matrix.opened(columns, app.log.database, number, slot)
    with app.log.database.reading() as connection:
        row = texts.rows(connection, columns.experiment.prompt_set_id, [number]).get(number)
    if row is None:
        st.caption("The prompt is no longer kept.")
    else:
        if row.tags:
            st.markdown(" ".join(f":gray-badge[{plain(tag)}]" for tag in row.tags))
        _text(row.prompt)
        if row.expected:
            st.caption("Expected")
            _text(row.expected)
    if not calls:
        st.info("No call of it has ended yet.", icon=":material/hourglass_top:")
    scale_ms = max((call.call.result.total_ms or 0.0 for call in calls), default=0.0) or 1.0
    names, several = labels(columns), columns.plan.repeats > 1
    for place, call in enumerate(calls):
        _call(columns, call, names, several, scale_ms, place)


def _call(
    columns: Columns, opened: OpenedCall, names: Sequence[str], several: bool, scale_ms: float, place: int
) -> None:
    result = opened.call.result
    repeat = f" · repeat {(opened.call.place.repeat or 0) + 1}" if several and opened.call.place else ""
    with st.container(border=True, key=f"opened_{place}"):
        st.markdown(f"**{plain(names[opened.call.slot])}**{repeat} {_badge(columns, opened)}")
        if result.answer:
            st.markdown(safe_markdown(result.answer[:MOST_CHARS]), anchors=False)
            _cut(result.answer)
        elif result.status == "ok":
            st.caption("The model finished without any text.")
        if result.status != "ok":
            st.error(plain(result.error_message or "No message was recorded."), icon=":material/error:")
        if opened.judged:
            st.markdown("  \n".join(_found(columns, opened)))
        st.html(brief(result) + (bar(result, scale_ms) if result.total_ms else ""))


def _badge(columns: Columns, opened: OpenedCall) -> str:
    if opened.call.result.status != "ok":
        return ":red-badge[:material/close: error]"
    if not columns.checked:
        return ":green-badge[:material/check: done]"
    if opened.judged is None:
        return ":gray-badge[not judged yet]"
    return {
        True: ":green-badge[:material/check: pass]",
        False: ":red-badge[:material/close: fail]",
        None: ":gray-badge[:material/question_mark: open]",
    }[opened.judged.passed]


def _found(columns: Columns, opened: OpenedCall) -> list[str]:
    icons = {True: ":green[:material/check:]", False: ":red[:material/close:]", None: ":material/question_mark:"}
    checks = columns.experiment.plan.get("checks") or ()
    found = opened.judged.found if opened.judged else ()
    return [
        f"{icons[one.passed]} {NAMES.get(check['check'], '')}: {plain(of_result(one))}"
        for check, one in zip(checks, found, strict=False)
    ]


def _text(text: str) -> None:
    """A text exactly as it is."""
    st.code(text[:MOST_CHARS], language=None, wrap_lines=True)
    _cut(text)


def _cut(text: str) -> None:
    if len(text) > MOST_CHARS:
        st.caption(f"{MOST_CHARS:,} of {len(text):,} characters; the exports hold all of them.")
