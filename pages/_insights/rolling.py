"""The summing up of past days, where it is still to be done: how far it is, Stop and Go on."""

import streamlit as st

from pages._insights import read
from pages._shared.parts import part
from pages._shared.session import App

PATIENCE_S = 1.0
EVERY_S = 0.5


def done(app: App) -> bool:
    """Whether what the page shows can be read at once; else it is told how far that is."""
    rolling = read.rolling(app)
    rolling.start(wait_s=PATIENCE_S)
    if rolling.going_on or rolling.stopped:
        part(_progress, EVERY_S if rolling.going_on else None)(app)
        return False
    return True


def _progress(app: App) -> None:
    rolling = read.rolling(app)
    if not rolling.going_on and not rolling.stopped:
        st.rerun()
    said = "Summing up past days, once: their figures are kept, and come at once from then on."
    st.progress(min(1.0, rolling.share), text=f"{said} {rolling.share:.0%}")
    if rolling.stopped:
        st.caption("Stopped. What is summed up is kept; the figures are shown when all of it is.")
        st.button("Go on", icon=":material/play_arrow:", on_click=rolling.go_on, key="rolling_on")
    else:
        st.caption("It goes on while you look at other pages. Calls can be made meanwhile.")
        st.button("Stop", icon=":material/stop:", on_click=rolling.stop, key="rolling_stop")
