"""The model picker, and under it what each picked model lacks that is not ready."""

import streamlit as st

from llm_backends.catalog.catalog import ModelEntry
from llm_backends.runs.plan import ref_of
from llm_backends.sentences import sentence
from pages._inputs import chosen, picks, remedies
from pages._inputs.picks import MAX_SLOTS
from pages._shared import session
from pages._shared.format import plain
from pages._shared.session import App


def draw(app: App) -> None:
    """Draw the picker."""
    route, picked = session.route(), chosen.picked()
    entries = app.catalog.models(route)
    known = {entry.ref: entry for entry in entries}
    if st.session_state.get("models_route", route) != route:
        st.session_state.models = picked  # the picker holds labels, and they tell the readiness on a route
    st.session_state.models_route = route

    def label(value: str) -> str:
        """A typed model stays as it was typed: to give it a longer label, the picker would have to be filled anew, and
        what was typed meanwhile would be lost."""
        pick = picks.pick_of(value)
        entry = known.get(ref_of(pick))
        return picks.label(pick, entry) if entry else value

    st.multiselect(
        "Models",
        picks.options(entries, picked),
        key="models",
        format_func=label,
        max_selections=MAX_SLOTS,
        accept_new_options=True,
        filter_mode="contains",  # fuzzy would put a look-alike in the place of a model that is typed in full
        select_all=False,
        persist_state="session",
        placeholder="Choose models, or type any provider/model",
        help=f"Up to {MAX_SLOTS} answers side by side. To put the same model in twice, with another temperature for "
        "instance, choose it again as #2. A model that is not in the list can be typed as provider/model.",
    )
    for ref in dict.fromkeys(map(ref_of, picked)):
        entry = known.get(ref) or app.catalog.entry(ref, route)
        if entry.why_not:
            _unready(entry)
        if entry.source == "typed" and ref in st.session_state.get("opened_models", ()):
            gone = f"**{plain(ref)}** is not in the catalogue, or no more: a run asks for it by this name still."
            st.caption(f":material/help: {gone}")


def _unready(entry: ModelEntry) -> None:
    """What the model lacks, and a link to where it can be given."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        lacks = plain(sentence(entry.why_not))
        st.caption(f":material/block: **{plain(entry.ref)}** is not ready. {lacks}", width="content")
        if where := remedies.remedy(entry):
            st.page_link("pages/settings.py", label="Set it up", icon=":material/arrow_forward:", query_params=where)
