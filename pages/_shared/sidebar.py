"""The sidebar: the routing toggle, what it means now, and whatever is wrong with the installation."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import streamlit as st

from llm_backends import sentences
from llm_backends.facts import NotReady
from pages._shared import session
from pages._shared.format import plain
from pages._shared.parts import part
from pages._shared.session import App

ROUTE = "route"
"""What a link sets to turn the toggle: "direct" or "azure"."""


def draw(app: App, pages: Sequence, page: str) -> None:
    """Draw the sidebar. `page` is the one in view, by its address: Compare and Chat show one of the runs themselves."""
    with st.sidebar:
        with st.container(key="pages"):
            for page in pages:
                st.page_link(page, width="stretch")
        if app.settings.simulated:
            st.warning("**Simulated providers.** No answer, latency or price here is real.", icon=":material/science:")
        _route(app)
        _providers(app)
        for problem in app.settings.problems:
            st.warning(plain(sentences.problem(problem)), icon=":material/settings_alert:")
        shown = _shown(page)
        experiment = st.query_params.get("experiment")
        goes_on = [run.id != shown for run in session.live_runs(app)]
        goes_on += [one.id != experiment for one in app.experiments.running()]
        busy = any(goes_on) or not app.log.flush(0)
        part(_status, 2 if busy else None)(app, shown, experiment)


def _shown(page: str) -> str | None:
    """The run that the page in view shows."""
    name = {"": ("run", "run_id"), "chat": ("turn", "turn")}.get(page)
    return (st.query_params.get(name[0]) or st.session_state.get(name[1])) if name else None


def _route(app: App) -> None:
    azure = app.settings.azure
    _turned(azure.enabled)
    st.toggle(
        "Route through Azure AI Foundry",
        key="route_azure",
        help="Takes effect with the next run. Models on this machine stay here on either route.",
    )
    on = session.route() == "azure"
    _keep_in_address(on, azure.enabled)
    needed = {"ENDPOINT": azure.endpoint} | ({"KEY": azure.key} if azure.auth == "key" else {})
    unset = [name for name, value in needed.items() if not value]
    if not on:
        st.caption("Direct: each vendor's own endpoint.")
    elif not unset:
        st.caption(f"Azure AI Foundry at {plain(urlsplit(azure.endpoint).netloc)}.")
    if unset:
        names = " and ".join(f"`AZURE_AI_FOUNDRY_{name}`" for name in unset)
        said = f"Azure AI Foundry isn't configured: set {names} in `.env` or the environment and start LLMSelect again."
        if on:
            st.warning(f"{said} Until then only models on this machine can answer.", icon=":material/cloud_off:")
        else:
            st.caption(said)


def _turned(at_first: bool) -> None:
    """Turn the toggle as a link asks, or, when the page is loaded, as its address says."""
    state, address = st.session_state, st.query_params
    asked = address.pop(ROUTE, None)
    if asked:
        state.route_azure = asked == "azure"
    elif "route_azure" not in state:
        state.route_azure = address.get("route_azure", str(at_first).lower()) == "true"


def _keep_in_address(on: bool, at_first: bool) -> None:
    """Write the route into the address: a reload must not change it behind the analyst's back.

    Only where it isn't what the installation says, and again whenever it is missing: a toggle bound to the address
    would lose it when the link of the page in view is clicked, as Streamlit leaves it out there.
    """
    word = str(on).lower()
    if on == at_first:
        st.query_params.pop("route_azure", None)
    elif st.query_params.get("route_azure") != word:
        st.query_params["route_azure"] = word


def _providers(app: App) -> None:
    """One line a provider: ready on this route, or what one of its models lacks."""
    found: dict[str, NotReady | None] = {}
    for entry in app.catalog.models(session.route()):
        if entry.ready or entry.provider not in found:
            found[entry.provider] = entry.why_not
    ready = [name for name, why_not in found.items() if not why_not]
    waiting = {name: why_not for name, why_not in found.items() if why_not}
    lines = [f":green[:material/check_circle:] {plain(name)}" for name in ready]
    lines += [f":material/circle: {plain(name)}" for name in waiting]
    missing = "\n".join(
        f"- **{plain(name)}**: {plain(sentences.sentence(why_not))}" for name, why_not in waiting.items()
    )
    st.caption("  \n".join(lines), help=f"What is missing on this route:\n\n{missing}" if waiting else None)


_PAGES = {"prompt set": "pages/prompt_sets.py", "route lab": "pages/route_lab.py"}


def _status(app: App, shown: str | None, experiment: str | None) -> None:
    """What goes on in the background: runs that are not `shown`, other experiments, rows that cannot be written."""
    for run in session.live_runs(app):
        session.watch(run)
        done = len(run.results)
        if run.id == shown:
            continue
        if run.conversation_id:
            st.page_link(
                "pages/chat.py",
                label="Chat: answering",
                icon=":material/progress_activity:",
                query_params={"conversation": run.conversation_id, "turn": run.id},
            )
        else:
            st.page_link(
                "pages/compare.py",
                label=f"Comparison running: {done} of {len(run.race.lanes)} done",
                icon=":material/progress_activity:",
                query_params={"run": run.id},
            )
    for one in app.experiments.running():
        if one.id != experiment:
            progress = one.progress
            st.page_link(
                _PAGES[one.plan.kind],
                label=f"Experiment running: {progress.ended:,} of {progress.total:,} calls",
                icon=":material/progress_activity:",
                query_params={"experiment": one.id},
                help=plain(one.plan.name),
            )
    if app.log.problem:
        st.error(plain(app.log.problem), icon=":material/database_off:")
