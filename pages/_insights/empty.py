"""Why there is nothing to see, and what to do."""

from dataclasses import replace

import streamlit as st

from llm_backends.insights.view import View
from llm_backends.store.call_log import Filter
from pages._insights.filters import CALLS, Chosen
from pages._shared.session import App


def nothing(app: App, seen: View, chosen: Chosen) -> None:
    """Say which choice leaves nothing."""
    filter = chosen.filter
    time = Filter(since=filter.since, until=filter.until)
    by_kind = seen.chosen(replace(filter, experiments=None)).calls
    simulated = seen.chosen(replace(time, include_simulated=True)).calls - seen.chosen(time).calls
    real = seen.chosen(replace(time, experiments=filter.experiments)).calls
    with st.container(border=True, key="insights_empty"):
        if by_kind:
            st.markdown(f"Only {_other(filter)} here: {by_kind:,} of them. Choose All above to see them.")
        elif real:
            st.markdown(f"{real:,} calls in this time, none of them as the filters ask. Clear them to see all.")
        elif simulated and not filter.include_simulated:
            st.markdown(f"Only simulated calls here: {simulated:,} of them. Include them in the filters.")
        elif seen.calls:
            st.markdown(f"{seen.calls:,} calls in this time, none of them as the filters ask.")
        elif app.log.calls(Filter(include_simulated=True), 1):
            st.markdown("No call in this time. Choose a longer one above.")
        else:
            st.markdown("No call is logged yet. Each one that is made on any page is counted here.")
            st.page_link("pages/compare.py", label="Compare models", icon=":material/view_column:")


def _other(filter: Filter) -> str:
    kinds = {asked: name.lower() for name, asked in CALLS.items()}
    other = kinds[not filter.experiments]
    return "everyday calls" if other == "everyday" else "calls of experiments"
