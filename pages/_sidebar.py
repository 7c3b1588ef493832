"""The sidebar: the routing toggle, what it means now, and whatever is wrong with the installation."""

from urllib.parse import urlsplit

import streamlit as st

from . import _shared
from ._format import plain
from ._shared import App


def draw(app: App, watching: bool) -> None:
    """Draw the sidebar. `watching`: keep an eye on this session's run, since the page in view does not show it."""
    with st.sidebar:
        if app.settings.simulated:
            st.warning("**Simulated providers.** No answer, latency or price here is real.", icon=":material/science:")
        _route(app)
        _providers(app)
        for problem in app.settings.problems:
            st.warning(plain(problem), icon=":material/settings_alert:")
        run = _shared.my_run(app)
        busy = (run is not None and not run.race.finished) or not app.log.flush(0)
        st.fragment(_status, run_every=2 if busy else None)(app, watching)


def _route(app: App) -> None:
    azure = app.settings.azure
    st.toggle(
        "Route through Azure AI Foundry",
        value=azure.enabled,
        key="route_azure",
        bind="query-params",  # a reload must not change the route behind the analyst's back
        help="Takes effect with the next run. Models on this machine stay here on either route.",
    )
    on = _shared.route() == "azure"
    unset = [name for name, value in (("ENDPOINT", azure.endpoint), ("KEY", azure.key)) if not value]
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


def _providers(app: App) -> None:
    """One line a provider: ready on this route, or what one of its models lacks."""
    found: dict[str, str | None] = {}
    for entry in app.catalog.models(_shared.route()):
        if entry.ready or entry.provider not in found:
            found[entry.provider] = entry.why_not
    ready = [name for name, why_not in found.items() if not why_not]
    waiting = {name: why_not for name, why_not in found.items() if why_not}
    lines = [f":green[:material/check_circle:] {plain(name)}" for name in ready]
    lines += [f":material/circle: {plain(name)}" for name in waiting]
    missing = "\n".join(f"- **{plain(name)}**: {plain(why_not)}" for name, why_not in waiting.items())
    st.caption("  \n".join(lines), help=f"What is missing on this route:\n\n{missing}" if waiting else None)


def _status(app: App, watching: bool) -> None:
    """What goes on in the background: this session's run, and rows that cannot be written."""
    run = _shared.my_run(app)
    if watching and run is not None:
        run.watch()
        done = sum(lane.state == "done" for lane in run.race.lanes)
        if not run.race.finished:
            st.page_link(
                "pages/compare.py",
                label=f"Comparison running: {done} of {len(run.race.lanes)} done",
                icon=":material/progress_activity:",
                query_params={"run": run.id},
            )
    if app.log.problem:
        st.error(plain(app.log.problem), icon=":material/database_off:")
