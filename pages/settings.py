"""Settings: keys, Azure deployments, defaults and own prices; where each value comes from, and whether it works."""

import streamlit as st

from pages._settings import asked, azure, checks, defaults, deployments, keys, prices
from pages._shared import session

app = session.app()

st.title("Settings", anchor=False)
asked.answer(app)
st.subheader("Keys", anchor=False)
keys.draw(app)
st.subheader("Azure deployments", anchor=False)
azure.draw(app.settings)
deployments.draw(app)
st.subheader("Defaults", anchor=False)
defaults.draw(app)
st.subheader("Prices", anchor=False)
prices.draw(app)
checks.poll()
