"""Starts a comparison from the inputs."""

import streamlit as st

from llm_backends.runs.live import Run
from llm_backends.runs.race import Lane
from llm_backends.slot import Slot
from llm_backends.types import Message
from pages._compare import inputs, picks
from pages._shared import session
from pages._shared.session import App


def start(app: App) -> None:
    """The Run button's callback: start the run and bring it into view, or leave in the state what is missing."""
    state = st.session_state
    chosen, prompt = inputs.picked(), state.get("prompt") or ""
    state.refused = None
    if not chosen:
        state.refused = "Choose at least one model."
    elif not prompt.strip():
        state.refused = "Write a prompt first."
    if state.refused:
        return
    before = session.in_view(app) if state.get("follow_up") else None
    params = inputs.parameters() | ({"follows": before.id} if before else {})
    system = state.get("system") or ""
    slots = [_slot(app, pick, prompt, system, params, before) for pick in chosen]
    run = app.runs.start(prompt, system, slots, params)
    state.run_id = state.filled_from = run.id
    state.started = [*state.get("started", ()), run.id]
    st.query_params["run"] = run.id


def _slot(app: App, pick: str, prompt: str, system: str, params: dict, before: Run | None) -> Slot:
    own = params["overrides"].get(pick, {})
    system = own.get("system") or system
    turns = [Message("system", system)] if system.strip() else []
    turns += [*conversation(before, pick), Message("user", prompt)]
    return app.catalog.slot(
        picks.ref_of(pick),
        params["route"],
        turns,
        max_tokens=own.get("max_tokens") or params["max_tokens"],
        temperature=own.get("temperature", params["temperature"]),
        stream=params["stream"],
    )


def conversation(run: Run | None, pick: str) -> list[Message]:
    """The turns so far between the analyst and this pick. A turn whose answer failed is left out."""
    lane = _lane(run, pick) if run else None
    if lane is None:
        return []
    turns = [message for message in lane.request.messages if message.role != "system"]
    if lane.result is None or lane.result.status == "error" or not lane.result.answer:
        return turns[:-1]
    return [*turns, Message("assistant", lane.result.answer)]


def _lane(run: Run, pick: str) -> Lane | None:
    models = list(run.params.get("models", ()))
    return run.race.lanes[models.index(pick)] if pick in models else None
