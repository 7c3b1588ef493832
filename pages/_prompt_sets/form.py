"""A new experiment: what it asks of whom, what it will come to, and the button that starts it."""

import streamlit as st

from llm_backends import sentences
from llm_backends.errors import ConfigError
from llm_backends.experiments.estimate import Expected, expected
from llm_backends.experiments.plan import ExperimentPlan, Limits, RoutedSlot, faults
from llm_backends.experiments.plan_file import MOST
from llm_backends.experiments.prompts import Prompts
from llm_backends.prompt_set import PromptSet
from llm_backends.prompt_sets.own import CHECKS
from llm_backends.runs.plan import Plan, SlotPlan
from llm_backends.workers.queue import queue
from pages._experiments import workers
from pages._experiments.words import span
from pages._inputs import chosen, models, parameters
from pages._prompt_sets import checks, sets, template
from pages._shared.format import dollars, plain, start_of
from pages._shared.session import App


def draw(app: App) -> None:
    """Draw the form. Raises ConfigError where the log can't be read."""
    chosen.carry("prompt sets")
    if asked := chosen.asked():
        chosen.fill(Plan(slots=tuple(map(SlotPlan, asked)), shared=chosen.first(app).shared))
    if "models" not in st.session_state:
        chosen.fill(chosen.first(app))
    st.subheader("New experiment", anchor=False)
    prompts = sets.choose(app)
    text, asked = None, None
    with st.expander("Template and system prompt", icon=":material/data_object:"):
        text = template.draw(prompts)
        asked = template.filled(text, prompts) if prompts else None
        parameters.system()
    if isinstance(asked, str):
        template.told(asked)
    models.draw(app)
    parameters.draw(chosen.plan())
    st.markdown("**Checks**", help="What each answer is held against. They can be changed later, without new calls.")
    found = checks.edit("new", CHECKS.get(st.session_state.set_choice, ()), st.session_state.set_choice)
    plan = _plan(app, prompts, text, found or ())
    _start(app, plan, prompts, asked if found is not None and not isinstance(asked, str) else None)


def _plan(app: App, prompts: PromptSet | None, text: str | None, found: tuple) -> ExperimentPlan:
    asked = chosen.plan()
    name = prompts.name if prompts else "Experiment"
    more = _more(asked.names)
    return ExperimentPlan(
        name=(st.session_state.get("experiment_name") or "").strip() or _name(name, asked.names),
        prompt_set=prompts.id if prompts and prompts.name not in CHECKS else name,
        slots=tuple(RoutedSlot(slot.name, slot.own, asked.route) for slot in asked.slots),
        shared=asked.shared,
        template=text,
        checks=found,
        **more,
    )


def _name(prompts: str, names: tuple[str, ...]) -> str:
    return start_of(f"{prompts.capitalize()}: {', '.join(names)}", 120)


def _more(names: tuple[str, ...]) -> dict:
    """The fields that most experiments leave alone."""
    state = st.session_state
    with st.expander("Repeats, order, limits", icon=":material/tune:"):
        st.text_input("Name", key="experiment_name", persist_state="session", placeholder="Made from set and models")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            repeats = _count("Repeats", "repeats", 1, "How often each prompt is asked of each model.")
            concurrency = _count(
                "Calls at once", "concurrency", 4, "At each endpoint. Models on this machine go one by one."
            )
            warm_up = _count("Warm-up calls", "warm_up", 1, "For each model, before those that count; in no result.", 0)
            seed = st.number_input(
                "Order seed", 0, 2**31, 0, key="experiment_seed", persist_state="session", width=150,
                help="Calls are made in random order, so that drift hits all models alike; the seed sets it.",
            )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom"):
            usd = st.number_input(
                "Limit in USD", 0.0, None, None, format="%g", key="experiment_usd", persist_state="session",
                placeholder="none", width=150, help="It pauses before a call could pass it. Every model needs a price.",
            )  # fmt: skip
            calls = st.number_input(
                "Limit of calls", 1, None, None, key="experiment_calls", persist_state="session",
                placeholder="none", width=150, help="It pauses before it makes more, warm-ups included.",
            )  # fmt: skip
            if names and state.get("experiment_baseline") not in names:
                state.experiment_baseline = names[0]
            baseline = st.selectbox(
                "Baseline", names, key="experiment_baseline", persist_state="session", width=280,
                help="The model that the others are compared with.",
            )  # fmt: skip
    return {
        "repeats": repeats,
        "seed": seed,
        "concurrency": concurrency,
        "warm_up": warm_up,
        "limits": Limits(usd or None, calls),
        "baseline": baseline,
    }


def _count(label: str, name: str, value: int, help: str, least: int = 1) -> int:
    key = f"experiment_{name}"
    return st.number_input(label, least, MOST[name], value, key=key, persist_state="session", width=150, help=help)


def _start(app: App, plan: ExperimentPlan, prompts: PromptSet | None, asked: Prompts | None) -> None:
    """`asked` are the prompts as they will be asked; None where something above has to be mended first."""
    wrong = _wrong(app, plan, prompts, asked is not None)
    ahead = None if wrong or asked is None else expected(plan, asked, app.catalog)
    with st.container(horizontal=True, vertical_alignment="center", key="experiment_start"):
        pressed = st.button(
            "Start", type="primary", icon=":material/play_arrow:", disabled=bool(wrong), help=wrong, key="start"
        )
        left = workers.offer(app, disabled=bool(wrong))
        st.download_button(
            "Plan as YAML",
            lambda: _yaml(plan, prompts),
            f"{plan.prompt_set[:40]}.yaml",
            icon=":material/download:",
            disabled=bool(wrong),
            help="For `python -m llm_backends experiment run`, as a gate in a CI for instance. A set of your own is "
            "found there once an experiment on it has been started.",
        )
        st.caption(f":material/block: {wrong}" if wrong else plain(ahead_told(ahead)) if ahead else "")
    if (pressed or left) and prompts is not None and asked is not None:
        try:
            id = app.experiments.add(plan, prompts)
            if left:
                queue(app.log, id)
            else:
                app.experiments.run(id, plan, asked, app.catalog)
        except ConfigError as exc:
            st.error(plain(exc), icon=":material/database_off:")
            return
        st.query_params["experiment"] = id
        st.rerun()


def _wrong(app: App, plan: ExperimentPlan, prompts: PromptSet | None, usable: bool) -> str | None:
    """Why it can't be started."""
    if prompts is None:
        return "Choose a prompt set first."
    if not plan.slots:
        return "Choose at least one model."
    if not usable:
        return "Mend what is marked above first."
    return " ".join(plain(sentences.sentence(fault)) for fault in faults(plan, app.catalog)) or None


def ahead_told(ahead: Expected) -> str:
    """What it will come to."""
    cost = "cost unknown" if ahead.cost_usd is None else f"at most about {dollars(ahead.cost_usd)}"
    if ahead.cost_usd == 0:
        cost = "nothing to pay"
    parts = [
        f"{ahead.calls:,} calls",
        f"about {ahead.input_tokens:,} tokens in",
        f"at most {ahead.output_tokens:,} out",
        cost,
    ]
    parts.append("time told once it runs" if ahead.duration_s is None else f"about {span(ahead.duration_s)}")
    return " · ".join(parts)


def _yaml(plan: ExperimentPlan, prompts: PromptSet | None) -> str:
    import yaml

    return yaml.safe_dump(_bare(plan.to_json()), sort_keys=False, allow_unicode=True)


def _bare(kept: dict) -> dict:
    """Without the fields that say nothing; tuples as lists."""
    plain_values = {name: list(value) if isinstance(value, tuple) else value for name, value in kept.items()}
    plain_values["shared"] = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in kept["shared"].items()
        if value not in (None, "", ())
    }
    plain_values["limits"] = {name: value for name, value in kept["limits"].items() if value is not None}
    return {name: value for name, value in plain_values.items() if value not in (None, {})}
