"""The table of Azure deployments: each model's deployment and wire, where they come from, edits and checks."""

from dataclasses import replace

import streamlit as st

from llm_backends.settings.azure import WIRES, suggestion, wire_for
from llm_backends.settings.preferences import DEPLOYMENT
from pages._settings import checks, deployment_rows, saved
from pages._settings.deployment_rows import AUTO, NEW
from pages._shared.format import plain
from pages._shared.session import App

_COLUMNS = [2.8, 2.8, 2.3, 3.4, 1.1]
_HEADS = ("Model", "Deployment", "Wire", "Set by", "")
_ADDED = "Any other model: provider/model"


def draw(app: App) -> None:
    """The table, what can be done with all of it, and a row for another model."""
    st.caption(
        "A deployment that is saved here is kept in the database and comes before its variable. A check tries what is "
        "in the row, saved or not, at every endpoint. The suggestions are the usual names; nothing is kept until saved."
    )
    with st.container(key="deployment_heads"):
        for column, head in zip(st.columns(_COLUMNS), _HEADS, strict=True):
            column.caption(head)
    for ref in deployment_rows.models(app):
        with st.container(key=f"row_{ref.replace('/', '_')}", gap=None):
            _row(app, ref)
            checks.draw(DEPLOYMENT + ref)
    _another(app)
    with st.container(horizontal=True):
        st.button(
            "Save",
            key="save_deployments",
            type="primary",
            icon=":material/save:",
            on_click=deployment_rows.save,
            args=(app,),
        )
        st.button("Use suggestions", key="suggest", on_click=deployment_rows.suggest, args=(app,))
        st.button("Check all", key="check_deployments", on_click=deployment_rows.check_all, args=(app,))
    saved.told(deployment_rows.PLACE)


def _row(app: App, ref: str) -> None:
    in_use = app.settings.azure.deployments.get(ref)
    name, wire = f"name {ref}", f"wire {ref}"
    saved.follow(name, in_use.name if in_use else "")
    saved.follow(wire, (in_use and in_use.wire) or AUTO)
    model, deployment, by, source, button = st.columns(_COLUMNS, vertical_alignment="center")
    edited = " :orange-badge[not saved]" if deployment_rows.typed(ref) != deployment_rows.in_use(app, ref) else ""
    model.markdown(f"**{plain(ref)}**{edited}")
    hint = suggestion(ref)
    deployment.text_input(
        f"Deployment of {ref}",
        key=name,
        label_visibility="collapsed",
        placeholder=f"for example {hint}" if hint else "not mapped",
        persist_state="session",
    )
    _wire(by, app, ref, wire)
    with source.container(gap=None):
        st.caption(plain(deployment_rows.source(app, ref)))
        if DEPLOYMENT + ref in app.preferences.now():
            label = "Back to the variable" if ref in app.installed.azure.deployments else "Take back"
            st.button(label, key=f"back_{ref}", on_click=deployment_rows.back, args=(app, ref), type="tertiary")
    button.button("Check", key=f"check_{ref}", on_click=deployment_rows.check, args=(app, ref))


def _wire(place, app: App, ref: str, key: str) -> None:
    azure = replace(app.settings.azure, deployments={})
    means = (wire_for(ref, azure) or "not offered") if azure.endpoint else "no endpoint"
    place.selectbox(
        f"Wire of {ref}",
        [AUTO, *WIRES],
        key=key,
        format_func=lambda wire: f"auto: {means}" if wire == AUTO else wire,
        label_visibility="collapsed",
        persist_state="session",
    )


def _another(app: App) -> None:
    model, deployment, by, said, _ = st.columns(_COLUMNS, vertical_alignment="center")
    labels = (_ADDED, "Deployment of the other model")
    for place, label, key in zip((model, deployment), labels, NEW, strict=False):
        place.text_input(
            label,
            key=key,
            label_visibility="collapsed",
            placeholder=label.partition(" of ")[0],
            persist_state="session",
        )
    by.selectbox("Wire of the other model", [AUTO, *WIRES], key=NEW[2], label_visibility="collapsed")
    said.caption("Saved with the rows above")
