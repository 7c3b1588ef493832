"""Which calls are looked at: each choice is in the address, so that a view can be shared."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import streamlit as st

from llm_backends.insights.view import View
from llm_backends.store.call_log import Filter

DAYS = {"7 days": 7, "30 days": 30, "90 days": 90}
TIMES = ("24 hours", *DAYS, "All", "Dates")
CALLS = {"Everyday": False, "Experiments": True, "All": None}
STATUSES = {"Done": "ok", "Stopped": "stopped", "Failed": "error"}
STREAMED = {"Streamed": True, "In one piece": False}
OPENED = {"New": True, "Open": False}

NONE = "(none)"
"""In place of a name: calls on this machine have no endpoint."""


@dataclass(frozen=True)
class Chosen:
    """The filter, and its time in words."""

    filter: Filter
    time: str


def times() -> Chosen:
    """Draw the choice of time and of everyday calls or experiments."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        asked = st.segmented_control(
            "Time (UTC)",
            TIMES,
            default="7 days",
            required=True,
            key="time",
            bind="query-params",
            wrap=True,
            help="24 hours: from the beginning of an hour on. Days: whole ones, today among them.",
        )
        dates = ()
        if asked == "Dates":
            dates = st.date_input("From, to", value=(_today(), _today()), key="dates", bind="query-params", width=260)
        calls = st.segmented_control(
            "Calls",
            list(CALLS),
            default="Everyday",
            required=True,
            key="calls",
            bind="query-params",
            help="Everyday calls are those of comparisons. An experiment asks the same prompts over and over, several "
            "at once: its thousands of calls would drown the others, so they are left out until you ask for them.",
        )
    since, until = _bounds(asked, dates)
    return Chosen(Filter(since=since, until=until, experiments=CALLS[calls]), _said(since, until))


def _bounds(asked: str, dates: Any) -> tuple[datetime | None, datetime | None]:
    if asked == "Dates":
        days = sorted(dates) if isinstance(dates, Sequence) else [dates]
        days = days or [_today()]
        return _midnight(days[0]), _midnight(days[-1] + timedelta(days=1))
    if asked == "24 hours":
        return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=23), None
    return (_midnight(_today() - timedelta(days=DAYS[asked] - 1)) if asked in DAYS else None), None


def _said(since: datetime | None, until: datetime | None) -> str:
    if since is None:
        return "all time"
    if until is None:
        return f"since {since:%-d %b %Y %H:%M} UTC"
    last = until - timedelta(days=1)
    return f"{since:%-d %b %Y} to {last:%-d %b %Y}, UTC" if last > since else f"{since:%-d %b %Y}, UTC"


def others(place: Any, time: Chosen, view: View, sandbox: bool) -> Chosen:
    """Draw the other choices in `place`, among what the view holds; those that are made are counted on it."""
    made = sum(bool(st.session_state.get(key)) for key in _ASKED) + (_simulated(sandbox) != sandbox)
    with place, st.popover(f"Filters ({made})" if made else "Filters", icon=":material/filter_alt:", key="filters"):
        refs = [f"{provider}/{model}" for provider, model in view.codes("provider", "model")[1]]
        models = _several("Models", "model", refs)
        providers = _several("Providers", "provider", _names(view, "provider"))
        routes = _several("Routes", "route", _names(view, "route"))
        endpoints = _several("Endpoints", "endpoint", _names(view, "endpoint_host"))
        deployments = _several("Deployments", "deployment", _names(view, "deployment"))
        statuses = _several("Ended", "status", list(STATUSES), any="however")
        streamed = _one("Answer", "streaming", STREAMED, "Whether it was asked for as a stream.")
        opened = _one("Connection", "connection", OPENED, "Whether the call had to open its connection.")
        simulated = st.toggle(
            "Include simulated calls",
            value=sandbox,
            key="simulated",
            bind="query-params",
            help="Calls to the sandbox. Their latency and cost are made up.",
        )
        st.button("Clear", icon=":material/filter_alt_off:", disabled=not made, on_click=_clear, key="clear_filters")
    asked = replace(
        time.filter,
        models=models,
        providers=providers,
        routes=routes,
        endpoints=_or_none(endpoints),
        deployments=_or_none(deployments),
        statuses=tuple(STATUSES[name] for name in statuses),
        streamed=streamed,
        opened=opened,
        include_simulated=simulated,
    )
    return replace(time, filter=asked)


_ASKED = ("model", "provider", "route", "endpoint", "deployment", "status", "streaming", "connection")


def _simulated(sandbox: bool) -> bool:
    return bool(st.session_state.get("simulated", sandbox))


def _clear() -> None:
    state = st.session_state
    for key in _ASKED:
        state[key] = None if key in ("streaming", "connection") else []


def _several(label: str, key: str, options: list[str], any: str = "all") -> tuple[str, ...]:
    """Those that are chosen, none for all. What a shared address names stays in it, whatever the time holds."""
    asked = [*st.session_state.get(key, ()), *st.query_params.get_all(key)]
    known = list(dict.fromkeys([*options, *(name for name in asked if name)]))
    return tuple(st.multiselect(label, known, key=key, bind="query-params", placeholder=any, filter_mode="contains"))


def _one(label: str, key: str, options: dict[str, bool], help: str) -> bool | None:
    asked = st.segmented_control(label, list(options), key=key, bind="query-params", help=help)
    return None if asked is None else options[asked]


def _names(view: View, column: str) -> list[str]:
    return [NONE if name is None else name for (name,) in view.codes(column)[1]]


def _or_none(names: tuple[str, ...]) -> tuple[str | None, ...]:
    return tuple(None if name == NONE else name for name in names)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _today() -> date:
    return datetime.now(UTC).date()
