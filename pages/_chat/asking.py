"""What is asked next: the message sent to the chosen model, after what was said before."""

from dataclasses import replace

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.runs.history import history, of_chat
from llm_backends.runs.plan import Plan, SlotPlan, ref_of, slots
from llm_backends.sentences import sentence
from llm_backends.store.conversations import kept
from pages._chat import shown
from pages._inputs import chosen, parameters, picks, remedies
from pages._shared import session
from pages._shared.format import number, plain, start_of
from pages._shared.session import App

TITLE_CHARS = 80


def plan(follows: str | None = None) -> Plan:
    """What the inputs ask of the one model."""
    asked = chosen.plan(follows)
    return replace(asked, slots=tuple(SlotPlan(ref) for ref in [model()] if ref), leave_out=_left_out())


def model() -> str | None:
    """The chosen model."""
    value = st.session_state.get("chat_model")
    return ref_of(picks.pick_of(value)) if value else None


def _left_out() -> int:
    return int(st.session_state.get("chat_leave_out") or 0)


def start_from(app: App, seen: shown.Shown | None) -> None:
    """Fill the inputs: with what the last turn in view was asked with, or on a first visit with what runs at once."""
    state = st.session_state
    chosen.carry("chat")
    last = seen.leaf if seen else None
    if last and state.get("chat_filled_from") != last.id:
        chosen.fill_shared(last.view.plan)
        state.chat_model = next(iter(last.view.plan.names), state.get("chat_model"))
        state.chat_leave_out, state.chat_filled_from = last.view.plan.leave_out, last.id
    if asked := chosen.asked():
        state.chat_model = asked[0]
    if not state.get("chat_model"):
        state.chat_model = picks.default(app.catalog.models(session.route()))[0]
    if "max_tokens" not in state:
        chosen.fill_shared(chosen.first(app))


def draw(app: App, seen: shown.Shown | None) -> None:
    """The model, its parameters, and how much of the conversation it is told."""
    route = session.route()
    entries = {entry.ref: entry for entry in app.catalog.models(route)}
    known = sorted(entries, key=lambda ref: not entries[ref].ready)
    held = model()
    st.selectbox(
        "Model",
        [*([held] if held and held not in entries else []), *known],
        key="chat_model",
        accept_new_options=True,
        filter_mode="contains",
        persist_state="session",
        format_func=lambda ref: picks.label(ref, entries[ref]) if ref in entries else ref,
        help="Takes effect with the next message, and so does the route in the sidebar: what was said before goes to "
        "whichever model is asked. One that is not in the list can be typed as provider/model.",
    )
    if held and (why_not := app.catalog.entry(held, route).why_not):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(f":material/block: **{plain(held)}** is not ready. {plain(sentence(why_not))}", width="content")
            if where := remedies.remedy(app.catalog.entry(held, route)):
                st.page_link("pages/settings.py", label="Set it up", query_params=where)
    with st.expander("System prompt, parameters, how much it is told", icon=":material/tune:", key="chat_more"):
        parameters.system()
        parameters.shared()
        if seen and seen.path:
            _told(seen)
    _window(app, seen)


def _told(seen: shown.Shown) -> None:
    st.number_input(
        "Oldest turns to leave out",
        0,
        len(seen.path),
        key="chat_leave_out",
        persist_state="session",
        width=240,
        help="The model is not told of so many of the first turns: for a conversation that has outgrown its context "
        "window. Nothing is left out by itself, and each turn says how many were.",
    )


def _window(app: App, seen: shown.Shown | None) -> None:
    """How full the context window is, as far as both are known."""
    last = seen.leaf.view.cards()[0].result if seen and seen.leaf and seen.leaf.view.cards() else None
    ref = model()
    window = app.catalog.entry(ref, session.route()).context_window if ref else None
    if last is None or last.usage is None:
        return
    used = last.usage.input_tokens + last.usage.output_tokens
    of = f"{number(window)}" if window else "an unknown number"
    full = window is not None and used + (st.session_state.get("max_tokens") or 0) > window
    st.caption(
        f"The last turn came to {number(used)} tokens, as the provider counts them, of {of} that {plain(ref)} takes."
    )
    if full:
        st.warning(
            "The next message may not fit in the context window. Leave out the oldest turns (under System prompt, "
            "parameters, how much it is told), ask for fewer tokens, or choose a model with a larger window.",
            icon=":material/data_usage:",
        )


def send(app: App, prompt: str | None, parent: str | None) -> None:
    """Ask, in the conversation in view or in a new one; leave in the state what is missing."""
    state = st.session_state
    state.chat_refused = None
    if not (prompt or "").strip():
        state.chat_refused = "Write a message first."
    elif not model():
        state.chat_refused = "Choose a model first."
    else:
        try:
            _send(app, prompt or "", parent)
        except ConfigError as exc:
            state.chat_refused, state.chat_unsent = f"It is not sent. {exc}", prompt


def _send(app: App, prompt: str, parent: str | None) -> None:
    state, id = st.session_state, st.session_state.get("conversation")
    app.log.flush(2.0)
    with app.log.database.writing() as connection:
        if id is None or kept.one(connection, id) is None:
            id, parent = kept.begin(connection, start_of(prompt, TITLE_CHARS) or "Untitled", None), None
        kept.touch(connection, id)
        path = kept.path(kept.turns(connection, id), parent) if parent else ()
    asked = plan(parent)
    asked = replace(asked, leave_out=min(asked.leave_out, len(path)))
    told = history(path, of_chat, asked.leave_out).messages
    names = asked.names
    run = app.runs.start(prompt, asked, slots(asked, prompt, app.catalog, {names[0]: told}), conversation_id=id)
    state.started = [*state.get("started", ()), run.id]
    state.chat_filled_from, state.chat_begun, state.chat_unsent = run.id, run.id, None
    shown.look_at(id, run.id)
