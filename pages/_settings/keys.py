"""Keys: which are set and where, never what they are; one for this browser session alone; and checks."""

from collections.abc import Iterator
from typing import NamedTuple

import streamlit as st

from llm_backends.runs.check import check_provider
from llm_backends.sentences import sentence
from llm_backends.settings.preferences import refused_key
from llm_backends.vendors import PROVIDERS
from pages._settings import checks
from pages._shared import session
from pages._shared.format import plain
from pages._shared.session import App

AZURE = "azure"


class Key(NamedTuple):
    """A provider's key: whether it is set, where, and the variables that can set it."""

    provider: str
    is_set: bool
    where: str
    variables: tuple[str, ...]


def keys(app: App) -> Iterator[Key]:
    """Of every provider, of every compatible server, and of Azure's first endpoint."""
    own, installed = session.keys(), app.installed
    places = {name: (provider.keys, name in installed.keys) for name, provider in PROVIDERS.items()}
    for name, server in installed.compatible.items():
        variable = f"COMPATIBLE_{name.upper().replace('-', '_')}_API_KEY"
        places[name] = ((variable,), server.api_key is not None)
    places[AZURE] = (("AZURE_AI_FOUNDRY_KEY",), installed.azure.key is not None)
    for name, (variables, is_set) in places.items():
        source = next((variable for variable in variables if variable in installed.sources), None)
        if name in own:
            where = "this browser session"
        elif is_set and source:
            where = f"{source} in {installed.sources[source]}"
        elif name == AZURE and installed.azure.auth == "entra":
            where = "Entra ID is used in place of a key"
        else:
            where = f"set {' or '.join(variables)}, or give one here"
        yield Key(name, name in own or is_set, where, variables)


def draw(app: App) -> None:
    """One row a provider."""
    st.caption(
        "A key that is given here lasts for this browser session and is kept nowhere: not in the database, the log or "
        "`.env`. It comes before the environment's. A check is the smallest real call; it costs next to nothing."
    )
    for key in keys(app):
        with st.container(border=True, key=f"key_{key.provider}"):
            _row(app, key)
            if told := st.session_state.get(f"refused_key {key.provider}"):
                st.error(told, icon=":material/edit_note:")
            checks.draw(f"key {key.provider}")


def _row(app: App, key: Key) -> None:
    title = "Azure AI Foundry" if key.provider == AZURE else key.provider
    state = ":green-badge[:material/check: set]" if key.is_set else ":gray-badge[not set]"
    said, given = st.columns([2, 3], vertical_alignment="center")
    said.markdown(f"**{plain(title)}** {state}  \n:gray[{plain(key.where)}]")
    with given.container(horizontal=True, vertical_alignment="bottom", key=f"give_{key.provider}"):
        with st.form(f"form_{key.provider}", border=False, clear_on_submit=True):
            with st.container(horizontal=True, vertical_alignment="bottom"):
                st.text_input(
                    f"Key for {title}",
                    key=f"key {key.provider}",
                    type="password",
                    placeholder="Key for this session",
                    label_visibility="collapsed",
                    autocomplete="off",
                )
                st.form_submit_button("Use", key=f"use_{key.provider}", on_click=_take, args=(key.provider,))
        if key.provider in session.keys():
            st.button("Forget", key=f"forget_{key.provider}", on_click=_forget, args=(key.provider,))
        if key.provider != AZURE:
            st.button("Check", key=f"check_{key.provider}", on_click=_check, args=(app, key.provider))


def _take(provider: str) -> None:
    """Move what was typed out of the widget, so that it is never sent to the page again."""
    state = st.session_state
    typed = state.get(f"key {provider}", "").strip()
    state[f"key {provider}"] = ""
    refused = refused_key(typed) if typed else None
    told = sentence(refused) if refused else "" if typed else "Type or paste a key first."
    state[f"refused_key {provider}"] = told
    if not told:
        state["keys"] = session.keys() | {provider: typed}
        _drop_checks(provider)


def _forget(provider: str) -> None:
    st.session_state[f"refused_key {provider}"] = None
    session.forget(provider)
    _drop_checks(provider)


def _drop_checks(provider: str) -> None:
    """They were made with another key."""
    own = checks.checks()
    own.forget(f"key {provider}")
    for name in list(own.found) if provider == AZURE else ():
        if name.startswith("deployment "):
            own.forget(name)


def _check(app: App, provider: str) -> None:
    checks.checks().start(f"key {provider}", lambda: (check_provider(app.catalog, provider),))
