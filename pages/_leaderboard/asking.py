"""What to ask next: the pair of which a vote tells most, and how many votes would tell two models apart."""

import streamlit as st

from llm_backends.judging.votes import By
from llm_backends.stats.ratings.asking import ask, needed
from llm_backends.stats.ratings.rating import Ratings
from pages._inputs.chosen import ASKED
from pages._shared.format import plain

OPTIONAL_STOPPING = (
    "Decide on the number of votes beforehand: a poll that is stopped as soon as two are told apart finds differences "
    "between equals in about a third of all cases."
)


def draw(ratings: Ratings, by: By) -> None:
    """Draw both."""
    st.subheader("What to ask next", anchor=False)
    if pair := ask(ratings):
        st.markdown(f"A vote on **{plain(pair[0])}** against **{plain(pair[1])}** would tell most.")
        link(*pair, by)
    names = [rating.name for rating in ratings.ratings]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        one = st.selectbox("How many votes would tell", names, key="needed_one", width=320)
        other = st.selectbox("and", [name for name in names if name != one], key="needed_other", width=320)
    st.markdown(said(needed(ratings, one, other), one, other))
    st.caption(OPTIONAL_STOPPING)


def link(one: str, other: str, by: By) -> None:
    """To a blind comparison of the two, filled in."""
    refs = [name.rpartition(" (")[0] if by == "route" else name for name in (one, other)]
    if refs[0] == refs[1]:
        st.caption("They are one model on two routes: the Route lab compares those.")
        return
    st.page_link(
        "pages/compare.py",
        label="Compare them blind",
        icon=":material/visibility_off:",
        query_params={ASKED: refs, "blind": "1"},
    )


def said(votes: int | None, one: str, other: str) -> str:
    """In a sentence."""
    if votes is None:
        return "They stand so close, or so little is known of them, that no number of votes can be named."
    if votes == 0:
        return f"{plain(one)} and {plain(other)} are told apart already."
    return (
        f"About **{votes:,} more votes** on the two alone, if they are as far apart as they seem now (80 times in 100)."
    )
