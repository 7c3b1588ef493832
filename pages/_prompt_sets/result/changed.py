"""What changed against an earlier run on the same prompts."""

from collections.abc import Sequence

import streamlit as st

from llm_backends.results.changes import SlotChange, changes, earlier
from llm_backends.results.columns import Columns
from llm_backends.results.sentences import of_match, of_whole
from llm_backends.results.summary import labels
from llm_backends.store.experiments import Experiment
from pages._prompt_sets.result import read
from pages._shared.format import moment, plain
from pages._shared.session import App

MOST_NUMBERS = 20


def draw(app: App, columns: Columns) -> None:
    """Choose the earlier run, and what changed. Raises ConfigError where the log can't be read."""
    folder = st.expander(
        "Against an earlier run of this set", icon=":material/difference:", key="result_changed", on_change="rerun"
    )
    if not folder.open:
        return
    with folder:
        found = {one.id: one for one in earlier(app.log.database, columns.experiment) if one.counts.ended}
        if not found:
            st.caption("This is the first run of this set. A later one can be compared with it.")
            return
        chosen = st.selectbox(
            "Earlier run", list(found), key=f"earlier {columns.experiment.id}", format_func=lambda id: _name(found[id])
        )
        _changes(app, columns, found[chosen])


def _name(one: Experiment) -> str:
    return f"{moment(one.created_at)} · {one.name}"


def _changes(app: App, columns: Columns, before: Experiment) -> None:
    then = read.columns(app, before, read.key(app, before, live=before.held))
    changed, names = changes(columns, then), labels(columns)
    for line in of_whole(changed):
        st.caption(f":material/info: {plain(line)}")
    for slot in changed.slots:
        differs = of_match(slot.match)
        st.markdown(f"**{plain(names[slot.match.now])}**" + (f"  \n{plain(differs)}" if differs else ""))
        lines = [] if "checks" in changed.differs or not columns.checked else _flips(slot)
        lines += [f"{one.sentence[:1].upper()}{one.sentence[1:]}." for one in slot.differences]
        st.markdown("\n".join(f"- {plain(line)}" for line in lines))
    if not changed.slots:
        st.caption("No model was asked in both runs.")


def _flips(slot: SlotChange) -> list[str]:
    return [
        f"{_count(slot.gained)} now and did not before{_numbers(slot.gained)}.",
        f"{_count(slot.lost, ' no more')} that did before{_numbers(slot.lost)}.",
    ]


def _count(numbers: Sequence[int], no_more: str = "") -> str:
    if len(numbers) == 1:
        return f"1 prompt passes{no_more}"
    return f"{len(numbers):,} prompts pass{no_more}"


def _numbers(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    more = ", …" if len(numbers) > MOST_NUMBERS else ""
    return f": {', '.join(f'{number:,}' for number in numbers[:MOST_NUMBERS])}{more}"
