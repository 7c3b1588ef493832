"""Other checks for an experiment that has run: judged over the kept answers, without a call."""

import streamlit as st

from llm_backends.checks.checks import checks_id, to_json
from llm_backends.errors import ConfigError
from llm_backends.experiments.checking.kept import usable
from llm_backends.results.columns import Columns
from pages._prompt_sets import checks
from pages._shared.format import plain
from pages._shared.parts import part
from pages._shared.session import App


def draw(app: App, columns: Columns) -> None:
    """The editor, and how far the judging is."""
    id, kept = columns.experiment.id, columns.experiment.plan.get("checks") or ()
    folder = st.expander(
        "Checks" if kept else "Add checks", icon=":material/rule:", key="result_checks", on_change="rerun"
    )
    if folder.open:
        with folder:
            st.caption(
                "The answers on record are judged again, without a call. What the earlier checks found is replaced."
            )
            found = checks.edit(f"later {id[:8]}", usable(kept), f"{id} {columns.checks}")
            wrong = None
            if found is None:
                wrong = "Mend what is marked above first."
            elif checks_id([to_json(one) for one in found]) == columns.checks:
                wrong = "These are the present checks: change one first."
            pressed = st.button(
                "Judge the answers again", icon=":material/gavel:", disabled=bool(wrong), help=wrong, key="recheck"
            )
            if pressed and found is not None:
                try:
                    app.experiments.recheck(id, found)
                except ConfigError as exc:
                    st.error(plain(exc), icon=":material/database_off:")
                    return
                st.rerun()
    unjudged = columns.checked and bool((columns.called & ~columns.failed & ~columns.judged).any())
    progress(app, id, unjudged)


def progress(app: App, id: str, unjudged: bool) -> None:
    """How far the judging is, drawn anew until it is over; then the page with what it found."""
    judging = app.experiments.rechecking(id)
    going = judging is not None and not judging.wait(0)
    if going or (judging and judging.problem):
        part(_progress, 0.5 if going else None)(app, id)
    elif unjudged and app.experiments.get(id) is None:
        _unjudged(app, id)


def _progress(app: App, id: str) -> None:
    judging = app.experiments.rechecking(id)
    if judging is None:
        return
    if judging.problem:
        st.error(plain(judging.problem), icon=":material/database_off:")
    elif judging.wait(0):
        st.rerun()
    else:
        share = min(1.0, judging.judged / judging.total) if judging.total else 0.0
        st.progress(share, f"Judging the answers: {judging.judged:,} of {judging.total:,}")


def _unjudged(app: App, id: str) -> None:
    """Answers that nobody judged, since the process that did was ended."""
    st.button(
        "Judge the answers that are left",
        icon=":material/gavel:",
        key="judge_left",
        on_click=_again,
        args=(app, id),
        help="Some answers have not been judged by the present checks yet.",
    )


def _again(app: App, id: str) -> None:
    from llm_backends.store import experiments

    try:
        with app.log.database.reading() as connection:
            found = experiments.one(connection, id)
        if found is not None:
            app.experiments.recheck(id, usable(found.plan.get("checks") or ()))
    except ConfigError:
        pass  # the page says it, which reads the same log
