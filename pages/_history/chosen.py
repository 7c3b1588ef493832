"""What can be done with those that are chosen, or with all that the filters leave: exported, or deleted."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.history.export import SUFFIX, Format, export
from llm_backends.store import experiments as kept
from llm_backends.store.conversations import deleting
from llm_backends.store.conversations import kept as conversations
from llm_backends.store.search.entries import KINDS, Kind, entries
from pages._history.filters import Sought
from pages._shared.format import plain
from pages._shared.session import App

MOST = 20_000
"""Comparisons and turns in one file."""


def chosen() -> list[tuple[Kind, str]]:
    """The kind and the id of each that is chosen."""
    found = []
    for key, value in st.session_state.items():
        kind, _, id = str(key).removeprefix("chosen ").partition(" ")
        if value and str(key).startswith("chosen ") and kind in KINDS:
            found.append((kind, id))
    return found


def draw(app: App, sought: Sought) -> None:
    """Draw both. Raises ConfigError where the log can't be read."""
    picked = chosen()
    with st.container(horizontal=True, vertical_alignment="center", key="history_actions"):
        with st.popover("Export", icon=":material/download:", key="export", on_change="rerun") as form:
            if form.open:
                _export(app, sought, picked)
        with st.popover(
            f"Delete {len(picked)} chosen" if picked else "Delete",
            icon=":material/delete:",
            key="delete",
            disabled=not picked,
            help=None if picked else "Choose what is to go by its box first.",
            on_change="rerun",
        ) as form:
            if form.open and picked:
                _delete(app, picked)
    if told := st.session_state.pop("history_told", None):
        st.success(plain(told), icon=":material/delete:")
    if problem := st.session_state.pop("history_problem", None):
        st.error(plain(problem), icon=":material/error:")


def _export(app: App, sought: Sought, picked: list[tuple[Kind, str]]) -> None:
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


def _made(app: App, sought: Sought, picked: list[tuple[Kind, str]], format: Format) -> tuple[Format, Path, int]:
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


def _ids(app: App, sought: Sought, picked: list[tuple[Kind, str]]) -> list[str]:
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


def _delete(app: App, picked: list[tuple[Kind, str]]) -> None:
    busy = [id for kind, id in picked if _busy(app, kind, id)]
    counted = Counter(kind for kind, _ in picked)
    counts = ", ".join(f"{many} {kind if many == 1 else f'{kind}s'}" for kind, many in counted.items())
    st.markdown(
        f"**{counts}** go for good, with every call, answer and vote of theirs. Insights counts these calls no more: "
        "latencies, costs and sums of the past change, and so may ratings. The sums of their days are made anew."
    )
    st.button(
        "Delete for good",
        key="delete_now",
        type="primary",
        disabled=bool(busy),
        help=f"{len(busy)} of them still run: stop them first." if busy else None,
        on_click=_delete_now,
        args=(app, picked),
    )


def _busy(app: App, kind: Kind, id: str) -> bool:
    if kind == "comparison":
        run = app.runs.get(id)
        return run is not None and not run.finished
    if kind == "conversation":
        return any(run.conversation_id == id for run in app.runs.live())
    with app.log.database.reading() as connection:
        one = kept.one(connection, id)
        return one is not None and (one.held or any(judge.held for judge in kept.judging(connection, id)))


def _delete_now(app: App, picked: list[tuple[Kind, str]]) -> None:
    state = st.session_state
    try:
        app.log.flush(3.0)
        with app.log.database.writing() as connection:
            deleting.delete_comparisons(connection, [id for kind, id in picked if kind == "comparison"])
            for kind, id in picked:
                if kind == "conversation":
                    deleting.conversation(connection, id)
        for kind, id in picked:
            if kind == "experiment":
                for _ in deleting.experiment(app.log.database, id):
                    pass
    except ConfigError as exc:
        state.history_problem = f"Not all is deleted. {exc}"
    else:
        state.history_told = f"{len(picked)} deleted."
    for kind, id in picked:
        state.pop(f"chosen {kind} {id}", None)
