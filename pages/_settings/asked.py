"""What a link to the Settings page asks for: a provider's key, or a model's deployment, brought into view once."""

import re

import streamlit as st

from pages._settings import deployment_rows
from pages._settings.deployment_rows import NEW
from pages._shared import scroll
from pages._shared.session import App


def answer(app: App) -> None:
    """Take the address's `key` or `deployment` and go to its input. A model without a row is filled into the empty one.

    Call it before the rows are drawn.
    """
    provider, ref = st.query_params.pop("key", None), st.query_params.pop("deployment", None)
    if provider:
        _go_to(f"key {provider}")
    elif ref in deployment_rows.models(app):
        _go_to(f"name {ref}")
    elif ref:
        st.session_state[NEW[0]] = ref
        _go_to(NEW[1])


def _go_to(key: str) -> None:
    name = re.sub(r"[^a-zA-Z0-9_-]", "-", key)  # as Streamlit writes a widget's key into its class
    scroll.into_view(f".st-key-{name} input", block="center")
