"""How two answers of a comparison differ, word by word."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from llm_backends.judging.diff import Diff, diff
from pages._compare.views import Card
from pages._shared.format import plain

_TAGS = {"both": "span", "first": "del", "second": "ins"}


def draw(cards: Sequence[Card]) -> None:
    """Folded until it is asked for; not there for fewer than two answers."""
    answers = {card.name: card.answer for card in cards if card.answer}
    if len(answers) < 2:
        return
    with st.expander(
        "Difference between two answers", icon=":material/difference:", key="difference", on_change="rerun"
    ) as folder:
        if folder.open:
            _two(answers)


def _two(answers: dict[str, str]) -> None:
    names = list(answers)
    with st.container(horizontal=True, gap="medium"):
        first = st.selectbox("From", names, key="difference_from", width=320)
        second = st.selectbox("To", [name for name in names if name != first], key="difference_to", width=320)
    try:
        found = diff(answers[first], answers[second])
    except ValueError as exc:
        st.info(f"They can't be held against each other word by word: one is {exc}.", icon=":material/straighten:")
        return
    st.markdown(_shared(found), help="Twice the words that both have, in order, over all words of both.")
    st.html(
        f'<div class="difference"><p><del>only in {escape(first)}</del> <ins>only in {escape(second)}</ins></p>'
        f"<div>{_html(found)}</div></div>"
    )


def _shared(found: Diff) -> str:
    if found.shared is None:
        return "Neither has a word."
    if found.shared == 1:
        same = all(part.of == "both" for part in found.parts)
        return "They are the same." if same else "They share all words; only signs and spaces differ."
    return plain(f"They share {found.shared:.0%} of their words.")


def _html(found: Diff) -> str:
    """The parts in order, as text: nothing of an answer is taken for HTML."""
    return "".join(f"<{_TAGS[part.of]}>{escape(part.text)}</{_TAGS[part.of]}>" for part in found.parts)
