"""Says before a run how many of the picked models cannot answer, and leaves them out where that is wanted."""

import streamlit as st

from llm_backends.runs.plan import ref_of
from pages._inputs import chosen
from pages._shared import session
from pages._shared.session import App


def draw(app: App) -> None:
    """Say by the Run button how many of the picked models will fail, and offer to unpick them; nobody has to."""
    picked = chosen.picked()
    route = session.route()
    ready = [pick for pick in picked if app.catalog.entry(ref_of(pick), route).ready]
    if len(ready) == len(picked):
        return
    with st.container(horizontal=True, vertical_alignment="center", width="content", key="unready"):
        if ready:
            left = len(picked) - len(ready)
            verb = "is" if left == 1 else "are"
            st.markdown(f":small[:material/block: {left} of {len(picked)} models {verb} not ready and will fail.]")
            st.button("Leave them out" if left > 1 else "Leave it out", key="leave_out", on_click=_keep, args=(ready,))
        else:
            st.markdown(":small[:material/block: No picked model is ready: a run will fail.]")


def _keep(ready: list[str]) -> None:
    st.session_state.models = ready
