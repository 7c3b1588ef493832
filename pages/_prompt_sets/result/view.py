"""The result of an experiment on its page: verdicts first, then slots, matrix, changes, checks and exports."""

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.results.columns import Columns
from llm_backends.store import experiments as kept
from llm_backends.store.experiments import Experiment
from pages._prompt_sets import pairs
from pages._prompt_sets.judge import ask
from pages._prompt_sets.result import changed, exports, matrix, read, recheck, slots, verdicts
from pages._shared.format import plain
from pages._shared.parts import part
from pages._shared.session import App


def draw(app: App, experiment: Experiment, live: bool) -> None:
    """Draw it; anew from time to time while the experiment runs."""
    if not experiment.counts.ended and not live:
        return
    part(_results, read.every_s(experiment) if live else None)(app, experiment.id, live)


def _results(app: App, id: str, live: bool) -> None:
    try:
        with app.log.database.reading() as connection:
            one = kept.one(connection, id)
        if one is not None:
            _parts(app, one, live)
    except ConfigError as exc:
        st.error(plain(exc), icon=":material/database_off:")


def _parts(app: App, one: Experiment, live: bool) -> None:
    key = read.key(app, one, live)
    columns = read.columns(app, one, key)
    if not columns.called.any():
        st.caption("Results are shown here as soon as the first calls have ended.")
        return
    first = st.container()
    slots.draw(columns)
    st.subheader("Prompts", anchor=False)
    part(_matrix)(app, columns)
    with first:  # they take the longest to work out
        verdicts.draw(columns, key, live)
    recheck.draw(app, columns)
    changed.draw(app, columns)
    if not live and columns.slots > 1:
        pairs.link(one.id)
        ask.draw(app, columns)
    st.markdown("**Take it away**")
    exports.draw(app, columns)


def _matrix(app: App, columns: Columns) -> None:
    """A fragment of its own: turning its pages leaves the rest alone."""
    try:
        matrix.draw(app, columns)
    except ConfigError as exc:
        st.error(plain(exc), icon=":material/database_off:")
