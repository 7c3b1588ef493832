"""The experiments on record, newest first; each opens by its address."""

import streamlit as st

from llm_backends.store import experiments as kept
from llm_backends.store.experiments import Experiment
from pages._experiments import words
from pages._shared.format import dollars, moment, plain, start_of
from pages._shared.session import App

SHOWN = 5
_ICONS = {
    "running": "progress_activity",
    "queued": "schedule",
    "done": "check_circle",
    "paused": "pause_circle",
    "stopped": "stop_circle",
    "interrupted": "power_off",
    "ready": "circle",
}


def draw(app: App, page: str, kind: str) -> None:
    """The latest of this kind; a judge's are with what they judge. Raises ConfigError where the log can't be read."""
    more = st.session_state.get("experiments_shown", SHOWN)
    with app.log.database.reading() as connection:
        recent = [one for one in kept.recent(connection, 200) if one.judges is None]
    found = [one for one in recent if one.plan.get("kind", "prompt set") == kind]
    if not found:
        return
    st.subheader("On record", anchor=False)
    for one in found[:more]:
        _entry(one, page)
    if len(found) > more:
        st.button("Show more", on_click=lambda: st.session_state.update(experiments_shown=more + 20))


def _entry(one: Experiment, page: str) -> None:
    state, counts = words.state(one), one.counts
    models = ", ".join(dict.fromkeys(slot["model"] for slot in one.plan["slots"]))
    done = f"{counts.ended:,} of {one.total:,} calls" if counts.ended < one.total else f"{one.total:,} calls"
    parts = [moment(one.created_at), words.state_word(state), done]
    parts += [f"{dollars(counts.spent_usd)} known cost"] if counts.spent_usd else []
    parts += [f"{counts.failed:,} failed"] if counts.failed else []
    with st.container(border=True, key=f"entry_{one.id}"):
        st.page_link(
            page,
            label=f"**{plain(start_of(one.name))}**",
            icon=f":material/{_ICONS.get(state, 'circle')}:",
            query_params={"experiment": one.id},
            width="stretch",
        )
        st.caption(plain(f"{' · '.join(parts)} · {models}"))
