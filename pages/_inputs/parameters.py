"""The parameters: what is asked of every model, and below it what each picked model has of its own."""

from dataclasses import dataclass
from typing import get_args

import streamlit as st

from llm_backends.parameters import Parameter, efforts, takes
from llm_backends.runs.plan import Parameters, Plan, SlotPlan
from llm_backends.types import Effort, Target
from pages._inputs.chips import told
from pages._shared.format import plain

MAX_STOPS = 4  # OpenAI takes no more
WIDTH = 180  # five in a row beside the sidebar, and wide enough for "not sent: it takes none"
DEFAULT, ABOVE = "provider's default", "as above"


@dataclass(frozen=True)
class Number:
    """A parameter that is a number: its label, what it may be, by how much its buttons change it, and its meaning."""

    label: str
    least: float
    most: float
    step: float
    help: str


EMPTY = "Empty: nothing is sent, and the provider's default holds."
NUMBERS = {
    "temperature": Number("Temperature", 0.0, 2.0, 0.1, f"0 repeats itself, 1 varies. {EMPTY}"),
    "max_tokens": Number("Max tokens", 1, 1_000_000, 256, "The longest answer that is asked for, reasoning included."),
    "top_p": Number("Top p", 0.0, 1.0, 0.05, f"1 draws from all words, less from the likeliest only. {EMPTY}"),
    "seed": Number("Seed", 0, 2**31 - 1, 1, "The same number asks for the same answer again. No vendor promises it."),
}


def fitting(name: str, value: float | None) -> float | None:
    """The number as its field can show it."""
    if value is None:
        return None
    number = NUMBERS[name]
    return type(number.least)(min(max(value, number.least), number.most))


def system() -> None:
    """The system prompt of every model that has none of its own."""
    st.text_area(
        "System prompt",
        key="system",
        height=132,
        persist_state="session",
        placeholder="Optional: how they should behave",
    )


def draw(plan: Plan) -> None:
    """The expander, folded to one line that sums it up."""
    with st.expander(f"Parameters: {plain(_summary(plan))}", key="parameters", icon=":material/tune:"):
        shared()
        for slot in plan.slots:
            _own(slot)


def _summary(plan: Plan) -> str:
    shared, own = plan.shared, sum(bool(slot.own.given()) for slot in plan.slots)
    set_ones = told(shared)
    parts = [
        set_ones.pop("temperature", "provider's temperature"),
        f"up to {shared.max_tokens:,} tokens",
        *set_ones.values(),
        "streaming" if shared.stream else "not streaming",
    ]
    if own:
        parts.append(f"own settings for {own} {'model' if own == 1 else 'models'}")
    return ", ".join(parts)


def shared() -> None:
    """What is asked of every model."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _number("temperature", None, DEFAULT)
        _number("max_tokens", None, f"{Parameters().max_tokens}")
        _number("top_p", None, DEFAULT)
        _number("seed", None, "none")
        _effort(None, get_args(Effort), DEFAULT)
        _stop(None, "none")
        st.toggle(
            "Stream the answers",
            key="stream",
            persist_state="session",
            help="Without streaming each answer arrives in one piece, and no time to first token can be measured.",
        )


def _own(slot: SlotPlan) -> None:
    provider, _, model = slot.ref.partition("/")
    target = Target(provider, model, "direct")
    st.markdown(f"**{plain(slot.name)}**")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name in ("temperature", "max_tokens", "top_p", "seed"):
            if name == "max_tokens" or takes(target, name):
                _number(name, slot.name, ABOVE)
            else:
                _none(NUMBERS[name].label, name, slot.name)
        if found := efforts(target):
            _effort(slot.name, found, ABOVE)
        else:
            _none("Reasoning effort", "reasoning_effort", slot.name)
        if takes(target, "stop"):
            _stop(slot.name, ABOVE)
        else:
            _none("Stop sequences", "stop", slot.name)
        st.text_input("System prompt", key=f"system {slot.name}", persist_state="session", placeholder=ABOVE)


def key(name: str, slot: str | None) -> str:
    """The key of a field: of every model where `slot` is None, else of the slot of this name."""
    return name if slot is None else f"{name} {slot}"


def _number(name: str, slot: str | None, placeholder: str) -> None:
    number = NUMBERS[name]
    st.number_input(
        number.label,
        min_value=number.least,
        max_value=number.most,
        value=None,
        step=number.step,
        format="%g" if isinstance(number.step, float) else "%d",
        key=key(name, slot),
        persist_state="session",
        placeholder=placeholder,
        width=WIDTH,
        help=number.help if slot is None else None,
    )


def _effort(slot: str | None, choices: tuple[Effort, ...], placeholder: str) -> None:
    st.selectbox(
        "Reasoning effort",
        choices,
        index=None,
        key=key("reasoning_effort", slot),
        persist_state="session",
        placeholder=placeholder,
        width=WIDTH,
        help="How much a model thinks before it answers. It is sent to models that know this very level."
        if slot is None
        else None,
    )


def _stop(slot: str | None, placeholder: str) -> None:
    st.multiselect(
        "Stop sequences",
        st.session_state.get(key("stop", slot), ()),
        key=key("stop", slot),
        accept_new_options=True,
        max_selections=MAX_STOPS,
        select_all=False,
        persist_state="session",
        placeholder=placeholder,
        width=WIDTH,
        help=f"Where an answer ends, itself left out. Type one and press Enter, up to {MAX_STOPS}; \\n is a new line."
        if slot is None
        else None,
    )


def _none(label: str, name: Parameter, slot: str) -> None:
    st.text_input(label, key=f"no {name} {slot}", placeholder="not sent: it takes none", disabled=True, width=WIDTH)
