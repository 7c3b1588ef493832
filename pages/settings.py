"""Settings: keys, Azure deployments and defaults; where each value comes from, and whether it works."""

import streamlit as st

from pages import _azure, _checks, _defaults, _deployments, _keys, _shared

app = _shared.app()

st.title("Settings", anchor=False)
st.subheader("Keys", anchor=False)
_keys.draw(app)
st.subheader("Azure deployments", anchor=False)
_azure.draw(app.settings)
_deployments.draw(app)
st.subheader("Defaults", anchor=False)
_defaults.draw(app)
_checks.poll()
