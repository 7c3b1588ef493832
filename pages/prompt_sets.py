"""Prompt sets: the same models over many prompts, within a budget, and whether a difference is real."""

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.store.prompt_sets import PromptSets
from pages._experiments import records, standing
from pages._prompt_sets import form, pairs
from pages._prompt_sets.judge import found
from pages._prompt_sets.result import view
from pages._shared import session
from pages._shared.format import moment, plain, start_of
from pages._shared.session import App

PAGE = "pages/prompt_sets.py"


def experiment(app: App, id: str) -> None:
    """One experiment: how far it is, and what it came to."""
    now = standing.standing(app, id)
    if now is None:
        st.query_params.pop("experiment", None)
        st.info("The experiment in this address is not in the call log.", icon=":material/link_off:")
        form.draw(app)
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(plain(now.record.name), anchor=False)
        st.page_link(PAGE, label="All experiments", icon=":material/arrow_back:")
    asked = PromptSets(app.log.database).one(now.record.prompt_set_id)
    of = f"{start_of(asked.name, 80)}, {asked.rows:,} prompts" if asked else "a set that is no longer kept"
    named = f"Experiment {now.record.id}. The set is kept by its content, as {now.record.prompt_set_id[:12]}."
    st.caption(plain(f"{moment(now.record.created_at)} · {of}"), help=plain(named))
    if st.query_params.get(pairs.ASKED):
        pairs.draw(app, now.record)
        return
    standing.draw(app, id, now.live)
    (found if now.record.judges else view).draw(app, now.record, now.live)


st.title("Prompt sets", anchor=False)
app = session.app()
try:
    if asked := st.query_params.get("experiment"):
        experiment(app, asked)
    else:
        form.draw(app)
        records.draw(app, PAGE, "prompt set")
except ConfigError as exc:
    st.error(plain(exc), icon=":material/database_off:")
