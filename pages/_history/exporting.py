"""A file of comparisons and conversations: made beside a bar, then downloaded."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.history.export import SUFFIX, Format, export
from llm_backends.store.conversations import kept as conversations
from llm_backends.store.search.entries import KINDS, Kind, entries
from pages._history.filters import Sought
from pages._shared.format import plain
from pages._shared.session import App

MOST = 20_000
"""Comparisons and turns in one file."""

Picked = list[tuple[Kind, str]]
"""The kind and the id of each that is chosen."""


def draw(app: App, sought: Sought, picked: Picked) -> None:
    """Draw the form: of those that are chosen, or else of all that are left. Raises ConfigError as the log does."""
    left = "all that the search finds" if sought.text else "all that the filters leave"
    what = f"the {len(picked)} that are chosen" if picked else left
    st.markdown(f"Comparisons and conversations: {what}, {MOST:,} comparisons and turns at most.")
    st.caption(
        "Experiments have exports of their own on their page; `python -m llm_backends export` writes the whole log. "
        "Answers that wait for a blind vote are left out."
    )
    format = st.segmented_control("As", list(SUFFIX), default="HTML", required=True, key="export_format")
    if st.button("Make the file", key="export_make", type="primary", icon=":material/description:"):
        try:
            st.session_state.history_export = _made(app, sought, picked, format)
        except (ConfigError, OSError) as exc:
            st.error(plain(f"The file could not be made. {exc}"), icon=":material/error:")
    made = st.session_state.get("history_export")
    if made and made[1].exists():
        path, count = made[1], made[2]
        st.download_button(
            f"Download {count:,} as {path.suffix[1:]} ({path.stat().st_size / 1e6:,.1f} MB)",
            path.read_bytes,
            f"llmselect-history{path.suffix}",
            SUFFIX[made[0]][1],
            key="export_download",
            icon=":material/download:",
        )


def _made(app: App, sought: Sought, picked: Picked, format: Format) -> tuple[Format, Path, int]:
    """Write the file beside a bar. Any click meanwhile, such as on Stop, ends it."""
    ids = _ids(app, sought, picked)
    bar, stop = st.empty(), st.empty()
    bar.progress(0.0, text="Reading…")
    stop.button("Stop", key="export_stop", icon=":material/stop:")
    folder = st.session_state.setdefault("export_folder", tempfile.TemporaryDirectory(prefix="llmselect-"))
    path = Path(folder.name, f"history.{SUFFIX[format][0]}")
    shown = 0
    with path.open("w", encoding="utf-8", errors="replace", newline="") as out:
        for reached, piece in export(app.log.database, ids, format):
            out.write(piece)
            if reached >= shown + 100:
                shown = reached
                bar.progress(reached / len(ids), text=f"{reached:,} of {len(ids):,}")
    bar.empty()
    stop.empty()
    return format, path, len(ids)


def _ids(app: App, sought: Sought, picked: Picked) -> list[str]:
    """Comparisons and turns, oldest first."""
    found = iter(picked) if picked else _all(app, sought)
    ids: list[str] = []
    with app.log.database.reading() as connection:
        for kind, id in found:
            if kind == "comparison":
                ids.append(id)
            elif kind == "conversation":
                ids += reversed(conversations.turn_ids(connection, id))
            if len(ids) >= MOST:
                break
    return ids[:MOST][::-1]


def _all(app: App, sought: Sought) -> Iterator[tuple[Kind, str]]:
    kinds = [kind for kind in sought.kinds or KINDS if kind != "experiment"]
    if sought.text:
        yield from _found(app, sought)
        return
    before = None
    while True:
        with app.log.database.reading() as connection:
            page = entries(connection, kinds, sought.wanted, before, 200)
        yield from ((entry.kind, entry.id) for entry in page)
        if len(page) < 200:
            return
        before = page[-1].place


def _found(app: App, sought: Sought) -> Iterator[tuple[Kind, str]]:
    """What the hits of the search are of, once each."""
    seen: set[str] = set()
    before = None
    while hits := app.log.search(sought.text, sought.of_texts, before, 200):
        for hit in hits:
            if hit.comparison_id and hit.comparison_id not in seen:
                seen.add(hit.comparison_id)
                yield "comparison", hit.comparison_id
        before = hits[-1].number
