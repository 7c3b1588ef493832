"""The list of what there is, newest first: each opens where it was made, and can be chosen for export or deletion."""

from collections import Counter

import streamlit as st

from llm_backends.store.comparisons import Comparison
from llm_backends.store.search.entries import KINDS, Entry, entries
from pages._experiments import words
from pages._history import paging
from pages._history.filters import Sought
from pages._history.paging import PAGE
from pages._shared.format import moment, plain, start_of
from pages._shared.session import App

STATES = {"ok": "done", "stopped": "stopped", "error": "failed"}
_ICONS = {"comparison": "view_column", "conversation": "chat", "experiment": "checklist"}
EXPERIMENTS = {"prompt set": "pages/prompt_sets.py", "route lab": "pages/route_lab.py"}


def draw(app: App, sought: Sought) -> None:
    """One page of the list. Raises ConfigError where the log can't be read."""
    at, _, id = (paging.place(sought) or "").partition(" ")
    with app.log.database.reading() as connection:
        found = entries(connection, sought.kinds or KINDS, sought.wanted, (at, id) if at else None, PAGE + 1)
    if not found:
        _nothing(sought)
    for entry in found[:PAGE]:
        _entry(app, entry)
    paging.draw(" ".join(found[PAGE - 1].place) if len(found) > PAGE else None)


def _nothing(sought: Sought) -> None:
    if sought.narrow or st.session_state.history_pages:
        st.info("Nothing is left with these filters.", icon=":material/filter_alt_off:")
        return
    st.info("Nothing yet. Each comparison that you run is kept here.", icon=":material/history:")
    st.page_link("pages/compare.py", label="Compare models", icon=":material/view_column:")


def _entry(app: App, entry: Entry) -> None:
    page, address, told = _told(app, entry)
    with st.container(border=True, key=f"entry_{entry.id}"), st.container(horizontal=True, vertical_alignment="center"):
        st.checkbox(
            f"Choose {entry.kind} {plain(start_of(entry.title, 60))}",
            key=f"chosen {entry.kind} {entry.id}",
            label_visibility="collapsed",
            persist_state="session",
            width="content",
        )
        with st.container(gap="xxsmall"):
            st.page_link(
                page,
                label=f"**{plain(start_of(entry.title) or 'empty prompt')}**",
                icon=f":material/{_ICONS[entry.kind]}:",
                query_params=address,
                width="stretch",
            )
            st.caption(plain(f"{moment(entry.at)} · {told}"))
        if entry.kind == "comparison":
            st.page_link(
                page,
                label="Again",
                icon=":material/replay:",
                query_params=address | {"again": "1"},
                help="Opens it with its prompt, models and parameters filled in: run it again, or with other models.",
            )


def _told(app: App, entry: Entry) -> tuple[str, dict[str, str], str]:
    """Where it opens, and how it went."""
    if entry.comparison:
        return "pages/compare.py", {"run": entry.id}, _of_comparison(app, entry.comparison, entry.hidden)
    if entry.conversation:
        turns = entry.conversation.turns
        return "pages/chat.py", {"conversation": entry.id}, f"{turns:,} {'turn' if turns == 1 else 'turns'}"
    row = entry.experiment or {}
    models = ", ".join(dict.fromkeys(str(slot.get("model")) for slot in row["plan"].get("slots", ())))
    kind = row["plan"].get("kind", "prompt set")
    told = f"{kind} · {words.state_word(row['state'])} · {row['ended']:,} of {row['total']:,} calls · {models}"
    return EXPERIMENTS[kind], {"experiment": entry.id}, told


def _of_comparison(app: App, found: Comparison, hidden: bool) -> str:
    models = Counter(call.result.target.ref for call in found.calls)
    asked = ", ".join(ref if times == 1 else f"{ref} × {times}" for ref, times in sorted(models.items()))
    states = Counter(STATES[call.result.status] for call in found.calls)
    if missing := found.slots - len(found.calls):
        run = app.runs.get(found.id)
        states["running" if run and not run.finished else "not ended"] = missing
    told = ", ".join(f"{count} {state}" for state, count in states.items())
    simulated = "simulated · " if any(call.result.target.simulated for call in found.calls) else ""
    waits = " · waits for a blind vote" if hidden else ""
    return f"{simulated}{told} · {asked}{waits}"
