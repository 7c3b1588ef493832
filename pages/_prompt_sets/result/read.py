"""An experiment's columns, kept in the process: read again only when there is more to read."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from llm_backends.checks.checks import checks_id
from llm_backends.clock import now_ms
from llm_backends.results.columns import Columns, read
from llm_backends.results.differences import Compared, differences
from llm_backends.store import judgements
from llm_backends.store.database import Database
from llm_backends.store.experiments import Experiment
from pages._shared.session import App

Key = tuple[object, ...]


def every_s(experiment: Experiment) -> int:
    """How often the results of one that runs are read anew: 100,000 calls take a second."""
    return 4 if experiment.counts.ended < 20_000 else 20


def key(app: App, experiment: Experiment, live: bool) -> Key:
    """What the columns depend on. Raises ConfigError where the log can't be read."""
    kept = experiment.plan.get("checks") or ()
    checks = checks_id(kept)
    if live:
        return experiment.id, checks, int(now_ms() // (1000 * every_s(experiment)))
    left = 0
    if kept:
        with app.log.database.reading() as connection:
            left = judgements.left(connection, experiment.id, checks)
    return experiment.id, checks, experiment.counts.ended, left


def columns(app: App, experiment: Experiment, key: Key) -> Columns:
    """The experiment's columns. Raises ConfigError where the log can't be read."""
    return replace(_columns(key, app.log.database, experiment), experiment=experiment)


@st.cache_resource(show_spinner="Reading the results…", max_entries=8)
def _columns(key: Key, _database: Database, _experiment: Experiment) -> Columns:
    return read(_database, _experiment)


def against(columns: Columns, key: Key, baseline: int, worth: Mapping[str, float]) -> tuple[Compared, ...]:
    """Every other slot against this one."""
    return _against(key, baseline, tuple(sorted(worth.items())), columns)


@st.cache_resource(show_spinner=False, max_entries=32)
def _against(key: Key, baseline: int, worth: tuple[tuple[str, float], ...], _columns: Columns) -> tuple[Compared, ...]:
    others = [slot for slot in range(_columns.slots) if slot != baseline]
    return differences(_columns, [(baseline, other) for other in others], worth=dict(worth))
