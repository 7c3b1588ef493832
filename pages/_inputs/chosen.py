"""What the widgets hold: the picked models and the parameters, as a plan, and a plan's as the widgets hold them."""

from collections.abc import Iterator

import streamlit as st

from llm_backends.parameters import efforts
from llm_backends.runs.plan import Own, Parameters, Plan, SlotPlan, named
from llm_backends.settings.preferences import defaults
from llm_backends.types import Target
from pages._inputs import parameters, picks
from pages._inputs.parameters import fitting, key
from pages._shared import session
from pages._shared.session import App


def picked() -> list[str]:
    """The picked models, in order."""
    return list(dict.fromkeys(picks.pick_of(value) for value in st.session_state.get("models", ())))


def carry(page: str) -> None:
    """Have this page's widgets hold what those of another page held that was in view before: each page has its own."""
    state = st.session_state
    if state.get("inputs_page", page) != page:
        for name in _held(picked()):
            if name in state:
                state[name] = state[name]
    state.inputs_page = page


def _held(picks: list[str]) -> Iterator[str]:
    yield from ("models", "stream", "system")
    for slot in (None, *picks):
        for name in (*parameters.NUMBERS, "stop", "reasoning_effort", *(["system"] if slot else [])):
            yield key(name, slot)


ASKED = "ask"
"""In an address: the models that the form is to hold."""


def asked() -> list[str]:
    """The models that the address asks to be filled in, once."""
    refs = st.query_params.get_all(ASKED)
    if refs:
        del st.query_params[ASKED]
    return refs


def plan(follows: str | None = None) -> Plan:
    """What the inputs ask."""
    state = st.session_state
    shared = Parameters(
        temperature=state.get("temperature"),
        max_tokens=state.get("max_tokens") or Parameters().max_tokens,
        top_p=state.get("top_p"),
        stop=_typed(state.get("stop")),
        seed=state.get("seed"),
        reasoning_effort=state.get("reasoning_effort"),
        stream=bool(state.get("stream", True)),
        system=state.get("system") or "",
    )
    return Plan(session.route(), tuple(SlotPlan(pick, _own(pick)) for pick in picked()), shared, follows)


def _own(pick: str) -> Own:
    state = st.session_state
    return Own(
        temperature=state.get(key("temperature", pick)),
        max_tokens=state.get(key("max_tokens", pick)),
        top_p=state.get(key("top_p", pick)),
        stop=_typed(state.get(key("stop", pick))) or None,
        seed=state.get(key("seed", pick)),
        reasoning_effort=state.get(key("reasoning_effort", pick)),
        system=state.get(key("system", pick)) or None,
    )


def _typed(stops: list[str] | None) -> tuple[str, ...]:
    return tuple(text.replace("\\n", "\n").replace("\\t", "\t") for text in stops or ())


def first(app: App) -> Plan:
    """What a first visit finds chosen: what runs at once."""
    chosen, chosen_for_all = picks.default(app.catalog.models(session.route())), defaults(app.preferences.now())
    twice = len(chosen) == 2 and chosen[1].endswith("#2")
    owns = (Own(temperature=0.0), Own(temperature=1.0)) if twice else [Own()] * len(chosen)
    shared = Parameters(chosen_for_all.temperature, chosen_for_all.max_tokens, stream=chosen_for_all.stream)
    return Plan(slots=tuple(map(SlotPlan, chosen, owns)), shared=shared)


def fill(plan: Plan) -> None:
    """Have the widgets hold what this plan asks."""
    state = st.session_state
    fill_shared(plan)
    state.models = named(slot.ref for slot in plan.slots)[: picks.MAX_SLOTS]
    for pick, slot in zip(state.models, plan.slots, strict=False):
        provider, _, model = slot.ref.partition("/")
        known = slot.own.reasoning_effort in efforts(Target(provider, model, "direct"))
        state[key("reasoning_effort", pick)] = slot.own.reasoning_effort if known else None
        state[key("system", pick)] = slot.own.system or ""
        _fill_fields(slot.own, pick)


def fill_shared(plan: Plan) -> None:
    """Have those widgets hold what it asks of every model."""
    state, shared = st.session_state, plan.shared
    state.system, state.stream, state.reasoning_effort = shared.system, shared.stream, shared.reasoning_effort
    _fill_fields(shared, None)


def _fill_fields(values: Parameters | Own, pick: str | None) -> None:
    state = st.session_state
    for name in parameters.NUMBERS:
        state[key(name, pick)] = fitting(name, getattr(values, name))
    shown = [text.replace("\n", "\\n").replace("\t", "\\t") for text in values.stop or ()]
    state[key("stop", pick)] = shown[: parameters.MAX_STOPS]
