"""What a Route lab compares: two sides, models that both serve, prompts, repeats; what it will come to, and Start."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from llm_backends import sentences
from llm_backends.errors import ConfigError
from llm_backends.experiments.estimate import expected
from llm_backends.experiments.plan import ExperimentPlan, Limits, faults
from llm_backends.experiments.plan_file import PlanUnusable
from llm_backends.experiments.prompts import prompt_set
from llm_backends.prompt_set import PromptSet
from llm_backends.prompt_sets.own import CHECKS, ROUTES
from llm_backends.route_lab.plan import REPEATS, SHARED, lab
from llm_backends.route_lab.sentences import CONNECTIONS, why_not
from llm_backends.route_lab.sides import Offer, Side, offers, sides
from llm_backends.store.experiments import Experiment
from llm_backends.store.prompt_sets import PromptSets
from pages._inputs import chosen as inputs
from pages._route_lab.ahead import told
from pages._shared.format import plain
from pages._shared.session import App

MOST_MODELS = 4
OWN = {ROUTES: "Eight short questions", **{name: f"{name.capitalize()} (comes along)" for name in CHECKS}}


def draw(app: App, shown: Experiment | None) -> None:
    """The choice, folded where a Route lab is shown, until it is opened."""
    state = st.session_state
    if state.get("lab_inputs_of") != (of := shown.id if shown else ""):
        state.lab_inputs, state.lab_inputs_of = not shown, of
    folder = st.expander("New Route lab", key="lab_inputs", on_change="rerun")
    if folder.open:
        with folder:
            _inputs(app)
    if refused := state.pop("lab_refused", None):
        st.error(plain(refused), icon=":material/edit_note:")


def _inputs(app: App) -> None:
    both = _sides({side.name: side for side in sides(app.catalog)})
    _models(offers(app.catalog, *both), both)
    _prompts(app)
    plan, prompts, problem = _plan(app, both)
    if plan and prompts:
        st.caption(plain(told(app, plan, expected(plan, prompts.rows, app.catalog))))
    st.button(
        "Start",
        key="lab_start",
        type="primary",
        icon=":material/play_arrow:",
        disabled=bool(problem),
        on_click=start,
        args=(app, plan, prompts),
    )
    if problem:
        st.caption(plain(problem))


def label(name: str, known: Mapping[str, Side]) -> str:
    """A side, as it is offered."""
    if name == "direct":
        return "Direct"
    return "Azure" if len(known) == 2 else f"Azure at {name}"


def _sides(known: Mapping[str, Side]) -> tuple[Side, Side]:
    """The two that are chosen; where they are the same, the second becomes another."""
    names, chosen = list(known), []
    for key, place in (("lab_a", 0), ("lab_b", 1)):
        if st.session_state.get(key) not in names:
            st.session_state[key] = names[place]
    with st.container(horizontal=True, gap="medium"):
        for key, title in (("lab_a", "Side A"), ("lab_b", "Side B")):
            others = [name for name in names if name not in chosen]
            if st.session_state.get(key) not in others:
                st.session_state[key] = others[0]
            chosen.append(
                st.selectbox(
                    title,
                    others,
                    key=key,
                    persist_state="session",
                    format_func=lambda name: label(name, known),
                    help="What B has more than A is told. Only this endpoint is asked: no failover to another."
                    if key == "lab_b"
                    else "The direct route, or one Azure endpoint.",
                )
            )
    return known[chosen[0]], known[chosen[1]]


def _models(offered: tuple[Offer, ...], both: tuple[Side, Side]) -> None:
    ready = [one.ref for one in offered if one.ready]
    if asked := inputs.asked():
        st.session_state.lab_models = asked[:MOST_MODELS]
    picked = [ref for ref in st.session_state.get("lab_models", ready[:1]) if ref in ready]
    st.session_state.lab_models = picked
    st.multiselect(
        "Models that both sides serve",
        ready,
        key="lab_models",
        persist_state="session",
        max_selections=MOST_MODELS,
        placeholder="Choose models" if ready else "Both sides serve no model",
        disabled=not ready,
    )
    others = [one for one in offered if not one.ready]
    if others:
        with st.expander(f"Why {len(others)} other models aren't offered", key="lab_others"):
            rows = [{"Model": one.ref, "Why": why_not(one, both)} for one in others]
            st.dataframe(rows, hide_index=True, alt="Models that can't be compared on these sides, and why")


def _prompts(app: App) -> None:
    """Prompts, repeats, connections, length and budget."""
    kept = {one.id: f"{one.name} ({one.rows:,} prompts)" for one in PromptSets(app.log.database).all()}
    own = {prompt_set(name, PromptSets(app.log.database)).id for name in OWN}
    sets = OWN | {id: name for id, name in kept.items() if id not in own}
    with st.container(horizontal=True, gap="medium"):
        st.selectbox(
            "Prompts", list(sets), key="lab_prompts", persist_state="session", format_func=lambda name: sets[name]
        )
        st.number_input(
            "Repeats",
            1,
            1000,
            REPEATS,
            key="lab_repeats",
            persist_state="session",
            help="How often each prompt is asked on each side. Each time makes a pair.",
        )
        st.number_input(
            "Longest answer (tokens)", 1, 100_000, SHARED.max_tokens, key="lab_tokens", persist_state="session"
        )
        st.number_input(
            "Budget (USD)",
            0.0,
            None,
            None,
            key="lab_budget",
            persist_state="session",
            placeholder="no limit",
            help="It pauses before this much is spent. Empty: no limit.",
        )
    st.pills(
        "Connections",
        list(CONNECTIONS),
        selection_mode="multi",
        default=list(CONNECTIONS),
        key="lab_connections",
        persist_state="session",
        format_func=lambda kind: CONNECTIONS[kind].capitalize(),
        help="Over open ones a call finds its connection ready; over new ones it opens its own. They are told apart.",
    )


def _plan(app: App, both: tuple[Side, Side]) -> tuple[ExperimentPlan | None, PromptSet | None, str | None]:
    """The plan, its prompts, and what keeps it from starting."""
    state = st.session_state
    if both[1].endpoint is None and both[1].route == "azure":
        return None, None, "Azure AI Foundry isn't configured: the list above says what each model needs."
    if not state.lab_models:
        return None, None, "Choose at least one model that both sides serve."
    if not state.lab_connections:
        return None, None, "Choose at least one kind of connection."
    connections = [kind for kind in CONNECTIONS if kind in state.lab_connections]
    plan = lab(
        state.lab_models,
        both,
        prompt_set=state.lab_prompts,
        repeats=state.lab_repeats,
        connections=connections,
        shared=replace(SHARED, max_tokens=state.lab_tokens),
        limits=Limits(usd=state.lab_budget or None),
    )
    try:
        prompts = prompt_set(plan.prompt_set, PromptSets(app.log.database))
    except PlanUnusable as exc:
        return None, None, "\n".join(map(sentences.sentence, exc.faults))
    wrong = " ".join(map(sentences.sentence, faults(plan, app.catalog)))
    return plan, prompts, wrong or None


def start(app: App, plan: ExperimentPlan, prompts: PromptSet) -> None:
    """Keep it, run it, and show it; what stands in the way is told on the page."""
    try:
        id = app.experiments.add(plan, prompts)
        app.experiments.run(id, plan, prompts.rows, app.catalog)
    except ConfigError as exc:
        st.session_state.lab_refused = str(exc)
        return
    st.query_params["experiment"] = id
