"""Beside a judge's ratings: how far it agrees with people, and whether it favours its own vendor's models."""

import streamlit as st

from llm_backends.judging.agreement import KAPPA, agreement, kin, self_preference
from llm_backends.stats.intervals import Interval
from llm_backends.store.votes.vote import VoteFilter
from pages._leaderboard.filters import Chosen, opposite
from pages._shared.format import plain
from pages._shared.session import App


def draw(app: App, chosen: Chosen) -> None:
    """Draw it where a judge's votes are looked at. Raises ConfigError where the log can't be read."""
    if chosen.judge is None:
        return
    people = app.log.votes(opposite(chosen, VoteFilter(blind=True)))
    found = agreement(people, chosen.votes)
    st.subheader("Does the judge agree with people?", anchor=False)
    if not found.pairs:
        st.info(
            "Nobody has voted blind on any of the pairs that it judged: nothing can be said.",
            icon=":material/group:",
        )
    elif found.kappa is None:
        st.markdown(f"On {found.same} of {found.pairs} pairs they said the same: too few, or too alike, for a kappa.")
    else:
        told = f"On {found.same:,} of {found.pairs:,} pairs they said the same. Kappa **{_told(found.kappa)}**."
        st.markdown(told, help=KAPPA)
    refs = {target.ref for cast in chosen.votes for target in cast.targets.values()}
    if own := sorted(ref for ref in refs if kin(chosen.judge, ref)):
        st.warning(
            f"{plain(chosen.judge)} judged models of its own vendor ({plain(', '.join(own))}): models tend to prefer "
            "their own kind. "
            f"{_preference(self_preference(people, chosen.votes))}",
            icon=":material/balance:",
        )


def _preference(found: Interval | None) -> str:
    if found is None:
        return "People have voted on none of these pairs, so it can't be measured here."
    return (
        f"On the {found.n:,} pairs that people voted on, too, it preferred them {found.estimate:+.0%} more often than "
        f"people did (95 % interval {found.low:+.0%} to {found.high:+.0%})."
    )


def _told(found: Interval) -> str:
    return f"{found.estimate:.2f} ({found.low:.2f} to {found.high:.2f})"
