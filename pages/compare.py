"""Compare: one prompt to several models, side by side, with the numbers to decide on."""

from collections import Counter

import streamlit as st

from llm_backends.errors import ConfigError
from pages._compare import charts, difference, grid, inputs, interrupted, table, views
from pages._compare.live import component
from pages._compare.live.feed import Feed
from pages._compare.start import start
from pages._compare.views import View
from pages._compare.voting import hidden, vote
from pages._inputs import chosen, unready
from pages._shared import announce, scroll, session, warm
from pages._shared.format import moment, plain, start_of
from pages._shared.parts import part
from pages._shared.session import App

AGAIN = "again"
"""In an address: the comparison is opened to be run again."""


def shown(app: App) -> View | None:
    """The comparison that the address names, or else the one that this session saw last."""
    run_id = st.query_params.get("run") or st.session_state.get("run_id")
    if not run_id:
        return None
    view = find(app, run_id)
    if view is not None:
        st.session_state.run_id = st.query_params["run"] = run_id
        if st.query_params.pop(AGAIN, None):
            st.session_state.inputs = True  # unfolded: it is opened to be asked again, or of others
    return view


def find(app: App, run_id: str) -> View | None:
    """The comparison in memory or in the log; None, and said so on the page, when it is in neither."""
    run = app.runs.get(run_id)
    if run is not None:
        return views.of_run(run)
    try:
        logged = app.log.comparison(run_id)
    except ConfigError as exc:
        st.error(plain(exc), icon=":material/database_off:")
        return None
    if logged is None:
        st.session_state.pop("run_id", None)
        st.query_params.pop("run", None)
        st.info("The comparison in this address is neither running nor in the call log.", icon=":material/link_off:")
        return None
    return views.of_log(logged)


def controls(app: App, view: View | None) -> None:
    """Run, Stop all, and whether the next prompt goes on where this comparison ended."""
    live = view is not None and view.live
    with st.container(horizontal=True, vertical_alignment="center", key="controls"):
        st.button(
            "Run",
            key="run",
            type="primary",
            icon=":material/play_arrow:",
            disabled=live,
            on_click=start,
            args=(app,),
            shortcut="Ctrl+Enter",
        )
        st.button(
            "Stop all",
            key="stop_all",
            icon=":material/stop:",
            disabled=not live,
            on_click=view.run.race.stop if live else None,
            shortcut="Esc",
        )
        if live:
            blind = view.plan.blind is not None
            pace = " Every answer is shown at the same pace, that of the slowest." if blind else ""
            st.caption(
                f"Running. Stopping keeps what has arrived; the next run can start when this one has ended.{pace}"
            )
        elif view is None:
            st.caption("Nothing is running.")
        else:
            st.toggle(
                "Follow up in the same conversation",
                key="follow_up",
                persist_state="session",
                help="The next prompt goes on from here: each model sees its own earlier answers. One whose answer "
                "failed goes on without that turn.",
            )
        if not live:
            _blind()
            unready.draw(app)
    if refused := st.session_state.get("refused"):
        st.error(refused, icon=":material/edit_note:")


def _blind() -> None:
    few = len(chosen.picked()) < 2
    st.toggle(
        "Blind vote",
        key="blind",
        persist_state="session",
        disabled=few,
        help="A vote takes two answers: pick another model."
        if few
        else "Names, times and costs are hidden, and the answers are shuffled and shown at one pace, until you have "
        "said which is better. The Leaderboard keeps such votes apart from open ones.",
    )


def answers(view: View, blind: bool) -> None:
    """The grid."""
    whole = st.session_state.get("whole", False)
    if blind:
        return hidden.draw(view, whole=whole)
    grid.draw(view.cards(), live=view.live, whole=whole, stop=view.run.stop if view.live else None)


def texts(view: View, feed: Feed, ended: int, blind: bool) -> None:
    """What is new of the answers that grow, and the page anew once one of them has ended, or all of blind ones."""
    session.watch(view.run)
    cards = view.cards()
    component.fill(feed, [one.answer for one in (hidden.answers(view) if blind else cards)])
    if view.run.finished or (not blind and sum(not card.live for card in cards) > ended):
        st.rerun()


def results(view: View) -> None:
    """The table of the slots that have ended, and charts once all have: they take the browser long to draw."""
    ended = [card for card in view.cards() if card.result]
    if ended:
        st.subheader("Latency and cost", anchor=False)
        table.draw(ended, view.id, whole=not view.live)
        if not view.live:
            charts.draw(ended)
            difference.draw(ended)


def spoken(view: View) -> None:
    """That the answers come, and that they have ended: only of what this session has seen running."""
    state, many = st.session_state, len(view.cards())
    if view.live:
        state.seen_running = view.id
        announce.once(f"{view.id} runs", f"Asked {many} {'model' if many == 1 else 'models'}. Escape stops them.")
    elif state.get("seen_running") == view.id:
        announce.once(f"{view.id} done", how_ended(view))


def how_ended(view: View) -> str:
    """How the calls have ended, in one line."""
    said = {"ok": "done", "stopped": "stopped", "error": "failed"}
    counts = Counter(said[card.result.status] for card in view.cards() if card.result)
    return f"All {len(view.cards())} answers have ended: " + ", ".join(f"{n} {how}" for how, n in counts.items()) + "."


def heading(view: View) -> None:
    """Which comparison this is."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        source = "" if view.run else ", from the log"
        st.caption(f"{moment(view.started_at)}{source} · {plain(start_of(view.prompt))}")
        if not view.live:
            st.toggle(
                "Whole answers", key="whole", persist_state="session", help="Show long answers without scrolling."
            )
    if view.missing:
        st.warning(
            f"{view.missing} of {view.missing + len(view.logged)} answers never ended: LLMSelect was closed meanwhile.",
            icon=":material/power_off:",
        )


app = session.app()

st.title("Compare models", anchor=False)
# Each part has a container of its own: one that grows by a line would else take the next one's place, and the browser
# would build the grid anew, with no Stop button meanwhile.
with st.container():
    interrupted.draw(app.interrupted)
    view = shown(app)
    inputs.start_from(app, view)
with st.container():
    inputs.draw(app)
with st.container():
    controls(app, view)
if view is None:
    st.caption("The answers will stream in here, side by side.")
else:
    live, known = view.live, sum(not card.live for card in view.cards())
    blind, cast = hidden.is_hidden(app, view.id, view.plan), vote.on(app, view)
    with st.container(key="heading"):
        heading(view)
        if cast:
            vote.told(app, view, cast.vote)
    with st.container():
        # Blind cards are drawn once: how often would tell how fast.
        part(answers, 0.5 if live and not blind else None)(view, blind)
        if live:
            feed = component.feed_of(view.id, len(view.cards()), together=blind)
            part(texts, 0.15)(view, feed, known, blind)
    if not view.live and not cast:
        vote.ask(app, view, blind)
    if not blind:
        results(view)
    spoken(view)
    if st.session_state.pop("begun", None) == view.id:
        scroll.into_view(".st-key-inputs")
warm.models(app, chosen.picked(), session.route())
