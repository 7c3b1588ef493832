"""What a judge said of an experiment's answers: win rates, what the order did, whether people agree."""

from collections.abc import Callable

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.experiments.estimate import expected
from llm_backends.experiments.plan_file import FIELDS, from_json
from llm_backends.judging.agreement import KAPPA, agreement, kin, self_preference
from llm_backends.judging.judge import task, votes
from llm_backends.judging.judge.outcome import Outcome, outcome
from llm_backends.results.columns import Columns
from llm_backends.results.summary import labels
from llm_backends.stats.intervals import Interval
from llm_backends.store import experiments as kept
from llm_backends.store.experiments import Experiment
from llm_backends.store.prompt_sets import PromptSets
from llm_backends.store.votes.vote import VoteFilter
from pages._prompt_sets import form, pairs
from pages._prompt_sets.judge import ask, looks
from pages._prompt_sets.result import matrix, read, slots
from pages._shared.format import plain, start_of
from pages._shared.parts import part
from pages._shared.session import App

_SHARE = (
    "How often its answer was the better one; a tie counts half. Each prompt counts once, with the mean of its pairs. "
    "In brackets the 95 % interval (Wilson)."
)


def draw(app: App, experiment: Experiment, live: bool) -> None:
    """Draw it; anew from time to time while the judge is asked."""
    part(_results, 3 if live else None)(app, experiment.id, live)


def _results(app: App, id: str, live: bool) -> None:
    try:
        votes.keep(app.log, id)
        with app.log.database.reading() as connection:
            one = kept.one(connection, id)
        found = outcome(app.log.database, one) if one else None
        if one is None or found is None:
            return
        with app.log.database.reading() as connection:
            judged = kept.one(connection, found.judges)
        columns = read.columns(app, judged, read.key(app, judged, False)) if judged else None
        _outcome(app, found, columns)
        if not live:
            _again(app, found, judged)
        _calls(app, found, one, columns, live)
    except ConfigError as exc:
        st.error(plain(exc), icon=":material/database_off:")


def _outcome(app: App, found: Outcome, columns: Columns | None) -> None:
    if columns is None:
        st.info("The answers that it judged are no longer in the call log.", icon=":material/link_off:")
        return
    st.page_link(
        ask.PAGE,
        label=f"The answers that are judged: {plain(columns.experiment.name)}",
        icon=":material/arrow_back:",
        query_params={"experiment": columns.experiment.id},
    )
    for row in PromptSets(app.log.database).page(found.judging.prompt_set_id, limit=1):
        rubric = task.rubric(row.prompt)
        st.caption(plain(f"Rubric: {start_of(rubric, 400)}"), help=plain(rubric) if len(rubric) > 400 else None)
    if found.decided:
        _table(found, labels(columns))
    st.markdown("  \n".join(f"{icon} {plain(said)}" for icon, said in _counted(found)))
    _people(app, found, columns)


def _table(found: Outcome, names: tuple[str, ...]) -> None:
    import pandas as pd

    rows = [
        {
            "slot": names[one.slot] if one.slot < len(names) else f"slot {one.slot + 1}",
            "share": _share(one.share),
            "better": one.better,
            "tie": one.tie,
            "worse": one.worse,
            "prompts": one.share.n if one.share else 0,
        }
        for one in sorted(found.standings, key=lambda one: -(one.share.estimate if one.share else -1))
    ]
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        placeholder="—",
        key="judge_table",
        column_config={
            "slot": st.column_config.TextColumn("Slot", pinned=True, width=240),
            "share": st.column_config.TextColumn("Better", help=_SHARE, width=160),
            "better": number("Pairs won", help="Both orders called its answer the better one."),
            "tie": number("Tied", help="A tie in both orders, or it changed its mind with the order."),
            "worse": number("Lost", help="Both orders called the other answer the better one."),
            "prompts": number("Prompts", help="How many prompts the share is of."),
        },
        alt="How often the judge called each slot's answer the better one",
    )


def _share(share: Interval | None) -> str | None:
    return None if share is None else f"{share.estimate:.1%} ({100 * share.low:.0f} to {100 * share.high:.0f} %)"


def _counted(found: Outcome) -> list[tuple[str, str]]:
    """What it rests on, and what the order did."""
    there = len(found.pairs)
    said = [
        (
            ":material/balance:",
            f"A verdict on {found.decided:,} of {there:,} pairs, each shown in both orders. It changed its mind with "
            f"the order in {found.changed:,} of {found.decided:,}: these count as ties.",
        )
    ]
    failed, nonsense = found.looks("failed"), found.looks("no verdict")
    if failed or nonsense:
        why = [f"{failed:,} calls failed"] if failed else []
        why += [f"{nonsense:,} answers held no verdict that can be read"] if nonsense else []
        said.append(
            (
                ":material/help:",
                f"{' and '.join(why)}: nothing is made of them, and what was said is below. Where an answer "
                "was cut short, the judge needs a greater longest answer.",
            )
        )
    if place := found.first_place:
        said.append(
            (
                ":material/swap_horiz:",
                f"Of {place.n:,} calls that preferred an answer, {place.estimate:.0%} ({100 * place.low:.0f} to "
                f"{100 * place.high:.0f} %) named the one that was shown first. Without a preference for a place it "
                "would be 50 %; both orders cancel it.",
            )
        )
    return said


def _people(app: App, found: Outcome, columns: Columns) -> None:
    """Whether people agree, and whether it favours its own."""
    people = app.log.votes(VoteFilter(blind=True, experiment_id=found.judges))
    prefix = f"{found.judging.id}."
    filter = VoteFilter(judge=found.judge, experiment_id=found.judges)
    own = [cast for cast in app.log.votes(filter) if cast.vote.id.startswith(prefix)]
    same = agreement(people, own)
    if not same.pairs:
        st.markdown(
            ":material/group: No person has voted blind on these pairs yet: nothing says whether it can be trusted."
        )
    else:
        st.markdown(f":material/group: {_agreed(same.same, same.pairs, same.kappa)}", help=KAPPA)
    pairs.link(found.judges)
    kindred = sorted({slot.ref for slot in columns.plan.slots if kin(found.judge, slot.ref)})
    if kindred:
        # A tie that only the order made would hide what it prefers.
        measured = self_preference(people, [cast for cast in own if cast.vote.reason != votes.CHANGED])
        st.warning(plain(_favour(found.judge, kindred, measured)), icon=":material/family_restroom:")


def _agreed(same: int, of: int, kappa: Interval | None) -> str:
    begin = f"On {of:,} pairs that people voted on blind it said the same in {same:,}."
    if kappa is None:
        return f"{begin} That is too few, or too much alike, for a kappa."
    return f"{begin} Cohen's kappa {kappa.estimate:.2f} ({kappa.low:.2f} to {kappa.high:.2f})."


def _favour(judge: str, kindred: list[str], measured: Interval | None) -> str:
    begin = f"{judge} judges {', '.join(kindred)}, of its own vendor. Models tend to prefer their own style."
    if measured is None:
        return f"{begin} Whether it does can be told once people have voted on some of these pairs."
    more = "more" if measured.estimate >= 0 else "less"
    return (
        f"{begin} It called that vendor's answer better {100 * abs(measured.estimate):.0f} points {more} often than "
        f"people did on the same {measured.n:,} pairs, those on which the order changed nothing (95 % interval "
        f"{100 * measured.low:+.0f} to {100 * measured.high:+.0f})."
    )


def _again(app: App, found: Outcome, judged: Experiment | None) -> None:
    """Once more at most, and only where somebody wants to pay for it."""
    if found.again is not None:
        if found.again.id != st.query_params.get("experiment"):
            st.page_link(
                ask.PAGE,
                label="What it was asked once more",
                icon=":material/replay:",
                query_params={"experiment": found.again.id},
            )
        return
    if judged is None or not found.open_rows or found.looks("waiting"):
        return
    rows = task.again(PromptSets(app.log.database).rows(found.judging.prompt_set_id), found.open_rows)
    before = from_json({name: value for name, value in found.judging.plan.items() if name in FIELDS})
    slot = before.slots[0]
    plan = task.plan(judged, slot.ref, slot.route, before.limits.usd, before.shared.max_tokens)
    with st.container(horizontal=True, vertical_alignment="center", key="judge_again"):
        pressed = st.button(
            "Ask these once more",
            icon=":material/replay:",
            key="again",
            help="Only the calls that failed or held no verdict, with a reminder of what is missing.",
        )
        st.caption(plain(form.ahead_told(expected(plan, rows, app.catalog))))
    if pressed:
        ask.start(app, plan, task.prompt_set(judged, rows), found.judging.id)


def _calls(app: App, found: Outcome, one: Experiment, judged: Columns | None, live: bool) -> None:
    """Each look, to be read."""
    calls = read.columns(app, one, read.key(app, one, live))
    if not calls.called.any():
        return
    st.subheader("What the judge was asked and said", anchor=False)
    slots.draw(calls)
    if judged is not None and one.id == found.judging.id:
        part(_part)(lambda: looks.draw(app, found, judged, calls, labels(judged)))
    else:
        part(_part)(lambda: matrix.draw(app, calls))


def _part(draw: Callable[[], None]) -> None:
    """A fragment of its own: what is chosen in it leaves the rest alone."""
    try:
        draw()
    except ConfigError as exc:
        st.error(plain(exc), icon=":material/database_off:")
