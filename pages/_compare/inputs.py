"""What is asked: models, prompt and parameters, as the widgets' state keeps them and as a plan."""

import streamlit as st

from llm_backends.catalog.catalog import ModelEntry
from llm_backends.parameters import efforts
from llm_backends.runs.plan import Own, Parameters, Plan, SlotPlan, named, ref_of
from llm_backends.sentences import sentence
from llm_backends.settings.preferences import defaults
from llm_backends.types import Target
from pages._compare import parameters, picks, remedies
from pages._compare.parameters import fitting, key
from pages._compare.picks import MAX_SLOTS
from pages._compare.views import View
from pages._shared import session
from pages._shared.format import plain, start_of
from pages._shared.session import App

FIRST_PROMPT = "Why is the sky blue? Answer in three sentences."


def picked() -> list[str]:
    """The picked models, in order."""
    return list(dict.fromkeys(picks.pick_of(value) for value in st.session_state.get("models", ())))


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


def start_from(app: App, view: View | None) -> None:
    """Fill the inputs: on a first visit with what runs at once, or with what the comparison in view was asked."""
    state = st.session_state
    if view is not None and state.get("filled_from") != view.id:
        _fill(view.prompt, view.plan)
        state.filled_from = view.id
    elif "models" not in state:
        chosen, chosen_for_all = picks.default(app.catalog.models(session.route())), defaults(app.preferences.now())
        twice = len(chosen) == 2 and chosen[1].endswith("#2")
        owns = (Own(temperature=0.0), Own(temperature=1.0)) if twice else [Own()] * len(chosen)
        shared = Parameters(chosen_for_all.temperature, chosen_for_all.max_tokens, stream=chosen_for_all.stream)
        _fill(FIRST_PROMPT, Plan(slots=tuple(map(SlotPlan, chosen, owns)), shared=shared))


def _fill(prompt: str, plan: Plan) -> None:
    state, shared = st.session_state, plan.shared
    state.prompt, state.system, state.stream = prompt, shared.system, shared.stream
    state.models = named(slot.ref for slot in plan.slots)[:MAX_SLOTS]
    state.reasoning_effort = shared.reasoning_effort
    _fill_fields(shared, None)
    for pick, slot in zip(state.models, plan.slots, strict=False):
        provider, _, model = slot.ref.partition("/")
        known = slot.own.reasoning_effort in efforts(Target(provider, model, "direct"))
        state[key("reasoning_effort", pick)] = slot.own.reasoning_effort if known else None
        state[key("system", pick)] = slot.own.system or ""
        _fill_fields(slot.own, pick)


def _fill_fields(values: Parameters | Own, pick: str | None) -> None:
    state = st.session_state
    for name in parameters.NUMBERS:
        state[key(name, pick)] = fitting(name, getattr(values, name))
    shown = [text.replace("\n", "\\n").replace("\t", "\\t") for text in values.stop or ()]
    state[key("stop", pick)] = shown[: parameters.MAX_STOPS]


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
    many, prompt = len(picked()), st.session_state.get("prompt") or ""
    return f"{many} {'model' if many == 1 else 'models'} · {plain(start_of(prompt, 90)) or 'no prompt yet'}"


def _inputs(app: App) -> None:
    _models(app)
    asked, behaved = st.columns([2, 1])
    asked.text_area(
        "Prompt", key="prompt", height=132, persist_state="session", placeholder="What should all of them answer?"
    )
    behaved.text_area(
        "System prompt",
        key="system",
        height=132,
        persist_state="session",
        placeholder="Optional: how they should behave",
    )
    parameters.draw(plan())


def _models(app: App) -> None:
    route, chosen = session.route(), picked()
    entries = app.catalog.models(route)
    known = {entry.ref: entry for entry in entries}
    if st.session_state.get("models_route", route) != route:
        st.session_state.models = chosen  # the picker holds labels, and they tell the readiness on a route
    st.session_state.models_route = route

    def label(value: str) -> str:
        """A typed model stays as it was typed: to give it a longer label, the picker would have to be filled anew, and
        what was typed meanwhile would be lost."""
        pick = picks.pick_of(value)
        entry = known.get(ref_of(pick))
        return picks.label(pick, entry) if entry else value

    st.multiselect(
        "Models",
        picks.options(entries, chosen),
        key="models",
        format_func=label,
        max_selections=MAX_SLOTS,
        accept_new_options=True,
        filter_mode="contains",  # fuzzy would put a look-alike in the place of a model that is typed in full
        select_all=False,
        persist_state="session",
        placeholder="Choose models, or type any provider/model",
        help=f"Up to {MAX_SLOTS} answers side by side. To put the same model in twice, with another temperature for "
        "instance, choose it again as #2. A model that is not in the list can be typed as provider/model.",
    )
    for ref in dict.fromkeys(map(ref_of, chosen)):
        entry = known.get(ref) or app.catalog.entry(ref, route)
        if entry.why_not:
            _unready(entry)


def _unready(entry: ModelEntry) -> None:
    """What the model lacks, and a link to where it can be given."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        lacks = plain(sentence(entry.why_not))
        st.caption(f":material/block: **{plain(entry.ref)}** is not ready. {lacks}", width="content")
        if where := remedies.remedy(entry):
            st.page_link("pages/settings.py", label="Set it up", icon=":material/arrow_forward:", query_params=where)
