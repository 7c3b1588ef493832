"""A queue of blind pairs: two answers to a prompt of the set, whose they are hidden, a key for each verdict."""

from functools import partial

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.judging.queue import Pair, queue
from llm_backends.results.columns import Columns
from llm_backends.store.experiments import Experiment
from llm_backends.store.results import texts
from llm_backends.store.votes.vote import Ballot, Vote, VoteFilter
from pages._prompt_sets.result import read
from pages._shared.format import plain
from pages._shared.markdown import safe_markdown
from pages._shared.parts import part
from pages._shared.session import App

PAGE = "pages/prompt_sets.py"
ASKED = "pairs"
"""In an address: the queue instead of the results."""
USUAL, MOST = 50, 5000


def link(experiment_id: str) -> None:
    """From the results to the queue."""
    st.page_link(
        PAGE,
        label="Vote on blind pairs of these answers",
        icon=":material/how_to_vote:",
        query_params={"experiment": experiment_id, ASKED: "1"},
    )


def draw(app: App, experiment: Experiment) -> None:
    """The queue, from where it was left. Raises ConfigError where the log can't be read."""
    columns = read.columns(app, experiment, read.key(app, experiment, False))
    st.page_link(
        PAGE, label="Back to the results", icon=":material/arrow_back:", query_params={"experiment": experiment.id}
    )
    answered = _answered(columns)
    every = len(queue(answered, experiment.id, MOST))
    if not every:
        st.info("No prompt has two answers to choose between yet.", icon=":material/how_to_vote:")
        return
    st.number_input(
        "Votes in this poll",
        1,
        every,
        min(USUAL, every),
        key=f"votes {experiment.id}",
        persist_state="session",
        width=220,
        help="Decide this before you begin, and hold to it: a poll that ends as soon as a difference shows finds one "
        "between equals in about a third of all cases. Every two slots are asked about equally often.",
    )
    most = int(st.session_state[f"votes {experiment.id}"])
    part(_asking)(app, experiment, queue(answered, experiment.id, most))


def _answered(columns: Columns) -> dict[int, list[int]]:
    """The slots whose first answer to a prompt came, by the prompt's number."""
    came = columns.called[:, 0, :] & ~columns.failed[:, 0, :]
    return {int(number): came[at].nonzero()[0].tolist() for at, number in enumerate(columns.numbers)}


def _asking(app: App, experiment: Experiment, pairs: tuple[Pair, ...]) -> None:
    try:
        voted = {cast.vote.id for cast in app.log.votes(VoteFilter(experiment_id=experiment.id))}
        skipped = st.session_state.setdefault(f"skipped {experiment.id}", set())
        left = [pair for pair in pairs if pair.vote_id(experiment.id) not in voted]
        done = len(pairs) - len(left)
        st.progress(done / len(pairs), text=f"{done:,} of {len(pairs):,} votes")
        pair = next((pair for pair in left if pair not in skipped), None)
        if pair is None:
            _ended(app, experiment, len(left))
        else:
            _pair(app, experiment, pair)
        _undo(app, experiment)
    except ConfigError as exc:
        st.error(plain(exc), icon=":material/database_off:")
    if problem := st.session_state.pop("pair_problem", None):
        st.error(plain(f"The vote is not kept. {problem}"), icon=":material/error:")


def _pair(app: App, experiment: Experiment, pair: Pair) -> None:
    with app.log.database.reading() as connection:
        row = texts.rows(connection, experiment.prompt_set_id, [pair.number]).get(pair.number)
        calls = texts.calls_of(connection, experiment.id, "", (pair.number,), None)
    first, second = (
        next(one.call for one in calls if one.call.slot == slot and one.call.place and not one.call.place.repeat)
        for slot in (pair.first, pair.second)
    )
    if row:
        with st.container(border=True, key="pair_prompt"):
            st.markdown(safe_markdown(row.prompt[:20_000]), anchors=False)
    with st.container(key="answers_capped").container(key="grid_2"):
        for place, call in enumerate((first, second)):
            with st.container(border=True, key=f"card_{place}"):
                st.markdown(f"**Answer {'AB'[place]}**")
                with st.container(key=f"answer_{place}"):
                    if call.result.answer:
                        st.markdown(safe_markdown(call.result.answer[:20_000]), anchors=False)
                    else:
                        st.caption("It is empty.")
    vote = partial(_vote, app, experiment, pair)
    with st.container(horizontal=True, key="pair_votes"):
        for label, key, shortcut, ballot, bad in (
            ("A is better", "pair_first", "Left", ((first.id,), (second.id,)), False),
            ("As good", "pair_tie", "T", ((first.id, second.id),), False),
            ("B is better", "pair_second", "Right", ((second.id,), (first.id,)), False),
            ("Both are bad", "pair_bad", "B", ((first.id, second.id),), True),
        ):
            st.button(label, key=key, shortcut=shortcut, on_click=vote, args=(ballot, bad))
        st.button(
            "Skip",
            key="pair_skip",
            shortcut="S",
            type="tertiary",
            on_click=st.session_state[f"skipped {experiment.id}"].add,
            args=(pair,),
        )
    st.caption(
        "The keys do the same. Whose answer is whose is not told here; the Leaderboard counts these votes as blind."
    )


def _vote(app: App, experiment: Experiment, pair: Pair, ballot: Ballot, bad: bool) -> None:
    id = pair.vote_id(experiment.id)
    try:
        app.log.vote(Vote(id, ballot, True, experiment_id=experiment.id, prompt_number=pair.number, all_bad=bad))
    except ConfigError as exc:
        st.session_state.pair_problem = str(exc)
    else:
        st.session_state[f"voted {experiment.id}"] = id


def _undo(app: App, experiment: Experiment) -> None:
    key = f"voted {experiment.id}"

    def undo() -> None:
        app.log.take_back(st.session_state.pop(key))

    if key in st.session_state:
        st.button("Take the last vote back", key="pair_undo", type="tertiary", icon=":material/undo:", on_click=undo)


def _ended(app: App, experiment: Experiment, skipped: int) -> None:
    st.success("All pairs of this poll have been asked about.", icon=":material/how_to_vote:")
    if skipped:
        st.button(
            f"Ask again about the {skipped:,} skipped",
            key="pair_again",
            on_click=st.session_state[f"skipped {experiment.id}"].clear,
        )
