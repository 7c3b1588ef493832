"""One card: a model, what state its answer is in, the answer as it grows, and its numbers once it is there."""

from collections.abc import Callable

import streamlit as st

from pages._compare.live import component
from pages._compare.views import Card
from pages._inputs import remedies
from pages._shared import session
from pages._shared.format import plain
from pages._shared.markdown import live_tail, safe_markdown
from pages._shared.measures import FOOTNOTES, brief, footnotes, measures
from pages._shared.waterfall import bar

LIVE_HEIGHT = 300
# How much of the end of growing thoughts is sent and drawn, twice a second.
LIVE_CHARS = 4000
_RAW = "The answer exactly as it was received."

# What went wrong, in the words of somebody who doesn't know our class names.
FAULTS = {
    "ConfigError": "Not configured",
    "AuthError": "Key refused",
    "RateLimited": "Too many requests",
    "RequestRejected": "Request rejected",
    "ContentFiltered": "Blocked by the safety filter",
    "ProviderDown": "Provider failed",
    "Truncated": "Answer cut off",
    "TimedOut": "Timed out",
}


def draw(cards: tuple[Card, ...], *, live: bool, whole: bool, stop: Callable[[int], None] | None = None) -> None:
    """All cards. While any answer is `live` they keep one height; later answers are shown whole, or up to a screen."""
    ended = [card.result.total_ms for card in cards if card.result and card.result.total_ms]
    scale_ms = max(ended, default=1.0)
    state = "live" if live else "whole" if whole else "capped"
    with st.container(key=f"answers_{state}").container(key=f"grid_{len(cards)}"):
        for card in cards:
            with st.container(border=True, key=f"card_{card.slot}"):
                one(card, live, scale_ms, stop)


def one(card: Card, live: bool, scale_ms: float, stop: Callable[[int], None] | None = None) -> None:
    """What is on a card; its bar is as long as its time is of `scale_ms`."""
    _header(card, stop)
    _answer(card, live)
    _outcome(card)
    _numbers(card, live, scale_ms)


def _header(card: Card, stop: Callable[[int], None] | None) -> None:
    with st.container(horizontal=True, gap="small", key=f"head_{card.slot}"):
        st.markdown(f"**{plain(card.target.model or 'no model')}**{_again(card)}  \n{_state(card)} {_chips(card)}")
        if stop:
            st.button(
                "Stop",
                key=f"stop_{card.slot}",
                icon=":material/stop:",
                disabled=not card.live,
                on_click=stop,
                args=(card.slot,),
            )
        elif not card.live and (card.answer or card.reasoning):
            _raw(card)


def _again(card: Card) -> str:
    mark = card.name.partition(" #")[2]
    return f" :gray[\\#{plain(mark)}]" if mark else ""


def _chips(card: Card) -> str:
    return " ".join(f":gray-badge[{plain(chip)}]" for chip in card.chips)


def _state(card: Card) -> str:
    if card.result:
        color, icon, said = {
            "ok": ("green", "check", "done"),
            "stopped": ("orange", "stop", "stopped"),
            "error": ("red", "close", "failed"),
        }[card.result.status]
        return f":{color}-badge[:material/{icon}: {said}]"
    if card.state == "preparing":
        return f":gray-badge[{'loading the model' if card.target.route == 'local' else 'preparing'}…]"
    if card.state == "waiting":
        return ":gray-badge[waiting]"
    if card.state == "ready":
        return ":gray-badge[ready, waiting for the others]"
    if card.state == "waiting to try again":
        return f":orange[:material/replay: {plain(card.again)}]"
    doing = "streaming" if card.answer else "reasoning" if card.reasoning else "waiting for the first token"
    again = f" :orange-badge[{plain(card.again)}]" if card.again else ""
    return f":blue-badge[{doing} {(card.elapsed_ms or 0) // 1000:.0f} s]{again}"


def _answer(card: Card, live: bool) -> None:
    if card.reasoning:
        reasoning = st.expander("Reasoning", type="compact", key=f"reasoning_{card.slot}", on_change="rerun")
        if reasoning.open:
            text = live_tail(card.reasoning, LIVE_CHARS) if card.live else card.reasoning
            reasoning.markdown(safe_markdown(text), anchors=False)
    height = LIVE_HEIGHT if live else "content"
    with st.container(key=f"answer_{card.slot}", height=height, border=False):
        if card.live:
            component.place(card.slot)
        elif card.answer:
            st.markdown(safe_markdown(card.answer), anchors=False)
        elif card.result and card.result.status == "ok":
            st.caption("The model finished without any text.")


def _outcome(card: Card) -> None:
    """What went wrong and what to do about it, and that the text above is not whole."""
    result = card.result
    if result is None or result.status == "ok":
        return
    kept = f"Cut off: the answer above is incomplete, {len(card.answer):,} characters arrived." if card.answer else ""
    if result.status == "stopped":
        st.caption(f":material/content_cut: {kept or 'Stopped before any text arrived.'}")
        return
    if kept:
        st.caption(f":material/content_cut: {kept}")
    title = FAULTS.get(result.error_type or "", "LLMSelect failed")
    st.error(plain(result.error_message or "No message was recorded."), title=title, icon=":material/error:")
    if result.error_type == "ConfigError":
        _remedy(card)


def _remedy(card: Card) -> None:
    """A link to where the model gets what it lacks, unless it has got it meanwhile."""
    entry = session.app().catalog.entry(card.target.ref, "azure" if card.target.route == "azure" else "direct")
    if where := remedies.remedy(entry):
        st.page_link("pages/settings.py", label="Set it up", icon=":material/arrow_forward:", query_params=where)


def _numbers(card: Card, live: bool, scale_ms: float) -> None:
    result = card.result
    with st.container(key=f"metrics_{card.slot}"):
        if live or result is None:
            st.html(brief(result) + (bar(result, scale_ms) if result and result.total_ms else ""))
            return
        for measure in measures(result):
            st.metric(measure.label, measure.value, help=measure.help)
    if result.total_ms:
        st.html(bar(result, scale_ms))
    if notes := footnotes(result):
        st.caption(plain(" · ".join(notes)), help=FOOTNOTES)


def _raw(card: Card) -> None:
    raw = st.popover("Raw", type="tertiary", icon=":material/content_copy:", key=f"raw_{card.slot}", on_change="rerun")
    if raw.open:
        raw.caption(f"{_RAW} The button in the corner copies it.")
        raw.code(card.answer, language=None, wrap_lines=True, height=320)
