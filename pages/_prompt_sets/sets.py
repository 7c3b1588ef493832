"""Which prompts a new experiment asks: a set that comes along, one that is kept, a file or a pasted table."""

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from llm_backends.prompt_set import PromptSet, Row
from llm_backends.prompt_sets import sentences
from llm_backends.prompt_sets.own import CHECKS, own_set
from llm_backends.prompt_sets.reading import MAX_ROWS, Reading, read, read_pasted
from llm_backends.store.prompt_sets import KeptSet, PromptSets
from pages._shared.format import moment, plain, start_of
from pages._shared.session import App

T = TypeVar("T")
UPLOAD, PASTE = "Upload a file", "Paste a table"
KINDS = ["csv", "tsv", "txt", "jsonl", "ndjson", "parquet"]
PREVIEW = 5
FAULTS_TOLD = 10
_COLUMNS = "A column `prompt`, and if you like `system`, `expected`, `tags`, and any other for a template"


def choose(app: App) -> PromptSet | None:
    """Draw the choice; the set, None while there is none. Raises ConfigError where the log can't be read."""
    kept = {one.id: one for one in PromptSets(app.log.database).all()}
    own = {name: own_set(name) for name in CHECKS}
    options = [*own, *(id for id in kept if id not in {one.id for one in own.values()}), UPLOAD, PASTE]
    if st.session_state.get("set_choice") not in options:
        st.session_state.set_choice = options[0]
    choice = st.selectbox(
        "Prompt set",
        options,
        key="set_choice",
        persist_state="session",
        format_func=lambda option: _label(option, own, kept),
        help="A set is kept by its content with the first experiment on it, so that a result always names its prompts.",
    )
    if choice in own:
        found: PromptSet | None = own[choice]
    elif choice == UPLOAD:
        found = _uploaded()
    elif choice == PASTE:
        found = _pasted()
    else:
        found = _kept(app, kept[choice])
    if found is not None:
        _preview(found)
    return found


def _label(option: str, own: dict[str, PromptSet], kept: dict[str, KeptSet]) -> str:
    if option in own:
        return f"{option.capitalize()} · {len(own[option].rows)} prompts, comes along"
    if option in kept:
        one = kept[option]
        return f"{start_of(one.name, 60)} · {one.rows:,} prompts, kept {moment(one.created_at)}"
    return option


def _kept(app: App, one: KeptSet) -> PromptSet:
    return once(
        "set_kept", one.id, lambda: PromptSet(one.id, one.name, tuple(PromptSets(app.log.database).rows(one.id)))
    )


def _uploaded() -> PromptSet | None:
    file = st.file_uploader(
        f"{_COLUMNS}. CSV, JSON lines or Parquet, up to {MAX_ROWS:,} rows.", type=KINDS, key="set_file"
    )
    if file is None:
        return _remembered("set_upload")
    with st.spinner("Reading the file…"):
        reading = once("set_upload", file.file_id, lambda: read(file.getvalue(), file.name))
    return _usable(reading)


def _pasted() -> PromptSet | None:
    text = st.text_area(
        f"{_COLUMNS}. The first line names the columns; with tabs, as a spreadsheet copies it, or commas.",
        key="set_pasted",
        height=180,
        persist_state="session",
        placeholder="prompt\texpected\nWhat is 2 + 2?\t4",
    )
    if not text or not text.strip():
        return None
    return _usable(once("set_paste", text, lambda: read_pasted(text)))


def _remembered(name: str) -> PromptSet | None:
    """The file that was read before another page was visited: the uploader itself forgets it."""
    known = st.session_state.get(name)
    if known is None:
        return None
    reading: Reading = known[1]
    if reading.prompts is not None:
        st.caption(f"Still here from before: {plain(reading.prompts.name)}.")
    return _usable(reading)


def once(name: str, of: str, make: Callable[[], T]) -> T:
    """What was made of the same before, kept in the session: a set is read once and not at every click."""
    known = st.session_state.get(name)
    if known is None or known[0] != of:
        known = st.session_state[name] = (of, make())
    return known[1]


def _usable(reading: Reading) -> PromptSet | None:
    """Tell what is wrong by row; where only some rows are, they can be left out."""
    if not reading.faults:
        return reading.prompts
    told = [f"- {plain(sentences.of_row(fault))}" for fault in reading.faults[:FAULTS_TOLD]]
    if (more := len(reading.faults) - FAULTS_TOLD) > 0:
        told.append(f"- and {more:,} more")
    st.error("\n".join(told), icon=":material/rule:")
    if reading.prompts is None:
        return None
    good = len(reading.prompts.rows)
    leave_out = st.checkbox(
        f"Leave these rows out and use the other {good:,}",
        key="set_leave_out",
        help="Or mend the file and choose it anew.",
    )
    return reading.prompts if leave_out else None


def _preview(found: PromptSet) -> None:
    import pandas as pd

    rows = found.rows
    frame = pd.DataFrame([_cells(row) for row in rows[:PREVIEW]]).dropna(axis=1, how="all")
    st.dataframe(frame, hide_index=True, height="content", alt=f"The first rows of {found.name}")
    st.caption(plain(once("set_told", found.id, lambda: _told(found))))


def _told(found: PromptSet) -> str:
    """How many prompts there are, and what of them is worth knowing."""
    rows, tags = found.rows, Counter(tag for row in found.rows for tag in row.tags)
    parts = [f"{min(PREVIEW, len(rows)):,} of {len(rows):,} prompts"]
    expected = sum(row.expected is not None for row in rows)
    parts.append(f"{expected:,} say what is expected" if expected else "none says what is expected")
    if tags:
        common = ", ".join(f"{tag} {count:,}" for tag, count in tags.most_common(6))
        parts.append(f"tags: {common}{', …' if len(tags) > 6 else ''}")
    if again := len(found.repeated):
        parts.append(f"{again:,} are the same as an earlier one and are asked all the same")
    return " · ".join(parts)


def _cells(row: Row) -> dict[str, str | None]:
    own = {"prompt": row.prompt, "system": row.system, "expected": row.expected, "tags": ", ".join(row.tags) or None}
    return {name: text and start_of(text, 300) for name, text in (own | dict(row.variables)).items()}
