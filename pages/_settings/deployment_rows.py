"""What is done with the table of deployments: reading what is typed, saving it, taking it back, checking it."""

from typing import Any

import streamlit as st

from llm_backends.catalog.catalog import Catalog
from llm_backends.facts import PreferenceFault
from llm_backends.runs.check import check_deployment
from llm_backends.sentences import sentence
from llm_backends.settings.azure import MAPPED_BY, suggestion, wire_for
from llm_backends.settings.preferences import DEPLOYMENT, applied, fault
from pages._settings import checks, saved
from pages._shared import session
from pages._shared.session import App

PLACE = "deployments"
AUTO = "auto"
NEW = ("new_model", "new_deployment", "new_wire")


def models(app: App) -> list[str]:
    """Those of the starting document, all that are mapped, and those that are preferred here."""
    preferred = (name.removeprefix(DEPLOYMENT) for name in app.preferences.now() if name.startswith(DEPLOYMENT))
    return list(dict.fromkeys([*MAPPED_BY, *app.settings.azure.deployments, *preferred]))


def source(app: App, ref: str) -> str:
    """What maps the model."""
    found = app.settings.azure.deployments.get(ref)
    if found is None:
        return "cannot be used" if DEPLOYMENT + ref in app.preferences.now() else "not mapped"
    return found.variable


def typed(ref: str) -> tuple[str, str]:
    """The deployment and the wire in the row."""
    state = st.session_state
    return state[f"name {ref}"].strip(), state[f"wire {ref}"]


def in_use(app: App, ref: str) -> tuple[str, str]:
    """The deployment and the wire that calls go by."""
    found = app.settings.azure.deployments.get(ref)
    return (found.name, found.wire or AUTO) if found else ("", AUTO)


def _preference(name: str, wire: str) -> dict[str, Any]:
    return {"name": name, "wire": None if wire == AUTO else wire}


def save(app: App) -> None:
    """Write what differs from what is in use. One row that cannot be used keeps all from being written."""
    state, changed, faults = st.session_state, {}, []
    rows = {ref: typed(ref) for ref in models(app) if typed(ref) != in_use(app, ref)}
    if any(state[key].strip() for key in NEW[:2]):
        rows[state[NEW[0]].strip()] = state[NEW[1]].strip(), state[NEW[2]]
    for ref, (name, wire) in rows.items():
        preference = DEPLOYMENT + ref
        if not name and wire == AUTO and preference in app.preferences.now():
            changed[preference] = None
        elif not name and ref in app.settings.azure.deployments:
            faults.append(PreferenceFault(ref, "bound", variable=source(app, ref)))
        elif found := fault(preference, _preference(name, wire)):
            faults.append(found)
        else:
            changed[preference] = _preference(name, wire)
    if faults:
        saved.tell(PLACE, f"Nothing was saved. {' '.join(map(sentence, faults))}", failed=True)
    elif saved.keep(app, PLACE, changed):
        state[NEW[0]] = state[NEW[1]] = ""
        state[NEW[2]] = AUTO


def back(app: App, ref: str) -> None:
    """Take the preference back: the variable holds again, where there is one."""
    if saved.keep(app, PLACE, {DEPLOYMENT + ref: None}):
        for key in (f"name {ref}", f"wire {ref}"):
            st.session_state.pop(key, None)
        checks.checks().forget(DEPLOYMENT + ref)


def suggest(app: App) -> None:
    """Fill what is empty and could be served with the usual names."""
    for ref in MAPPED_BY:
        if not typed(ref)[0] and wire_for(ref, app.settings.azure):
            st.session_state[f"name {ref}"] = suggestion(ref)


def check(app: App, ref: str) -> None:
    """Check what is typed, saved or not."""
    name, wire = typed(ref)
    tried = {DEPLOYMENT + ref: _preference(name, wire)} if name else {}
    if name and (found := fault(DEPLOYMENT + ref, tried[DEPLOYMENT + ref])):
        saved.tell(PLACE, sentence(found), failed=True)
        return
    catalog = Catalog(applied(app.installed, {**app.preferences.now(), **tried}, session.keys()))
    checks.checks().start(DEPLOYMENT + ref, lambda: check_deployment(catalog, ref))


def check_all(app: App) -> None:
    """Check every row that names a deployment."""
    for ref in models(app):
        if typed(ref)[0]:
            check(app, ref)
