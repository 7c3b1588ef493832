"""What is looked for: words, kinds and filters, each in the address, so that a view can be shared and comes back."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

import streamlit as st

from llm_backends.store.search.entries import KINDS, Kind
from llm_backends.store.search.find import Wanted

_KINDS: dict[str, Kind] = {f"{kind.capitalize()}s": kind for kind in KINDS}
_STATUSES = {"Done": "ok", "Stopped": "stopped", "Failed": "error"}
_SIMULATED = {"Real": False, "Simulated": True}


@dataclass(frozen=True)
class Sought:
    """The words, as they were typed; the kinds, none standing for all; the filter."""

    text: str
    kinds: tuple[Kind, ...]
    wanted: Wanted

    @property
    def of_texts(self) -> Wanted:
        """The filter for a search in texts: its kinds are those of experiments, and all others."""
        others = [kind for kind in self.kinds if kind != "experiment"]
        if not self.kinds or (others and len(others) < len(self.kinds)):
            return self.wanted
        return replace(self.wanted, experiments=not others)

    @property
    def narrow(self) -> bool:
        """Whether anything is asked for at all."""
        return bool(self.text or self.kinds or self.wanted != Wanted())


def draw(models: list[str]) -> Sought:
    """Draw the search and the filters. `models` are those that can be chosen."""
    text = st.text_input(
        "Search in prompts, answers and system prompts",
        key="search",
        bind="query-params",
        icon=":material/search:",
        max_chars=500,
        placeholder='All of these words, or "a phrase"',
        help="Finds texts that hold every word, whatever the case and accents; of the last word its beginning is "
        "enough. Of a very long text the first 16,000 words are searched.",
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kinds = st.segmented_control(
            "Kind", list(_KINDS), selection_mode="multi", key="kind", bind="query-params", wrap=True
        )
        chosen = st.multiselect(
            "Models", models, key="model", bind="query-params", placeholder="All", width=300, accept_new_options=True
        )
        ended = st.segmented_control(
            "Calls that are", list(_STATUSES), selection_mode="multi", key="ended", bind="query-params"
        )
        origin = st.segmented_control("Providers", list(_SIMULATED), key="origin", bind="query-params")
        dates = st.date_input("From, to (UTC)", (), key="dates", bind="query-params", width=240)
    since, until = _bounds(dates)
    return Sought(
        (text or "").strip(),
        tuple(_KINDS[kind] for kind in kinds or ()),
        Wanted(
            since=since,
            until=until,
            models=tuple(chosen or ()),
            statuses=tuple(_STATUSES[one] for one in ended or ()),
            simulated=_SIMULATED.get(origin) if origin else None,
        ),
    )


def _bounds(dates: object) -> tuple[datetime | None, datetime | None]:
    days = sorted(dates) if isinstance(dates, tuple | list) else [dates] if dates else []
    if not days:
        return None, None
    first, last = (datetime.combine(day, time(), UTC) for day in (days[0], days[-1]))
    return first, last + timedelta(days=1)
