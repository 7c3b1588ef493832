"""Chat: one model, turn by turn, with the same numbers under every answer as in a comparison."""

import streamlit as st

from llm_backends.errors import ConfigError
from pages._chat import asking, conversations, shown, turns
from pages._chat.shown import Shown
from pages._shared import announce, session, warm
from pages._shared.format import plain
from pages._shared.session import App


def page(app: App) -> None:
    """The whole page. Raises ConfigError where the log can't be read."""
    seen = shown.of_address(app)
    asking.start_from(app, seen)
    conversations.draw(app, seen)
    if seen:
        st.subheader(plain(seen.conversation.title), anchor=False)
    asking.draw(app, seen)
    if refused := st.session_state.get("chat_refused"):
        st.error(plain(refused), icon=":material/edit_note:")
        if unsent := st.session_state.get("chat_unsent"):
            st.code(unsent[:2000], language=None, wrap_lines=True)
    if seen:
        turns.draw(app, seen)
        stopping(seen)
        spoken(seen)
    else:
        st.caption("The conversation will stand here, each answer with its times, tokens and cost.")
    parent = seen.leaf.id if seen and seen.leaf else None
    live = seen is not None and seen.live
    st.chat_input(
        "The next message can be sent when this answer has ended." if live else "Message",
        key="chat_message",
        disabled=live,
        on_submit=lambda: asking.send(app, st.session_state.chat_message, parent),
    )


def stopping(seen: Shown) -> None:
    """Stop, while there is an answer to stop."""
    run = seen.leaf.view.run if seen.leaf else None
    if seen.live and run:
        st.button(
            "Stop",
            key="stop_chat",
            icon=":material/stop:",
            shortcut="Esc",
            on_click=run.race.stop,
            help="What has arrived is kept, and the conversation goes on from it.",
        )


def spoken(seen: Shown) -> None:
    """For a screen reader: that the answer has ended, if this session saw it coming."""
    state, leaf = st.session_state, seen.leaf
    if leaf is None:
        return
    if seen.live:
        state.chat_running = leaf.id
        announce.once(f"{leaf.id} runs", "Asked. Escape stops the answer.")
    elif state.get("chat_running") == leaf.id:
        result = next((card.result for card in leaf.view.cards()), None)
        how = {"ok": "is done", "stopped": "was stopped", "error": "failed"}[result.status] if result else "never ended"
        announce.once(f"{leaf.id} done", f"The answer {how}.")


app = session.app()
st.title("Chat", anchor=False)
try:
    page(app)
except ConfigError as exc:
    st.error(plain(exc), icon=":material/database_off:")
warm.models(app, [ref for ref in [asking.model()] if ref], session.route())
