"""The turns in view: what was asked, the answer as it grows, its numbers, and the ways on from there."""

from dataclasses import replace
from functools import partial

import streamlit as st

from llm_backends.runs.history import history, of_chat
from pages._chat import asking, shown
from pages._chat.shown import Shown, Turn
from pages._compare import grid
from pages._compare.live import component
from pages._compare.live.feed import Feed
from pages._compare.views import View
from pages._shared import scroll, session
from pages._shared.format import plain
from pages._shared.markdown import safe_markdown
from pages._shared.parts import part
from pages._shared.session import App

AT_FIRST, MORE = 10, 30
MOST_CHARS = 20_000
"""Of a message that is shown; all of it was sent, and is in the log."""


def draw(app: App, seen: Shown) -> None:
    """The last turns of the branch in view, and the earlier ones when asked for."""
    state = st.session_state
    many = state.get("chat_many", AT_FIRST) if state.get("chat_many_of") == seen.conversation.id else AT_FIRST
    hidden = max(0, len(seen.path) - many)
    if hidden:
        st.button(
            f"Show {min(MORE, hidden)} of {hidden:,} earlier turns",
            key="chat_earlier",
            icon=":material/expand_less:",
            on_click=lambda: state.update(chat_many=many + MORE, chat_many_of=seen.conversation.id),
        )
    for at, turn in enumerate(seen.path[hidden:], hidden):
        _turn(app, seen, turn, len(seen.path) - 1 - at)
    if seen.live and seen.leaf:
        view = seen.leaf.view
        part(_texts, 0.15)(view, component.feed_of(view.id, 1))
    if seen.leaf and state.pop("chat_begun", None) == seen.leaf.id:
        scroll.into_view(".st-key-of_user_0", block="center")


def _turn(app: App, seen: Shown, turn: Turn, number: int) -> None:
    """`number` counts from the last turn, 0: no two have the same, and the one that grows is where it is looked for."""
    live = turn.view.live
    with st.chat_message("user"):
        text = turn.logged.prompt
        st.markdown(safe_markdown(text[:MOST_CHARS]), anchors=False)
        if len(text) > MOST_CHARS:
            st.caption(f"The first {MOST_CHARS:,} of {len(text):,} characters.")
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"of_user_{number}"):
            _siblings(seen, turn, number)
            if not seen.live:
                _edit(app, turn, number)
    with st.chat_message("assistant"):
        part(_answer, 0.5 if live else None)(turn.view, number)
        if turn.view.missing and not live:
            st.caption(":material/power_off: It never ended: LLMSelect was closed meanwhile.")
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"of_answer_{number}"):
            if not seen.live:
                st.button(
                    "Ask again",
                    key=f"again_{number}",
                    icon=":material/refresh:",
                    type="tertiary",
                    on_click=asking.send,
                    args=(app, turn.logged.prompt, turn.logged.parent_id),
                    help="Put the same message to the model that is chosen now. This answer stays, as another branch.",
                )
            _left_out(seen, turn)
        if turn is seen.leaf and not live:
            _outgrown(app, seen, turn)


def _outgrown(app: App, seen: Shown, turn: Turn) -> None:
    """After a refusal that may be for the length of the conversation: the same message again, told less of it."""
    result = next((card.result for card in turn.view.cards()), None)
    before = len(seen.path) - 1
    left_out = turn.view.plan.leave_out
    fewer = left_out + (before - left_out + 1) // 2
    if result is None or result.error_type != "RequestRejected" or fewer == left_out:
        return

    def again() -> None:
        st.session_state.chat_leave_out = fewer
        asking.send(app, turn.logged.prompt, turn.logged.parent_id)

    st.button(
        f"Ask again without the {fewer:,} oldest of {before:,} turns",
        key="chat_shorten",
        icon=":material/content_cut:",
        on_click=again,
        help="If it was refused for its length: the model is told of the later turns only. All of them stay here.",
    )


def _answer(view: View, number: int) -> None:
    """The answer with its state and numbers."""
    for card in view.cards():
        scale_ms = (card.result and card.result.total_ms) or 1.0
        grid.one(replace(card, slot=number), view.live, scale_ms)


def _texts(view: View, feed: Feed) -> None:
    session.watch(view.run)
    component.fill(feed, [card.answer for card in view.cards()])
    if view.run.finished:
        st.rerun()


def _siblings(seen: Shown, turn: Turn, number: int) -> None:
    """Which of several branches this is, and the way to its neighbours."""
    if len(turn.siblings) < 2:
        return
    place = turn.place
    for label, to, icon in (("Earlier", place - 1, "chevron_left"), ("Later", place + 1, "chevron_right")):
        inside = 0 <= to < len(turn.siblings)
        st.button(
            "",
            key=f"{icon}_{number}",
            icon=f":material/{icon}:",
            type="tertiary",
            disabled=not inside,
            on_click=partial(_go, seen, turn.siblings[to].id) if inside else None,
            help=f"{label} branch: the same place in the conversation, asked or answered otherwise.",
        )
        if icon == "chevron_left":
            st.caption(f"{place + 1} of {len(turn.siblings)}", width="content")


def _go(seen: Shown, turn: str) -> None:
    shown.look_at(seen.conversation.id, shown.newest(seen.turns, turn))


def _edit(app: App, turn: Turn, number: int) -> None:
    with st.popover("Edit", type="tertiary", icon=":material/edit:", key=f"edit_{number}", on_change="rerun") as form:
        if form.open:
            with st.form(f"editing_{number}", border=False):
                st.text_area("Ask this instead", turn.logged.prompt, key=f"edited {turn.id}", height=160)
                st.form_submit_button(
                    "Ask",
                    key=f"branch_{number}",
                    type="primary",
                    on_click=lambda: asking.send(app, st.session_state[f"edited {turn.id}"], turn.logged.parent_id),
                    help="A new branch from here. What was asked and answered before stays.",
                )


def _left_out(seen: Shown, turn: Turn) -> None:
    """How much of the conversation the model was not told."""
    before = [one.logged for one in seen.path[: seen.path.index(turn)]]
    told = history(before, of_chat, turn.view.plan.leave_out)
    notes = []
    if turn.view.plan.leave_out:
        notes.append(f"without the {turn.view.plan.leave_out:,} oldest turns")
    if told.unanswered:
        notes.append(f"without {told.unanswered:,} that had no answer")
    if notes:
        st.caption(plain(f"Asked {' and '.join(notes)}."), width="content")
