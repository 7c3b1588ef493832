"""What is asked: models, prompt, parameters, and the parameters of single slots."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import streamlit as st

from llm_backends.parameters import takes_temperature
from llm_backends.settings.preferences import defaults
from llm_backends.types import Target
from pages._compare import picks
from pages._compare.views import View
from pages._shared import session
from pages._shared.format import plain
from pages._shared.session import App

FIRST_PROMPT = "Why is the sky blue? Answer in three sentences."
MAX_TOKENS = 1024

_OVERRIDES = ("temperature", "max_tokens", "system")


def picked() -> list[str]:
    """The picked models, in order."""
    return list(dict.fromkeys(picks.pick_of(value) for value in st.session_state.get("models", ())))


def parameters() -> dict[str, Any]:
    """The default parameters, and under "overrides" those of single picks: what the log keeps of a comparison."""
    state = st.session_state
    overrides = {}
    for pick in picked():
        own = {name: state.get(f"{name} {pick}") for name in _OVERRIDES}
        overrides[pick] = {name: value for name, value in own.items() if value not in (None, "")}
    return {
        "route": session.route(),
        "models": picked(),
        "max_tokens": state.get("max_tokens") or MAX_TOKENS,
        "temperature": state.get("temperature"),
        "stream": bool(state.get("stream", True)),
        "overrides": {pick: own for pick, own in overrides.items() if own},
    }


def start_from(app: App, view: View | None) -> None:
    """Fill the inputs: on a first visit with what runs at once, or with what the comparison in view was asked."""
    state = st.session_state
    if view is not None and state.get("filled_from") != view.id:
        _fill(view.prompt, view.system, view.params)
        state.filled_from = view.id
    elif "models" not in state:
        chosen = picks.default(app.catalog.models(session.route()))
        twice = len(chosen) == 2 and chosen[1].endswith("#2")
        warm = {chosen[0]: {"temperature": 0.0}, chosen[1]: {"temperature": 1.0}} if twice else {}
        _fill(FIRST_PROMPT, "", {**asdict(defaults(app.choices.now())), "models": chosen, "overrides": warm})


def _fill(prompt: str, system: str, params: Mapping[str, Any]) -> None:
    state = st.session_state
    state.prompt, state.system = prompt, system
    state.models = picks.named(picks.ref_of(str(ref)) for ref in params.get("models", ()))[: picks.MAX_SLOTS]
    state.max_tokens = params.get("max_tokens") or MAX_TOKENS
    state.stream = params.get("stream", True)
    state.temperature = _float(params.get("temperature"))
    for pick in state.models:
        own = params.get("overrides", {}).get(pick, {})
        state[f"temperature {pick}"] = _float(own.get("temperature"))
        state[f"max_tokens {pick}"] = own.get("max_tokens")
        state[f"system {pick}"] = own.get("system", "")


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


def draw(app: App) -> None:
    """Draw the inputs. Their values are in the session's state, and last while other pages are in view."""
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
    with st.expander(f"Parameters: {_summary()}", key="parameters", icon=":material/tune:"):
        _defaults()
        _slots()


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
        entry = known.get(picks.ref_of(pick))
        return picks.label(pick, entry) if entry else value

    st.multiselect(
        "Models",
        picks.options(entries, chosen),
        key="models",
        format_func=label,
        max_selections=picks.MAX_SLOTS,
        accept_new_options=True,
        filter_mode="contains",  # fuzzy would put a look-alike in the place of a model that is typed in full
        select_all=False,
        persist_state="session",
        placeholder="Choose models, or type any provider/model",
        help=f"Up to {picks.MAX_SLOTS} answers side by side. To put the same model in twice, with another "
        "temperature for instance, choose it again as #2. A model that is not in the list can be typed as "
        "provider/model.",
    )
    for ref in dict.fromkeys(map(picks.ref_of, chosen)):
        entry = known.get(ref) or app.catalog.entry(ref, route)
        if entry.why_not:
            st.caption(f":material/block: **{plain(ref)}** is not ready. {plain(entry.why_not)}")


def _summary() -> str:
    chosen = parameters()
    temperature = chosen["temperature"]
    parts = [
        "provider's temperature" if temperature is None else f"temperature {temperature:g}",
        f"up to {chosen['max_tokens']:,} tokens",
        "streaming" if chosen["stream"] else "not streaming",
    ]
    if own := len(chosen["overrides"]):
        parts.append(f"own settings for {own} {'model' if own == 1 else 'models'}")
    return plain(", ".join(parts))


def _defaults() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _temperature("Temperature", "temperature", "provider's default")
        _tokens("Max tokens", "max_tokens", None)
        st.toggle(
            "Stream the answers",
            key="stream",
            persist_state="session",
            help="Without streaming each answer arrives in one piece, and no time to first token can be measured.",
        )


def _slots() -> None:
    """A row for each picked model: what it has of its own."""
    for pick in picked():
        ref = picks.ref_of(pick)
        provider, _, model = ref.partition("/")
        st.markdown(f"**{plain(pick)}**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if takes_temperature(Target(provider, model, "direct")):
                _temperature("Temperature", f"temperature {pick}", "as above")
            else:
                st.text_input(
                    "Temperature",
                    key=f"no temperature {pick}",
                    placeholder="not sent: it takes none",
                    disabled=True,
                    width=200,
                )
            _tokens("Max tokens", f"max_tokens {pick}", "as above")
            st.text_input("System prompt", key=f"system {pick}", persist_state="session", placeholder="as above")


def _temperature(label: str, key: str, placeholder: str) -> None:
    st.number_input(
        label,
        min_value=0.0,
        max_value=2.0,
        value=None,
        step=0.1,
        format="%g",
        key=key,
        persist_state="session",
        placeholder=placeholder,
        width=200,
        help="0 repeats itself, 1 varies. Empty: nothing is sent, and the provider's default holds."
        if key == "temperature"
        else None,
    )


def _tokens(label: str, key: str, placeholder: str | None) -> None:
    st.number_input(
        label,
        min_value=1,
        max_value=1_000_000,
        value=None,
        step=256,
        key=key,
        persist_state="session",
        placeholder=placeholder or f"{MAX_TOKENS}",
        width=160,
        help="The longest answer that is asked for, reasoning included." if key == "max_tokens" else None,
    )
