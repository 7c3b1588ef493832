"""The conversations there are: found, opened, named, deleted."""

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.store.conversations import deleting, kept
from pages._chat import shown
from pages._chat.shown import Shown
from pages._shared.format import moment, plain, start_of
from pages._shared.session import App

PAGE = "pages/chat.py"
AT_ONCE = 15
MOST_TITLE = 200


def draw(app: App, seen: Shown | None) -> None:
    """One line: all conversations, a new one, and what can be done with the one in view."""
    with st.container(horizontal=True, vertical_alignment="center", key="chat_bar"):
        with st.popover("Conversations", icon=":material/forum:", key="chat_list", on_change="rerun") as folder:
            if folder.open:
                _list(app)
        st.button(
            "New conversation",
            key="chat_new",
            icon=":material/add_comment:",
            on_click=shown.forget,
            disabled=seen is None,
            help="This is a new one: write the first message below." if seen is None else None,
        )
        if seen:
            _rename(app, seen)
            _delete(app, seen)


def _list(app: App) -> None:
    search = st.text_input("Search in titles and messages", key="chat_search", icon=":material/search:", max_chars=200)
    many = st.session_state.get("chat_listed", AT_ONCE)
    with app.log.database.reading() as connection:
        found = kept.recent(connection, many + 1, None, search.strip() or None, None)
    for one in found[:many]:
        title = plain(start_of(one.title, 70)) or "Untitled"
        st.page_link(
            PAGE,
            label=f"**{title}** {plain(f'{moment(one.updated_at)} · {_turns(one.turns)}')}",
            query_params={"conversation": one.id},
            width="stretch",
        )
    if len(found) > many:
        more = {"chat_listed": many + AT_ONCE}
        st.button("Show more", key="chat_list_more", on_click=st.session_state.update, args=(more,))
    if not found:
        st.caption("No conversation has these words." if search.strip() else "There are none yet.")
    st.page_link("pages/history.py", label="Search in answers, too: History", icon=":material/history:")


def _turns(many: int) -> str:
    return f"{many:,} {'turn' if many == 1 else 'turns'}"


def _rename(app: App, seen: Shown) -> None:
    id = seen.conversation.id
    with st.popover("Rename", icon=":material/edit:", key="chat_rename", on_change="rerun") as form:
        if form.open:
            st.text_input("Name", seen.conversation.title, key=f"title {id}", max_chars=MOST_TITLE)
            st.button("Keep this name", key="chat_keep_name", type="primary", on_click=_keep_name, args=(app, id))


def _keep_name(app: App, id: str) -> None:
    title = " ".join(st.session_state[f"title {id}"].split())
    if not title:
        st.session_state.chat_refused = "A conversation needs a name."
        return
    try:
        with app.log.database.writing() as connection:
            kept.rename(connection, id, title)
    except ConfigError as exc:
        st.session_state.chat_refused = f"The name is not kept. {exc}"


def _delete(app: App, seen: Shown) -> None:
    with st.popover("Delete", icon=":material/delete:", key="chat_delete", on_change="rerun") as form:
        if form.open:
            st.markdown(
                f"All {_turns(len(seen.turns))} of this conversation go, with every branch. Their calls leave the "
                "statistics too: Insights counts them no more, and what they cost is no longer in its sums."
            )
            st.button(
                "Delete for good",
                key="chat_delete_now",
                type="primary",
                disabled=seen.live,
                on_click=_delete_now,
                args=(app, seen.conversation.id),
                help="Stop the answer under way first." if seen.live else None,
            )


def _delete_now(app: App, id: str) -> None:
    try:
        app.log.flush(3.0)
        with app.log.database.writing() as connection:
            deleting.conversation(connection, id)
    except ConfigError as exc:
        st.session_state.chat_refused = f"It is not deleted. {exc}"
    else:
        shown.forget()
