"""Leaderboard: which model's answers are found better, how sure that is, and at what cost and latency."""

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.judging.votes import all_bad, ballots
from llm_backends.stats.ratings.model import Ballot
from llm_backends.stats.ratings.rating import Ratings, rate
from pages._leaderboard import asking, filters, judges, standings, trade_off
from pages._shared import session
from pages._shared.format import plain
from pages._shared.session import App


def page(app: App) -> None:
    """The whole page. Raises ConfigError where the log can't be read."""
    chosen = filters.draw(app)
    ratings = _rated(tuple(ballots(chosen.votes, chosen.by)))
    if not ratings.ratings:
        _empty(bool(chosen.judge))
        return
    st.markdown(f"{standings.told_apart(ratings)} {ratings.ballots:,} {'vote' if ratings.ballots == 1 else 'votes'}.")
    standings.draw(ratings, all_bad(chosen.votes, chosen.by))
    judges.draw(app, chosen)
    trade_off.draw(app, ratings, chosen.by, chosen.since, chosen.simulated)
    if not chosen.judge:
        asking.draw(ratings, chosen.by)


@st.cache_resource(show_spinner="Rating…", max_entries=16)
def _rated(ballots: tuple[Ballot, ...]) -> Ratings:
    return rate(ballots)


def _empty(judge: bool) -> None:
    if judge:
        st.info("No judge has compared answers yet.", icon=":material/balance:")
        st.page_link("pages/prompt_sets.py", label="Ask one from an experiment's result", icon=":material/checklist:")
        return
    st.info(
        "No such votes yet. Turn on Blind vote on the Compare page before a run, and say afterwards which answer is "
        "better; or go through blind pairs of an experiment's answers.",
        icon=":material/how_to_vote:",
    )
    with st.container(horizontal=True):
        st.page_link(
            "pages/compare.py", label="Compare blind", icon=":material/visibility_off:", query_params={"blind": "1"}
        )
        st.page_link("pages/prompt_sets.py", label="Prompt sets", icon=":material/checklist:")


st.title("Leaderboard", anchor=False)
app = session.app()
try:
    page(app)
except ConfigError as exc:
    st.error(plain(exc), icon=":material/database_off:")
