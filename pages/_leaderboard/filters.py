"""Which votes are counted: each choice is in the address."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import streamlit as st

from llm_backends.judging.votes import By, latest, tags
from llm_backends.store.columns import now
from llm_backends.store.votes.vote import CastVote, VoteFilter
from pages._shared.session import App

BLIND, OPEN, BOTH, JUDGES = "Blind", "Open", "Blind and open", "A judge's"
_DAYS = {"7 days": 7, "30 days": 30, "90 days": 90, "All": None}
_BY: dict[str, By] = {"Model": "model", "Model and route": "route"}
ALL_TAGS = "All tags"


@dataclass(frozen=True)
class Chosen:
    """The votes, what is rated by them, and since when they are. `judge` is whose they are, None for people's."""

    votes: tuple[CastVote, ...]
    by: By
    since: datetime | None
    judge: str | None
    simulated: bool


def draw(app: App) -> Chosen:
    """Draw the choices, and read the votes. Raises ConfigError where the log can't be read."""
    sandbox = app.settings.simulated
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        whose = st.segmented_control(
            "Votes",
            (BLIND, OPEN, BOTH, JUDGES),
            default=BLIND,
            required=True,
            key="votes",
            bind="query-params",
            wrap=True,
            help="Blind: names and numbers were hidden until the vote. Open: they were in view. A judge's verdicts are "
            "never mixed with people's.",
        )
        by = st.segmented_control(
            "Rate",
            list(_BY),
            default="Model",
            required=True,
            key="rate",
            bind="query-params",
            help="A model whatever its route, or each of its routes for itself.",
        )
        time = st.segmented_control(
            "Time",
            list(_DAYS),
            default="All",
            required=True,
            key="time",
            bind="query-params",
            wrap=True,
            help="When the votes were cast; costs and times are of calls in the same time.",
        )
        simulated = sandbox or st.toggle(
            "Simulated", key="simulated", bind="query-params", help="Votes on answers of the sandbox, too."
        )
    days = _DAYS[time]
    wanted = VoteFilter(
        judge="any" if whose == JUDGES else None,
        blind={BLIND: True, OPEN: False}.get(whose),
        since=None if days is None else now(timedelta(days=days)),
        simulated=None if simulated else False,
    )
    found = app.log.votes(wanted)
    judge = None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if whose == JUDGES:
            judges = sorted({cast.vote.judge for cast in found if cast.vote.judge})
            judge = st.selectbox(
                "Judge", judges or ["none yet"], key="judge", bind="query-params", width=320, help="One at a time."
            )
        tagged = tags(found)
        tags_there = [ALL_TAGS, *tagged]
        tag = st.selectbox("Tag", tags_there, key="tag", bind="query-params", width=240) if tagged else ALL_TAGS
    kept = _narrowed(found, judge, tag)
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)  # the same for an hour: figures are kept by it
    since = None if days is None else hour - timedelta(days=days)
    return Chosen(kept, _BY[by], since, judge, bool(simulated))


def _narrowed(found: Sequence[CastVote], judge: str | None, tag: str) -> tuple[CastVote, ...]:
    votes = [cast for cast in found if judge in (None, cast.vote.judge)]
    return latest(cast for cast in votes if tag in (ALL_TAGS, cast.vote.tag))


def opposite(chosen: Chosen, wanted: VoteFilter) -> VoteFilter:
    """The same time and origin, for the votes of others."""
    since = None if chosen.since is None else chosen.since.isoformat(timespec="milliseconds")
    return replace(wanted, since=since, simulated=None if chosen.simulated else False)
