"""What a search has found, newest first: where the words stand, and what stands around them."""

from html import escape

import streamlit as st

from llm_backends.store import experiments as kept
from llm_backends.store.search.find import Hit
from pages._history import paging
from pages._history.filters import Sought
from pages._history.listing import EXPERIMENTS
from pages._history.paging import PAGE
from pages._shared.format import moment, plain
from pages._shared.session import App


def draw(app: App, sought: Sought) -> None:
    """One page of hits. Raises ConfigError where the log can't be read."""
    place = paging.place(sought) or ""
    found = app.log.search(sought.text, sought.of_texts, int(place[:15]) if place.isdecimal() else None, PAGE + 1)
    if not found:
        st.info("No text holds all of these words.", icon=":material/search_off:")
    for hit in found[:PAGE]:
        _hit(app, hit)
    paging.draw(str(found[PAGE - 1].number) if len(found) > PAGE else None)


def _hit(app: App, hit: Hit) -> None:
    page, address = _place(app, hit)
    whose = (
        f" of {hit.model}" if hit.model else " of a model that is hidden for a blind vote" if hit.of == "calls" else ""
    )
    with st.container(border=True, key=f"hit_{hit.number}"):
        st.page_link(
            page,
            label=f"**{plain(f'{hit.where}{whose}')}** {plain(moment(hit.at))}",
            icon=":material/checklist:" if hit.experiment_id else ":material/view_column:",
            query_params=address,
            width="stretch",
        )
        pieces = (f"<mark>{escape(text)}</mark>" if found else escape(text) for text, found in hit.excerpt)
        st.html(f'<p class="hit">{"".join(pieces)}</p>')


def _place(app: App, hit: Hit) -> tuple[str, dict[str, str]]:
    """Where the hit opens."""
    if hit.experiment_id:
        with app.log.database.reading() as connection:
            one = kept.one(connection, hit.experiment_id)
        kind = one.plan.get("kind", "prompt set") if one else "prompt set"
        return EXPERIMENTS[kind], {"experiment": (one and one.judges) or hit.experiment_id}
    if hit.conversation_id:
        return "pages/chat.py", {"conversation": hit.conversation_id, "turn": hit.comparison_id or ""}
    return "pages/compare.py", {"run": hit.comparison_id or ""}
