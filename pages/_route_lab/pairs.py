"""The pairs as a table; a chosen one shows both calls as waterfalls."""

import streamlit as st

from llm_backends.results.matrix import opened
from llm_backends.route_lab.outcome import Match, Outcome, Pair
from llm_backends.route_lab.sentences import CONNECTIONS
from llm_backends.store.results.texts import rows
from pages._route_lab.figures import LABELS, digits, scaled, unit
from pages._shared import waterfall
from pages._shared.format import plain, start_of
from pages._shared.markdown import safe_markdown
from pages._shared.session import App

MOST_ROWS = 500


def draw(app: App, told: Outcome, metric: str) -> None:
    """The pairs of one model and kind of connection, the farthest apart first."""
    shown = [match for match in told.matches if any(one.measure.metric == metric for one in match.differences)]
    st.subheader("Pairs", anchor=False)
    number = st.selectbox(
        "Pairs of",
        range(len(shown)),
        key="lab_pairs_of",
        format_func=lambda number: f"{shown[number].model}, {CONNECTIONS[shown[number].connection]}",
    )
    match = shown[number]
    found = sorted(told.pairs(match.of(metric)), key=lambda pair: -abs(pair.difference))
    if not found:
        st.caption("None has a value of this figure on both sides.")
        return
    if len(found) > MOST_ROWS:
        st.caption(f"The {MOST_ROWS} farthest apart of {len(found):,}; the export has all.")
    chosen = _table(told, metric, found[:MOST_ROWS], f"lab_pairs_{metric}_{number}")
    if chosen is None:
        st.caption("Choose a row to see both calls.")
    else:
        _calls(app, told, match, chosen)


def _table(told: Outcome, metric: str, found: list[Pair], key: str) -> Pair | None:
    a, b = told.labels
    lines = [
        {
            "Prompt": pair.prompt,
            "Repeat": pair.repeat + 1,
            a: scaled(metric, pair.a),
            b: scaled(metric, pair.b),
            "Difference": scaled(metric, pair.difference),
        }
        for pair in found
    ]
    figures = {
        name: st.column_config.NumberColumn(f"{name} ({unit(metric)})", format=f"%.{digits(metric)}f")
        for name in (a, b, "Difference")
    }
    event = st.dataframe(
        lines,
        hide_index=True,
        height=240,
        column_config=figures,
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        alt=f"{LABELS[metric]} of each pair",
    )
    picked = event.selection.rows
    return found[picked[0]] if picked and picked[0] < len(found) else None


def _calls(app: App, told: Outcome, match: Match, pair: Pair) -> None:
    """Both calls of a pair on one scale of time."""
    found = {}
    for slot in match.slots:
        for call in opened(told.columns, app.log.database, pair.prompt, slot):
            if call.call.place and call.call.place.repeat == pair.repeat:
                found[slot] = call.call.result
    with app.log.database.reading() as connection:
        asked = rows(connection, told.columns.experiment.prompt_set_id, [pair.prompt]).get(pair.prompt)
    if asked:
        st.caption(plain(f"Prompt {pair.prompt}: {start_of(asked.prompt)}"))
    scale_ms = max((result.total_ms or 0.0 for result in found.values()), default=0.0)
    for label, slot in zip(told.labels, match.slots, strict=True):
        if result := found.get(slot):
            st.markdown(f"**{plain(label)}**")
            if scale_ms:
                st.html(waterfall.bar(result, scale_ms))
            with st.expander(f"Answer: {plain(start_of(result.answer, 80) or 'no text')}"):
                st.markdown(safe_markdown(result.answer) or "No text.")
