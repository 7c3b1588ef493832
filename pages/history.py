"""History: the comparisons in the log, newest first; each opens on the Compare page."""

from collections import Counter

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.store.call_log import Comparison
from pages._shared import session
from pages._shared.format import moment, plain, start_of

PAGE = 20
STATES = {"ok": "done", "stopped": "stopped", "error": "failed"}


def entry(found: Comparison) -> None:
    """One comparison: what was asked, of whom, and how it went."""
    models = Counter(call.result.target.ref for call in found.calls)
    asked = ", ".join(ref if times == 1 else f"{ref} × {times}" for ref, times in models.items())
    states = Counter(STATES[call.result.status] for call in found.calls)
    if missing := found.slots - len(found.calls):
        run = app.runs.get(found.id)
        states["running" if run and not run.finished else "not ended"] = missing
    told = ", ".join(f"{count} {state}" for state, count in states.items())
    simulated = "simulated · " if any(call.result.target.simulated for call in found.calls) else ""
    with st.container(border=True, key=f"entry_{found.id}"):
        st.page_link(
            "pages/compare.py",
            label=f"**{plain(start_of(found.prompt) or 'empty prompt')}**",
            query_params={"run": found.id},
            width="stretch",
        )
        st.caption(plain(f"{moment(found.created_at)} · {simulated}{told} · {asked}"))


st.title("History", anchor=False)
app = session.app()
search = st.text_input(
    "Search in prompts", key="history_search", persist_state="session", icon=":material/search:", max_chars=200
)
shown = st.session_state.setdefault("history_shown", PAGE)
try:
    found = app.log.recent_comparisons(limit=shown + 1, search=search.strip() or None)
except ConfigError as exc:
    st.error(plain(exc), icon=":material/database_off:")
    st.stop()
for one in found[:shown]:
    entry(one)
if not found and search.strip():
    st.info("No prompt contains these words.", icon=":material/search_off:")
elif not found:
    st.info("No comparison yet. Each one that you run is kept here.", icon=":material/history:")
    st.page_link("pages/compare.py", label="Compare models", icon=":material/view_column:")
elif len(found) > shown:
    st.button("Show more", on_click=lambda: st.session_state.update(history_shown=shown + PAGE))
