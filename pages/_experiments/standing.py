"""How far one experiment is, and the buttons that pause it, stop it or go on with it."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from llm_backends import sentences
from llm_backends.errors import ConfigError
from llm_backends.experiments.engine import Busy, Engine
from llm_backends.experiments.plan_file import PlanUnusable
from llm_backends.experiments.progress import Progress
from llm_backends.store import experiments as kept
from llm_backends.store.experiments import Experiment
from llm_backends.workers.queue import queue
from pages._experiments import words, workers
from pages._shared.format import dollars, plain
from pages._shared.parts import part
from pages._shared.session import App

RUNNING = ("running", "ending", "queued")


@dataclass(frozen=True)
class Standing:
    """An experiment as it stands now: on record, and where this process runs it, from its engine."""

    record: Experiment
    engine: Engine | None
    progress: Progress
    state: str

    @property
    def live(self) -> bool:
        return self.state in RUNNING


def standing(app: App, id: str) -> Standing | None:
    """How the experiment stands; None where there is none. Raises ConfigError where the log can't be read."""
    with app.log.database.reading() as connection:
        record = kept.one(connection, id)
    if record is None:
        return None
    engine = app.experiments.get(record.id)
    if engine is not None and not engine.wait(0):
        return Standing(record, engine, engine.progress, "ending" if engine.ending else "running")
    counts, state = record.counts, words.state(record)
    progress = Progress(
        record.state, record.reason, record.total, counts.ended, counts.failed, 0, counts.spent_usd, None
    )
    return Standing(record, None, progress, state)


def draw(app: App, id: str, live: bool) -> None:
    """The progress, drawn anew every second while it runs, and the whole page once it has ended.

    `live` is what all of the page goes by: an experiment may end while that is drawn.
    """
    part(_progress, 1 if live else None)(app, id, live)


def _progress(app: App, id: str, live: bool) -> None:
    try:
        now = standing(app, id)
    except ConfigError as exc:
        st.error(plain(exc), icon=":material/database_off:")
        return
    if now is None:
        return
    if live != now.live:
        st.rerun()
    progress = now.progress
    share = progress.ended / progress.total if progress.total else 1.0
    told = f"**{words.state_word(now.state).capitalize()}** · {plain(words.counted(progress))}"
    if now.state != "done" or progress.failed:
        st.progress(share, told)
    else:
        st.markdown(told)
    _buttons(app, now)
    for host, seconds in progress.held:
        st.caption(f":material/hourglass_top: {plain(host)} asked for {seconds:.0f} s of quiet; nothing is sent there.")
    if now.engine and now.engine.problem:
        st.error(plain(now.engine.problem), icon=":material/database_off:")
    if said := words.why(now.state, now.record.reason):
        if now.record.reason == "asked" and now.state != "interrupted":
            st.caption(plain(said))
        else:
            st.info(plain(said), icon=":material/pause_circle:")
    if refused := st.session_state.get(f"refused {id}"):
        st.error(refused, icon=":material/block:")


def _buttons(app: App, now: Standing) -> None:
    id = now.record.id
    with st.container(horizontal=True, vertical_alignment="center", key="experiment_buttons"):
        if now.live:
            st.button(
                "Pause",
                icon=":material/pause:",
                on_click=_want,
                args=(app, id, "paused"),
                disabled=now.state == "ending",
                help="It makes no further calls already." if now.state == "ending" else _PAUSE,
            )
            st.button("Stop", icon=":material/stop:", on_click=_want, args=(app, id, "stopped"), help=_STOP)
            if now.state != "ending":
                st.caption(
                    f"{_where(app, now)} It goes on when nobody watches: close the page, and find it here again."
                )
        elif now.state != "done":
            raised = _higher_limit(now) if now.record.reason in ("usd", "calls") else None
            st.button(
                "Go on" if now.progress.ended else "Start",
                type="primary",
                icon=":material/play_arrow:",
                on_click=_go_on,
                args=(app, now.record, raised),
                help="Makes the calls that are left. None that has ended is asked again.",
            )
            workers.offer(app, lambda: _leave(app, now.record, raised))


def _where(app: App, now: Standing) -> str:
    """Who runs it, where that is not this process."""
    if now.engine:
        return ""
    if now.record.held:
        return "Others run it." if now.record.holders > 1 else "Another process runs it."
    return workers.told(app)


_PAUSE = "Makes no further calls; those in flight end."
_STOP = "Cuts the calls in flight. They are asked again if you go on later."


def _higher_limit(now: Standing) -> dict | None:
    """The plan's limits with the one that holds it up raised, as it is asked for here."""
    limits = now.record.plan.get("limits") or {}
    if now.record.reason == "usd":
        least = float(limits.get("usd") or 0)
        usd = st.number_input(
            f"Limit in USD, {plain(dollars(least))} so far", value=2 * least, min_value=least, format="%g", width=220
        )
        return limits | {"usd": usd}
    least = int(limits.get("calls") or 0)
    calls = st.number_input(f"Limit of calls, {least:,} so far", value=2 * least, min_value=least + 1, width=220)
    return limits | {"calls": calls}


def _want(app: App, id: str, wanted: kept.Wanted) -> None:
    engine = app.experiments.get(id)
    if engine is not None and not engine.wait(0):
        engine.pause() if wanted == "paused" else engine.stop()
        engine.wait(2)
        return
    with app.log.database.writing() as connection:
        kept.want(connection, id, wanted)


def _go_on(app: App, record: Experiment, limits: dict | None) -> None:
    _begin(app, record, limits, lambda: app.experiments.resume(record.id, app.catalog))


def _leave(app: App, record: Experiment, limits: dict | None) -> None:
    _begin(app, record, limits, lambda: queue(app.log, record.id))


def _begin(app: App, record: Experiment, limits: dict | None, begin: Callable[[], object]) -> None:
    """Go on with it, here or by workers; what stands in the way is told on the page."""
    st.session_state[f"refused {record.id}"] = None
    try:
        if limits:
            with app.log.database.writing() as connection:
                kept.replan(connection, record.id, record.plan | {"limits": limits})
        begin()
    except PlanUnusable as exc:
        said = " ".join(map(sentences.sentence, exc.faults))
        st.session_state[f"refused {record.id}"] = plain(f"It can't go on now. {said}")
    except Busy:
        pass  # the next look shows that it runs
    except ConfigError as exc:
        st.session_state[f"refused {record.id}"] = plain(exc)
