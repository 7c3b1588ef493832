"""Deleting what is chosen: asked for with what it means for the statistics, refused while any of it runs."""

from collections import Counter

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.store import experiments as kept
from llm_backends.store.conversations import deleting
from llm_backends.store.conversations import kept as conversations
from llm_backends.store.search.entries import Kind
from pages._history.exporting import Picked
from pages._shared.session import App


def draw(app: App, picked: Picked) -> None:
    """Draw the question, with what deleting means."""
    busy = [id for kind, id in picked if _busy(app, kind, id)]
    counted = Counter(kind for kind, _ in picked)
    counts = ", ".join(f"{many} {kind if many == 1 else f'{kind}s'}" for kind, many in counted.items())
    st.markdown(
        f"**{counts}** go for good, with every call, answer and vote of theirs. Insights counts these calls no more: "
        "latencies, costs and sums of the past change, and so may ratings. The sums of their days are made anew."
    )
    st.button(
        "Delete for good",
        key="delete_now",
        type="primary",
        disabled=bool(busy),
        help=f"{len(busy)} of them still run: stop them first." if busy else None,
        on_click=_delete_now,
        args=(app, picked),
    )


def _busy(app: App, kind: Kind, id: str) -> bool:
    if kind == "comparison":
        run = app.runs.get(id)
        return run is not None and not run.finished
    if kind == "conversation":
        return any(run.conversation_id == id for run in app.runs.live())
    with app.log.database.reading() as connection:
        one = kept.one(connection, id)
        return one is not None and (one.held or any(judge.held for judge in kept.judging(connection, id)))


def _delete_now(app: App, picked: Picked) -> None:
    state = st.session_state
    try:
        if any(_busy(app, kind, id) for kind, id in picked):
            raise ConfigError("One of them has begun to run meanwhile: stop it first.")
        app.log.flush(3.0)
        gone = [id for kind, id in picked if kind == "comparison"]
        with app.log.database.writing() as connection:
            deleting.delete_comparisons(connection, gone)
            for kind, id in picked:
                if kind == "conversation":
                    gone += conversations.turn_ids(connection, id)
                    deleting.conversation(connection, id)
        app.runs.forget(gone)  # a page that shows one would read it from memory still
        for kind, id in picked:
            if kind == "experiment":
                for _ in deleting.experiment(app.log.database, id):
                    pass
    except ConfigError as exc:
        state.history_problem = f"Not all is deleted. {exc}"
    else:
        state.history_told = f"{len(picked)} deleted."
        for kind, id in picked:
            state.pop(f"chosen {kind} {id}", None)
