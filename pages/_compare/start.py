"""Starts a comparison from the inputs."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.runs.history import history, of_slot
from llm_backends.runs.live import Run
from llm_backends.runs.plan import Plan, slots
from llm_backends.runs.race import Lane
from llm_backends.store.conversations import kept
from llm_backends.types import Message
from pages._compare.voting import hidden
from pages._inputs import chosen
from pages._shared.session import App


def start(app: App) -> None:
    """The Run button's callback: start the run and bring it into view, or leave in the state what is missing."""
    state = st.session_state
    prompt = state.get("prompt") or ""
    state.refused = None
    if not chosen.picked():
        state.refused = "Choose at least one model."
    elif not prompt.strip():
        state.refused = "Write a prompt first."
    if state.refused:
        return
    before = state.get("run_id") if state.get("follow_up") else None
    plan = chosen.plan(follows=before)
    try:
        earlier = said_before(app, before, plan.names) if before else {}
    except ConfigError as exc:
        state.refused = f"The earlier turns can't be read. {exc}"
        return
    plan = replace(plan, blind=_blind(app, before, len(plan.slots)))
    run = app.runs.start(prompt, plan, slots(plan, prompt, app.catalog, earlier))
    state.run_id = state.filled_from = state.begun = run.id
    state.inputs = False  # folded: the answers need the room
    state.started = [*state.get("started", ()), run.id]
    st.query_params["run"] = run.id


def said_before(app: App, before: str, names: Sequence[str]) -> dict[str, Sequence[Message]]:
    """The turns up to this comparison, by the slots' names: each sees its own earlier answers.

    Of a comparison in memory from there, else from the log. Raises ConfigError where that can't be read.
    """
    if run := app.runs.get(before):
        return {name: conversation(run, name) for name in names}
    with app.log.database.reading() as connection:
        turns = kept.chain(connection, before)
    return {name: history(turns, of_slot(name)).messages for name in names}


def _blind(app: App, before: str | None, many: int) -> int | None:
    """The order of the cards where names are to be hidden, as in a follow-up to answers whose names still are."""
    if before:
        run = app.runs.get(before)
        logged = None if run else app.log.comparison(before)
        plan = run.plan if run else Plan.from_json(logged.params) if logged else None
        if plan and hidden.is_hidden(app, before, plan):
            return plan.blind
    return secrets.randbits(32) if st.session_state.get("blind") and many > 1 else None


def conversation(run: Run, pick: str) -> list[Message]:
    """The turns so far between the analyst and this pick. A turn whose answer failed is left out."""
    lane = _lane(run, pick)
    if lane is None:
        return []
    turns = [message for message in lane.request.messages if message.role != "system"]
    if lane.result is None or lane.result.status == "error" or not lane.result.answer:
        return turns[:-1]
    return [*turns, Message("assistant", lane.result.answer)]


def _lane(run: Run, pick: str) -> Lane | None:
    names = run.plan.names
    return run.race.lanes[names.index(pick)] if pick in names else None
