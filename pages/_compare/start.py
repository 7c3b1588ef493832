"""Starts a comparison from the inputs."""

import secrets
from dataclasses import replace

import streamlit as st

from llm_backends.runs.live import Run
from llm_backends.runs.plan import slots
from llm_backends.runs.race import Lane
from llm_backends.types import Message
from pages._compare.voting import hidden
from pages._inputs import chosen
from pages._shared import session
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
    before = session.in_view(app) if state.get("follow_up") else None
    plan = chosen.plan(follows=before.id if before else None)
    if before and hidden.is_hidden(app, before.id, before.plan):
        plan = replace(plan, blind=before.plan.blind)  # the names would tell whose the earlier answers were
    elif state.get("blind") and len(plan.slots) > 1:
        plan = replace(plan, blind=secrets.randbits(32))
    earlier = {name: conversation(before, name) for name in plan.names} if before else {}
    run = app.runs.start(prompt, plan, slots(plan, prompt, app.catalog, earlier))
    state.run_id = state.filled_from = state.begun = run.id
    state.inputs = False  # folded: the answers need the room
    state.started = [*state.get("started", ()), run.id]
    st.query_params["run"] = run.id


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
