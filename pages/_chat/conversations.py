"""The conversations there are: found, opened, named, deleted."""

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.store.conversations import deleting, kept
from pages._chat import shown
from pages._chat.shown import Shown
from pages._shared.format import moment, plain, start_of
from pages._shared.session import App

AT_ONCE = 15
MOST_TITLE = 200


def draw(app: App, seen: Shown | None) -> None:
    """One line: all conversations, a new one, and what can be done with the one in view.

    Each opens a dialog: what hangs on a button would leave the window as the page follows the answer down.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="chat_bar"):
        _opens("Conversations", "forum", None)
        st.button(
            "New conversation",
            key="chat_new",
            icon=":material/add_comment:",
            on_click=shown.forget,
            disabled=seen is None,
            help="This is a new one: write the first message below." if seen is None else None,
        )
        if seen:
            _opens("Rename", "edit", None)
            _opens("Delete", "delete", "Stop the answer under way first." if seen.live else None)
    asked = st.session_state.get("chat_dialog")
    if asked == "Conversations":
        st.dialog("Conversations", width="large", on_dismiss=_close)(_list)(app)
    elif seen and asked == "Rename":
        st.dialog("Rename the conversation", on_dismiss=_close)(_rename)(app, seen)
    elif seen and asked == "Delete":
        st.dialog("Delete the conversation", on_dismiss=_close)(_delete)(app, seen)


def _opens(name: str, icon: str, why_not: str | None) -> None:
    st.button(
        name,
        key=f"chat_{name.lower()}",
        icon=f":material/{icon}:",
        on_click=lambda: st.session_state.update(chat_dialog=name),
        disabled=why_not is not None,
        help=why_not,
    )


def _close() -> None:
    st.session_state.pop("chat_dialog", None)


def _list(app: App) -> None:
    search = st.text_input("Search in titles and messages", key="chat_search", icon=":material/search:", max_chars=200)
    many = st.session_state.get("chat_listed", AT_ONCE)
    with app.log.database.reading() as connection:
        found = kept.recent(connection, many + 1, None, search.strip() or None, None)
    for one in found[:many]:
        title = plain(start_of(one.title, 70)) or "Untitled"
        told = f"**{title}** {plain(f'{moment(one.updated_at)} · {_turns(one.turns)}')}"
        if st.button(told, key=f"open {one.id}", type="tertiary"):
            _open(one.id)
            st.rerun()
    if len(found) > many:
        more = {"chat_listed": many + AT_ONCE}
        st.button("Show more", key="chat_list_more", on_click=st.session_state.update, args=(more,))
    if not found:
        st.caption("No conversation has these words." if search.strip() else "There are none yet.")
    st.caption("History searches in answers, too.")


def _open(id: str) -> None:
    _close()
    shown.look_at(id, None)


def _turns(many: int) -> str:
    return f"{many:,} {'turn' if many == 1 else 'turns'}"


def _rename(app: App, seen: Shown) -> None:
    id = seen.conversation.id
    with st.form("chat_naming", border=False):
        st.text_input("Name", seen.conversation.title, key=f"title {id}", max_chars=MOST_TITLE)
        if st.form_submit_button("Keep this name", type="primary"):
            _keep_name(app, id)
            st.rerun()  # the whole page: a click in a dialog draws the dialog alone


def _keep_name(app: App, id: str) -> None:
    _close()
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
    st.markdown(
        f"All {_turns(len(seen.turns))} of this conversation go, with every branch. Their calls leave the statistics "
        "too: Insights counts them no more, and what they cost is no longer in its sums."
    )
    if st.button("Delete for good", key="chat_delete_now", type="primary"):
        _delete_now(app, seen.conversation.id)
        st.rerun()


def _delete_now(app: App, id: str) -> None:
    _close()
    try:
        app.log.flush(3.0)
        with app.log.database.writing() as connection:
            deleting.conversation(connection, id)
    except ConfigError as exc:
        st.session_state.chat_refused = f"It is not deleted. {exc}"
    else:
        shown.forget()
