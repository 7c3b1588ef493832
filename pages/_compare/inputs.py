"""What is asked: the models and their parameters, and the prompt."""

import streamlit as st

from pages._compare.views import View
from pages._inputs import chosen, models, parameters, picks
from pages._shared.format import plain, start_of
from pages._shared.session import App

FIRST_PROMPT = "Why is the sky blue? Answer in three sentences."


def start_from(app: App, view: View | None) -> None:
    """Fill the inputs: on a first visit with what runs at once, or with what the comparison in view was asked."""
    state = st.session_state
    chosen.carry("compare")
    if view is not None and state.get("filled_from") != view.id:
        chosen.fill(view.plan)
        state.prompt, state.filled_from = view.prompt, view.id
        state.opened_models = {slot.ref for slot in view.plan.slots}
    if asked := chosen.asked():
        state.models, state.inputs = asked[: picks.MAX_SLOTS], True
    if st.query_params.pop("blind", None):
        state.blind = True
    if "models" not in state:
        chosen.fill(chosen.first(app))
    if "prompt" not in state:
        state.prompt = FIRST_PROMPT


def draw(app: App) -> None:
    """Draw the inputs, or one line that says what they hold. Their values last while folded or on another page."""
    state = st.session_state
    state.inputs = state.get("inputs", state.get("inputs_open", True))
    title = "Models and prompt" if state.inputs else _line()
    folder = st.expander(title, key="inputs", type="compact", on_change="rerun")
    state.inputs_open = folder.open
    if folder.open:  # the browser goes through everything on the page whenever an answer grows
        with folder:
            _inputs(app)


def _line() -> str:
    """What is asked of how many models."""
    many, prompt = len(chosen.picked()), st.session_state.get("prompt") or ""
    return f"{many} {'model' if many == 1 else 'models'} · {plain(start_of(prompt, 90)) or 'no prompt yet'}"


def _inputs(app: App) -> None:
    models.draw(app)
    asked, behaved = st.columns([2, 1])
    asked.text_area(
        "Prompt", key="prompt", height=132, persist_state="session", placeholder="What should all of them answer?"
    )
    with behaved:
        parameters.system()
    parameters.draw(chosen.plan())
