"""Pair by pair: what the judge said in either order, and what that comes to; a cell opens the answers behind it."""

import streamlit as st

from llm_backends.judging.judge.outcome import Judged, Look, Outcome
from llm_backends.results.columns import Columns
from pages._prompt_sets.result import cell
from pages._shared.session import App

_WHICH = {
    "all": "All pairs",
    "decided": "One answer is better",
    "changed": "Changed its mind",
    "none": "No verdict",
}
_WORDS: dict[Look, str] = {
    "tie": "tie",
    "waiting": "…",
    "failed": "! call failed",
    "no verdict": "? no verdict",
}


def draw(app: App, found: Outcome, judged: Columns, calls: Columns, names: tuple[str, ...]) -> None:
    """The table, and what was opened. `judged` are the answers, `calls` the judge's. Raises ConfigError."""
    which = st.selectbox(
        "Show", list(_WHICH), key="judge_which", format_func=_WHICH.__getitem__, width=240, persist_state="session"
    )
    shown = [pair for pair in found.pairs if _wanted(pair, which)]
    if not shown:
        st.info("No pair is so. Show all of them to see the rest.", icon=":material/filter_alt_off:")
    else:
        _table(found, shown, judged.experiment.id, names)
    for columns in (judged, calls):
        if (opened := st.session_state.get(f"cell {columns.experiment.id}")) is not None:
            cell.draw(app, columns, *opened)
            return


def _wanted(pair: Judged, which: str) -> bool:
    return {
        "all": True,
        "decided": pair.verdict in ("first", "second"),
        "changed": pair.changed,
        "none": pair.verdict is None,
    }[which]


def _table(found: Outcome, shown: list[Judged], judged_id: str, names: tuple[str, ...]) -> None:
    import pandas as pd

    rows = []
    for pair in shown:
        first, second = (names[slot] if slot < len(names) else f"slot {slot + 1}" for slot in pair.slots)
        here, turned = pair.looks
        rows.append(
            {
                "number": pair.number,
                "first": first,
                "second": second,
                "here": _said(here, first, second),
                "turned": _said(turned, second, first),
                "verdict": "tie: changed its mind"
                if pair.changed
                else _said(pair.verdict or "no verdict", first, second),
            }
        )
    key = f"looks {found.judging.id} {st.session_state.get('looks_opened', 0)}"
    text = st.column_config.TextColumn
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=min(36 * len(rows) + 38, 620),
        key=key,
        on_select=lambda: _open(key, found, shown, judged_id),
        selection_mode="single-cell",
        column_config={
            "number": st.column_config.NumberColumn("#", width=50, format="%d", help="The prompt's number in its set."),
            "first": text("One answer", width=170),
            "second": text("The other", width=170),
            "here": text("In this order", width=170, help="What the judge called better: the one answer came first."),
            "turned": text("Turned round", width=170, help="What it called better when the other came first."),
            "verdict": text("Verdict", width=170, help="What both say alike; a tie where they contradict each other."),
        },
        alt="The pairs: what the judge said in either order. Choose a cell to read the answers.",
    )
    st.caption(
        f"{len(shown):,} of {len(found.pairs):,} pairs. A cell of either order opens what the judge was asked and "
        "said, any other the answers that it judged."
    )


def _said(look: Look, shown_first: str, shown_second: str) -> str:
    return {"first": shown_first, "second": shown_second}.get(look) or _WORDS[look]


def _open(key: str, found: Outcome, shown: list[Judged], judged_id: str) -> None:
    """Open what was chosen; the table is drawn anew with nothing chosen, so that it can be chosen again."""
    cells = st.session_state[key]["selection"]["cells"]
    if not cells or cells[0][0] >= len(shown):
        return
    row, name = cells[0]
    pair, place = shown[row], ("here", "turned").index(name) if name in ("here", "turned") else None
    if place is None:
        st.session_state[f"cell {judged_id}"] = (pair.number, None)
    else:
        st.session_state[f"cell {found.judging.id}"] = (pair.row + place, None)
    st.session_state.looks_opened = st.session_state.get("looks_opened", 0) + 1
