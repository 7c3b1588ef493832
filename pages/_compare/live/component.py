"""The places on the cards where answers grow, and the component that fills them all."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from pages._compare.live.feed import Feed

HERE = Path(__file__).parent
_fill = st.components.v2.component(
    "llmselect_live",
    css=(HERE / "live.css").read_text(encoding="utf-8"),
    js=(HERE / "live.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def place(slot: int) -> None:
    """Where the answer of this slot grows. Markdown, so that Streamlit's theme dresses what the component puts in."""
    st.container(key=f"growing_{slot}").markdown("")


def fill(feed: Feed, answers: Sequence[str]) -> None:
    """Send what is new."""
    _fill(key="live", data=feed.message(answers), on_missed_change=feed.start_over)


def feed_of(run_id: str, slots: int, *, together: bool = False) -> Feed:
    """This session's feed of the run; its next message says everything, since the page is being drawn anew."""
    feed = st.session_state.get("feed")
    if feed is None or feed.run_id != run_id:
        feed = st.session_state.feed = Feed(run_id, slots, together=together)
    feed.start_over()
    return feed
