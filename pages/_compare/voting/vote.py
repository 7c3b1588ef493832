"""The vote on a comparison: asked for once its answers have ended, and told with the names once it is cast."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.judging import blind
from llm_backends.store.votes.vote import CastVote, Vote, VoteFilter
from pages._compare.views import View
from pages._compare.voting import hidden
from pages._shared.format import plain
from pages._shared.session import App

MOST_CHARS = 2000  # of a reason

Slots = tuple[tuple[int, ...], ...]
"""Slots, best first; those of one group are as good as each other."""


def on(app: App, view: View) -> CastVote | None:
    """The vote that has been cast on this comparison, if there is one; none where that can't be read.

    The sidebar says then what is wrong with the log, and a vote, which can't be kept either, says so.
    """
    if view.live:
        return None
    try:
        return next(iter(app.log.votes(VoteFilter(comparison_id=view.id))), None)
    except ConfigError:
        return None


def ask(app: App, view: View, blind: bool) -> None:
    """The question. Nothing where there are no two answers to choose between."""
    names = _names(view, blind)
    if blind:
        st.subheader("Which answer is better?", anchor=False)
        if len(names) < 2:
            st.info("There are no two answers to choose between.", icon=":material/visibility_off:")
        else:
            st.caption(
                "Names, times and costs are shown after your vote. What an answer says may still give its model away."
            )
            _asked(app, view, names, blind)
        _show_names(app, view)
    elif len(names) > 1:
        with st.expander("Vote: which answer is better?", icon=":material/how_to_vote:", key="vote_folder"):
            st.caption(
                "You see whose answer is whose, so this is an open vote, kept apart from blind ones. For one of those, "
                "turn on Blind vote before a run."
            )
            _asked(app, view, names, blind)
    if problem := st.session_state.pop("vote_problem", None):
        st.error(plain(problem), icon=":material/error:")


def _names(view: View, blind: bool) -> dict[int, str]:
    """What each answer that can be voted on is called, by slot."""
    if blind:
        return {one.slot: one.name for one in hidden.answers(view) if one.answer}
    return {card.slot: card.name for card in view.cards() if card.answer}


def _asked(app: App, view: View, names: Mapping[int, str], blind: bool) -> None:
    kind = "blind" if blind else "open"
    form = _which_of_two if len(names) == 2 else _places

    def cast(ballot: Slots, all_bad: bool = False) -> None:
        state = st.session_state
        try:
            keep(app, view, ballot, blind, all_bad, state.get(f"reason_{kind}"), state.get("vote_tag"))
        except ConfigError as exc:
            state.vote_problem = f"The vote is not kept. {exc}"

    why, tag = st.columns([3, 1])
    why.text_input(
        "Why? (optional)",
        key=f"reason_{kind}",
        max_chars=MOST_CHARS,
        help="Kept with the vote, in your words.",
    )
    tag.text_input(
        "Tag (optional)",
        key="vote_tag",
        persist_state="session",
        max_chars=60,
        help="What kind of prompt this is, such as code or summaries: the Leaderboard can be looked at by tag.",
    )
    form(names, kind, cast)


def _which_of_two(names: Mapping[int, str], kind: str, cast: Callable[..., None]) -> None:
    (first, one), (second, other) = names.items()
    with st.container(horizontal=True, key=f"votes_{kind}"):
        _button(f"{one} is better", f"vote_first_{kind}", cast, ((first,), (second,)))
        _button("As good", f"vote_tie_{kind}", cast, ((first, second),))
        _button(f"{other} is better", f"vote_second_{kind}", cast, ((second,), (first,)))
        _button("Both are bad", f"vote_bad_{kind}", cast, ((first, second),), True)


def _places(names: Mapping[int, str], kind: str, cast: Callable[..., None]) -> None:
    """A place for each of three and more. Its key counts them as they stand: a slot's number would tell whose."""
    keys = {slot: f"place_{kind}_{number}" for number, slot in enumerate(names)}
    with st.container(horizontal=True, key=f"places_{kind}"):
        for slot, name in names.items():
            st.segmented_control(
                f"Place of {plain(name)}",
                range(1, len(names) + 1),
                key=keys[slot],
                help="1 is the best. Answers that are as good as each other get the same place.",
            )
    given = {slot: st.session_state.get(keys[slot]) for slot in names}
    missing = [names[slot] for slot, place in given.items() if place is None]
    with st.container(horizontal=True, key=f"votes_{kind}", vertical_alignment="center"):
        st.button(
            "Vote",
            key=f"vote_{kind}",
            type="primary",
            icon=":material/how_to_vote:",
            disabled=bool(missing),
            on_click=cast,
            args=(() if missing else ranked(given),),
            help=f"Give a place to {', '.join(map(plain, missing))} first." if missing else None,
        )
        _button("All as good", f"vote_tie_{kind}", cast, (tuple(names),))
        _button("All are bad", f"vote_bad_{kind}", cast, (tuple(names),), True)


def ranked(places: Mapping[int, int]) -> Slots:
    """The slots in the order of their places."""
    order = sorted(places, key=lambda slot: (places[slot], slot))
    return tuple(tuple(group) for _, group in groupby(order, key=places.__getitem__))


def _button(label: str, key: str, cast: Callable[..., None], *args: object) -> None:
    st.button(plain(label), key=key, on_click=cast, args=args)


def keep(app: App, view: View, ballot: Slots, blind: bool, all_bad: bool, reason: str | None, tag: str | None) -> None:
    """Keep the vote, and show the names. The id is the comparison's: sent twice, also after a reload, it is one vote.

    Raises ConfigError where it can't be written.
    """
    app.log.flush(3.0)
    found = app.log.comparison(view.id)
    ids = {call.slot: call.id for call in found.calls} if found else {}
    if not {slot for group in ballot for slot in group} <= ids.keys():
        raise ConfigError("Its answers are not in the call log yet. Try again in a moment.")
    kind = "blind" if blind and not app.log.revealed(view.id) else "open"
    app.log.vote(
        Vote(
            id=f"{view.id}-{kind}",
            ballot=tuple(tuple(ids[slot] for slot in group) for group in ballot),
            blind=kind == "blind",
            comparison_id=view.id,
            all_bad=all_bad,
            tag=(tag or "").strip() or None,
            reason=(reason or "").strip() or None,
        )
    )
    app.log.reveal(view.id)


def _show_names(app: App, view: View) -> None:
    def show() -> None:
        try:
            app.log.reveal(view.id)
        except ConfigError as exc:
            st.session_state.vote_problem = f"The names can't be shown. {exc}"

    st.button(
        "Show the names without a vote",
        key="show_names",
        type="tertiary",
        icon=":material/visibility:",
        on_click=show,
        help="For good: a later vote on these answers is an open one.",
    )


def told(app: App, view: View, vote: Vote) -> None:
    """What was voted, with the names."""
    kind = "blind vote" if vote.blind else "open vote"
    with st.container(horizontal=True, vertical_alignment="center", key="vote_told"):
        st.markdown(f":material/how_to_vote: **Your {kind}:** {_ballot(app, view, vote)}")
        st.button(
            "Take it back",
            key="take_back",
            type="tertiary",
            icon=":material/undo:",
            on_click=app.log.take_back,
            args=(vote.id, vote.user),
            help="The vote counts no more. You can vote again, but openly: the names have been shown.",
        )
    if vote.reason or vote.tag:
        tag = f":gray-badge[{plain(vote.tag)}] " if vote.tag else ""
        st.caption(f"{tag}{plain(vote.reason or '')}")


def _ballot(app: App, view: View, vote: Vote) -> str:
    """The ballot with both names of each answer."""
    found = app.log.comparison(view.id)
    slots = {call.id: call.slot for call in found.calls} if found else {}
    order = blind.order(view.plan.blind or 0, len(view.plan.slots))
    names = {card.slot: card.name for card in view.cards()}

    def name(call: str) -> str:
        slot = slots.get(call, -1)
        letter = f" (Answer {hidden.LETTERS[order.index(slot)]})" if vote.blind and slot in order else ""
        return f"{plain(names.get(slot, 'an answer that is gone'))}{letter}"

    groups: Sequence[str] = [" and ".join(name(call) for call in group) for group in vote.ballot]
    if vote.all_bad:
        return f"none will do: {groups[0]}"
    if len(groups) == 1:
        return f"as good as each other: {groups[0]}"
    return " · ".join(f"{place}. {group}" for place, group in enumerate(groups, 1))
