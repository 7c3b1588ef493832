"""Route lab: is a model slower on one side, direct or an Azure endpoint, than on the other, and by how much?"""

import streamlit as st

from llm_backends.errors import ConfigError
from pages._experiments import records, standing
from pages._experiments.standing import Standing
from pages._route_lab import choosing, found
from pages._shared import session
from pages._shared.format import moment, plain
from pages._shared.session import App

PAGE = "pages/route_lab.py"
KIND = "route lab"


def shown(app: App) -> Standing | None:
    """The Route lab that the address names."""
    id = st.query_params.get("experiment")
    now = standing.standing(app, id) if id else None
    if id and (now is None or now.record.plan.get("kind") != KIND):
        st.query_params.pop("experiment", None)
        st.info("The Route lab in this address is not in the call log.", icon=":material/link_off:")
        return None
    return now


def draw(app: App) -> None:
    """The choice, then the Route lab that is shown, or those on record."""
    # Each part has a container of its own, so that one which grows doesn't take the next one's place.
    with st.container():
        now = shown(app)
        choosing.draw(app, now and now.record)
    with st.container():
        if now is None:
            records.draw(app, PAGE, KIND)
            return
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader(plain(now.record.name), anchor=False)
            st.page_link(PAGE, label="All Route labs", icon=":material/arrow_back:")
        st.caption(plain(moment(now.record.created_at)))
    with st.container():
        standing.draw(app, now.record.id, now.live)
        if now.live:
            st.caption("What it found is told when it has ended: whoever looks on the way finds too much.")
    with st.container():
        if not now.live and now.record.counts.ended:
            found.draw(app, now.record)


st.title("Route lab", anchor=False)
st.caption("The same prompts on two sides, call by call in turn: how much later is one, and is it real?")
app = session.app()
try:
    draw(app)
except ConfigError as exc:
    st.error(plain(exc), icon=":material/database_off:")
