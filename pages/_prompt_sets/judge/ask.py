"""Asks a judge about an experiment's answers: who, by which rubric, about how many pairs, and what it comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st

from llm_backends import sentences
from llm_backends.errors import ConfigError
from llm_backends.experiments.estimate import expected
from llm_backends.experiments.plan import ExperimentPlan, faults
from llm_backends.judging.agreement import kin, looks
from llm_backends.judging.judge import pairs, task
from llm_backends.judging.judge.pairs import MOST_PAIRS, Drawn
from llm_backends.judging.judge.task import Asked
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.results.columns import Columns
from llm_backends.results.summary import labels
from llm_backends.store import experiments as kept
from llm_backends.store.experiments import Experiment
from llm_backends.store.votes.vote import VoteFilter
from pages._experiments import words
from pages._inputs import picks
from pages._prompt_sets import form
from pages._shared import session
from pages._shared.format import dollars, moment, plain
from pages._shared.session import App

PAGE = "pages/prompt_sets.py"
USUAL = 100
_ALL, _BASELINE = "every two slots", "each slot against the baseline"


@dataclass(frozen=True)
class Choice:
    """What is chosen. `drawn` are the pairs, `asked` what their prompts asked."""

    ref: str | None
    rubric: str
    drawn: Drawn
    asked: Mapping[int, Asked]
    usd: float | None
    max_tokens: int


def draw(app: App, columns: Columns) -> None:
    """The judgings on record, and the form for another one. Raises ConfigError where the log can't be read."""
    experiment = columns.experiment
    with app.log.database.reading() as connection:
        found = kept.judging(connection, experiment.id)
    folder = st.expander("Judge", icon=":material/balance:", key="result_judge", on_change="rerun")
    for one in found:
        _entry(one)
    if folder.open:
        with folder:
            st.caption(
                "A model compares the answers two by two, without names, each pair in both orders, so that a "
                "preference for a place cancels out. Its verdicts are kept apart from people's votes. Each call is "
                "logged and paid."
            )
            choice = _choice(app, columns)
            _start(app, experiment, choice, columns)


def _entry(one: Experiment) -> None:
    counts, state = one.counts, words.state(one)
    parts = [moment(one.created_at), words.state_word(state), f"{counts.ended:,} of {one.total:,} calls"]
    parts += [f"{dollars(counts.spent_usd)} known cost"] if counts.spent_usd else []
    ref = one.plan["slots"][0]["model"]
    st.page_link(
        PAGE,
        label=plain(f"Judged by {ref}"),
        icon=":material/balance:",
        query_params={"experiment": one.id},
    )
    st.caption(plain(" · ".join(parts)))


def _choice(app: App, columns: Columns) -> Choice:
    id, names = columns.experiment.id, labels(columns)
    ref = _model(app)
    rubric = st.text_area(
        "Rubric",
        task.RUBRIC,
        key="judge_rubric",
        persist_state="session",
        max_chars=task.MOST_RUBRIC_CHARS,
        height=110,
        help="What makes an answer better, in your words. The judge gets it with the question, what the set says is "
        "expected, and the two answers. Empty: our own words as they stand here at first.",
    )
    slots, baseline = _slots(columns, names)
    with st.container(horizontal=True, vertical_alignment="bottom", key="judge_numbers"):
        most = _number(
            "Pairs at most", "pairs", 1, MOST_PAIRS, USUAL, "Two calls each. More pairs, narrower intervals."
        )
        seed = _number(
            "Seed", "seed", 0, 2**31, 0, "Which pairs are drawn where there are more; the same give the same."
        )
        max_tokens = _number(
            "Longest answer", "max_tokens", 16, 100_000, task.MAX_TOKENS,
            "In tokens, for each of the judge's answers. A model that reasons needs room before its verdict.",
        )  # fmt: skip
        usd = st.number_input(
            "Limit in USD", 0.0, None, None, format="%g", key="judge_usd", persist_state="session",
            placeholder="none", width=150, help="It pauses before a call could pass it. The judge needs a price.",
        )  # fmt: skip
    voted = looks(app.log.votes(VoteFilter(blind=True, experiment_id=id))).keys()
    drawn, asked = _drawn(
        (id, columns.experiment.counts.ended, tuple(slots), most, seed, baseline, tuple(sorted(voted))),
        app,
        columns.experiment,
    )
    return Choice(ref, rubric, drawn, asked, usd or None, max_tokens)


def _model(app: App) -> str | None:
    known = {entry.ref: entry for entry in app.catalog.models(session.route())}
    options = [ref for ref, entry in known.items() if entry.ready]
    typed = st.session_state.get("judge_model")
    if typed and typed not in options:
        options.append(typed)

    def label(ref: str) -> str:
        return picks.label(ref, known[ref]) if ref in known else ref

    return st.selectbox(
        "Judge model",
        options,
        index=None,
        key="judge_model",
        format_func=label,
        accept_new_options=True,
        filter_mode="contains",
        persist_state="session",
        placeholder="Choose a model, or type any provider/model",
        help="Take a strong one of a vendor that is not judged here: models tend to prefer their own style.",
    )


def _slots(columns: Columns, names: tuple[str, ...]) -> tuple[list[int], int | None]:
    """The slots whose answers are compared, and the baseline where each pair is to have an answer of it."""
    every = list(range(columns.slots))
    if columns.slots < 3:
        return every, None
    id = columns.experiment.id
    with st.container(horizontal=True, vertical_alignment="bottom", key="judge_slots"):
        slots = st.multiselect(
            "Answers of", every, every, key=f"judge slots {id}", format_func=names.__getitem__, persist_state="session",
            select_all=False, help="The slots whose answers are compared.",
        )  # fmt: skip
        which = st.selectbox(
            "Pairs of", (_ALL, _BASELINE), key=f"judge which {id}", persist_state="session", width=280,
            help="The baseline is the one that is chosen above. Fewer kinds of pairs, more of each.",
        )  # fmt: skip
    chosen = st.session_state.get(f"baseline {id}", 0)
    return slots, chosen if which == _BASELINE else None


def _number(label: str, name: str, least: int, most: int, value: int, help: str) -> int:
    key = f"judge_{name}"
    return st.number_input(label, least, most, value, key=key, persist_state="session", width=150, help=help)


@st.cache_resource(show_spinner="Drawing the pairs…", max_entries=2)
def _drawn(key: tuple, _app: App, _experiment: Experiment) -> tuple[Drawn, Mapping[int, Asked]]:
    id, _, slots, most, seed, baseline, voted = key
    database = _app.log.database
    drawn = pairs.drawn(database, id, slots, most, seed, baseline, voted)
    return drawn, task.questions(database, _experiment, [pair.number for pair in drawn.pairs])


def _start(app: App, experiment: Experiment, choice: Choice, columns: Columns) -> None:
    rows = task.rows(choice.drawn.pairs, choice.asked, choice.rubric)
    plan = None
    if choice.ref:
        plan = task.plan(experiment, choice.ref, session.route(), choice.usd, choice.max_tokens)
    wrong = _wrong(app, plan, rows)
    if choice.ref:
        _kin(choice.ref, columns)
    st.caption(plain(_told(choice.drawn)))
    with st.container(horizontal=True, vertical_alignment="center", key="judge_start"):
        pressed = st.button(
            "Start judging",
            type="primary",
            icon=":material/play_arrow:",
            disabled=bool(wrong),
            help=wrong or "It goes on when nobody watches, and can be paused, stopped and resumed.",
            key="judge",
        )
        if wrong or plan is None:
            st.caption(f":material/block: {wrong}")
        else:
            st.caption(plain(form.ahead_told(expected(plan, rows, app.catalog))))
    if pressed and plan is not None:
        start(app, plan, task.prompt_set(experiment, rows), experiment.id)


def start(app: App, plan: ExperimentPlan, prompts: PromptSet, judges: str) -> None:
    """Start it, and go to where it is shown."""
    plan = replace(plan, prompt_set=prompts.id)
    try:
        id = app.experiments.add(plan, prompts, judges=judges)
        app.experiments.run(id, plan, prompts.rows, app.catalog)
    except ConfigError as exc:
        st.error(plain(exc), icon=":material/database_off:")
        return
    st.query_params["experiment"] = id
    st.rerun()


def _wrong(app: App, plan: ExperimentPlan | None, rows: tuple[Row, ...]) -> str | None:
    """Why it can't be started."""
    if plan is None:
        return "Choose a judge model first."
    if not rows:
        return "There is no pair to judge: it takes two slots that answered the same prompt, not word for word alike."
    return " ".join(plain(sentences.sentence(fault)) for fault in faults(plan, app.catalog)) or None


def _kin(ref: str, columns: Columns) -> None:
    """Said before anything is paid for."""
    judged = [slot.ref for slot in columns.plan.slots]
    own = sorted({one for one in judged if kin(ref, one)})
    if not own:
        return
    who = "is judged itself" if ref in own else "is of the same vendor as " + ", ".join(own)
    st.warning(
        plain(
            f"{ref} {who}. Models tend to prefer answers in their own style. Take another vendor's, or vote on some "
            "of the pairs yourself: then it is measured here by how much it does."
        ),
        icon=":material/family_restroom:",
    )


def _told(drawn: Drawn) -> str:
    parts = [f"{len(drawn.pairs):,} of {drawn.there:,} pairs, {2 * len(drawn.pairs):,} calls"]
    if len(drawn.pairs) + drawn.alike < drawn.there:
        parts.append("drawn at random, first those that people voted on blind")
    if drawn.alike:
        parts.append(f"{drawn.alike:,} passed over, whose answers are alike word for word")
    return " · ".join(parts)
