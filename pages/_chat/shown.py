"""What of a conversation is in view: one branch of its tree of turns, each as the Compare page knows it."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from llm_backends.store.comparisons import Comparison
from llm_backends.store.conversations import kept
from llm_backends.store.conversations.kept import Conversation
from pages._compare import views
from pages._compare.views import View
from pages._shared.session import App


@dataclass(frozen=True)
class Turn:
    """One message and its answer. `siblings` are the turns that go on from the same one, itself among them, by time."""

    logged: Comparison
    view: View
    siblings: tuple[Comparison, ...]

    @property
    def id(self) -> str:
        return self.logged.id

    @property
    def place(self) -> int:
        """Which of its siblings it is, from 0."""
        return [sibling.id for sibling in self.siblings].index(self.id)


@dataclass(frozen=True)
class Shown:
    """A conversation with the branch in view, the first turn first; all its turns, by time."""

    conversation: Conversation
    path: tuple[Turn, ...]
    turns: tuple[Comparison, ...]

    @property
    def leaf(self) -> Turn | None:
        return self.path[-1] if self.path else None

    @property
    def live(self) -> bool:
        """Whether the last turn is being answered."""
        return self.leaf is not None and self.leaf.view.live


def of_address(app: App) -> Shown | None:
    """The conversation that the address names, or else the one that this session saw last; None for a new one.

    Raises ConfigError where the log can't be read.
    """
    id = st.query_params.get("conversation") or st.session_state.get("conversation")
    if not id:
        return None
    app.log.flush(1.0)  # what was asked a moment ago
    with app.log.database.reading() as connection:
        conversation = kept.one(connection, id)
        turns = kept.turns(connection, id) if conversation else ()
    if conversation is None:
        forget()
        st.info("The conversation in this address is not in the call log: it was deleted.", icon=":material/link_off:")
        return None
    wanted = st.query_params.get("turn") or st.session_state.get("turn")
    leaf = wanted if wanted in {turn.id for turn in turns} else newest(turns)
    look_at(id, leaf)
    path = kept.path(turns, leaf) if leaf else ()
    return Shown(conversation, tuple(Turn(one, _view(app, one), siblings(turns, one)) for one in path), turns)


def look_at(id: str, turn: str | None) -> None:
    """Have this conversation and this branch of it in the address, so that a reload finds them."""
    st.session_state.conversation, st.session_state.turn = id, turn
    st.query_params["conversation"] = id
    if turn:
        st.query_params["turn"] = turn
    else:
        st.query_params.pop("turn", None)


def forget() -> None:
    """Look at none: the next message begins a new conversation."""
    for name in ("conversation", "turn"):
        st.session_state.pop(name, None)
        st.query_params.pop(name, None)


def newest(turns: Sequence[Comparison], below: str | None = None) -> str | None:
    """The end of the branch that went on last: of all, or below this turn; that turn itself where nothing does."""
    last = {turn.parent_id: turn.id for turn in turns}  # by time: the last one of each stays
    found = below or (turns[-1].id if turns else None)
    while found in last:
        found = last[found]
    return found


def siblings(turns: Sequence[Comparison], turn: Comparison) -> tuple[Comparison, ...]:
    """The turns that go on from the same one."""
    return tuple(other for other in turns if other.parent_id == turn.parent_id)


def _view(app: App, turn: Comparison) -> View:
    run = app.runs.get(turn.id)
    return views.of_run(run) if run else views.of_log(turn)
