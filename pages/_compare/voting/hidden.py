"""A blind comparison before the vote: which answers stand where, and how much of them may be seen."""

from dataclasses import dataclass

import streamlit as st

from llm_backends.clock import now_ms
from llm_backends.errors import ConfigError
from llm_backends.judging import blind
from llm_backends.runs.plan import Plan
from pages._compare.live import component
from pages._compare.views import View
from pages._shared.markdown import safe_markdown
from pages._shared.session import App

LETTERS = "ABCDEFGH"
HEIGHT = 300


@dataclass(frozen=True)
class Hidden:
    """One answer as it may be shown: nothing here, and nothing that is made of it, tells whose it is."""

    place: int
    slot: int
    answer: str

    @property
    def name(self) -> str:
        """What it is called until the names are shown."""
        return f"Answer {LETTERS[self.place]}"


def is_hidden(app: App, id: str, plan: Plan) -> bool:
    """Whether this comparison's names may not be shown yet. Where that can't be read they stay hidden."""
    if plan.blind is None:
        return False
    try:
        return not app.log.revealed(id)
    except ConfigError:
        return True


def answers(view: View) -> tuple[Hidden, ...]:
    """The answers at their places, each as far as it may be seen at this moment."""
    cards = {card.slot: card for card in view.cards()}
    texts = {slot: card.answer for slot, card in cards.items()}
    if view.live:
        elapsed_s = (now_ms() - view.run.began_ms) / 1000
        most = blind.even(list(texts.values()), [card.live for card in cards.values()], elapsed_s)
        texts = {slot: text[:most] for slot, text in texts.items()}
    order = blind.order(view.plan.blind or 0, len(view.plan.slots))
    return tuple(Hidden(place, slot, texts[slot]) for place, slot in enumerate(order) if slot in texts)


def draw(view: View, *, whole: bool) -> None:
    """The cards of the answers. All say the same of how far they are until all have ended."""
    shown, live = answers(view), view.live
    state = "live" if live else "whole" if whole else "capped"
    said = ":blue-badge[answering]" if live else ":gray-badge[ended]"
    with st.container(key=f"answers_{state}").container(key=f"grid_{len(shown)}"):
        for one in shown:
            with st.container(border=True, key=f"card_{one.place}"):
                with st.container(key=f"head_{one.place}"):
                    st.markdown(f"**{one.name}**  \n{said}")
                with st.container(key=f"answer_{one.place}", height=HEIGHT if live else "content", border=False):
                    _text(one, live)


def _text(one: Hidden, live: bool) -> None:
    if live:
        component.place(one.place)
    elif one.answer:
        st.markdown(safe_markdown(one.answer), anchors=False)
    else:
        st.caption("No text came. Why is shown with the names.")
