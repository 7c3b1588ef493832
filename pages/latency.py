"""Latency and cost: what the logged calls say of each model, over a chosen time and route."""

from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.metrics import METRIC, MODEL_METRIC
from llm_backends.store.call_log import Filter, ModelStats
from pages._shared import charts, session
from pages._shared.columns import column
from pages._shared.format import dollars, plain

TIMES = {
    "Last hour": timedelta(hours=1),
    "24 hours": timedelta(days=1),
    "7 days": timedelta(days=7),
    "30 days": timedelta(days=30),
    "All": None,
}
ROUTES = {"All routes": (), "Direct": ("direct",), "Azure": ("azure",), "Local": ("local",)}
CALLS = {"Everyday": False, "Experiments": True, "All": None}
FACTS = {"model": "Model", "route": "Route"}
FIGURES = (
    *("calls", "errors", "ttft_p50_ms", "ttft_p95_ms", "total_p50_ms", "total_p95_ms", "tokens_per_s_p50"),
    *("cost_usd", "cost_per_call_usd", "cost_unknown"),
)


def filters(sandbox: bool) -> Filter:
    """Draw the choice of calls; in a `sandbox`, where no call is real, the simulated ones are in it from the start."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        time = st.segmented_control(
            "Time", list(TIMES), default="7 days", required=True, key="latency_time", persist_state="session"
        )
        route = st.segmented_control(
            "Route", list(ROUTES), default="All routes", required=True, key="latency_route", persist_state="session"
        )
        calls = st.segmented_control(
            "Calls",
            list(CALLS),
            default="Everyday",
            required=True,
            key="latency_calls",
            persist_state="session",
            help="Everyday calls are those of comparisons. An experiment asks the same prompts over and over, several "
            "at once: its thousands of calls would drown the others, so they are left out until you ask for them.",
        )
        simulated = st.toggle(
            "Include simulated calls",
            value=sandbox,
            key="latency_simulated",
            persist_state="session",
            help="Calls to the sandbox. Their latency and cost are made up.",
        )
    if sandbox and simulated:
        st.caption("Every provider here is simulated: no latency or cost below is real.")
    since = TIMES[time] and datetime.now(UTC) - TIMES[time]
    return Filter(since=since, routes=ROUTES[route], include_simulated=simulated, experiments=CALLS[calls])


def nothing(app: session.App, chosen: Filter) -> None:
    """Say why there is nothing to see, and what to do."""
    others = sum(one.calls for one in app.log.by_model(replace(chosen, experiments=None)))
    simulated = sum(one.calls for one in app.log.by_model(replace(chosen, experiments=None, include_simulated=True)))
    with st.container(border=True):
        if others:
            kind = "everyday calls" if chosen.experiments else "calls of experiments"
            st.markdown(f"Only {kind} here: {others:,} of them. Choose All above to see them.")
        elif simulated:
            st.markdown(f"Only simulated calls here: {simulated:,} of them. Include them with the switch above.")
        else:
            st.markdown("No calls in this time and on this route yet. Run a comparison, or choose a longer time.")
            st.page_link("pages/compare.py", label="Compare models", icon=":material/view_column:")


def table(stats: tuple[ModelStats, ...]) -> None:
    """One row for each model and route."""
    import pandas as pd

    rows = [asdict(one) | {"model": one.ref} for one in stats]
    frame = pd.DataFrame(rows, columns=[*FACTS, *FIGURES])
    facts = {
        name: st.column_config.TextColumn(label, width=240 if name == "model" else None)
        for name, label in FACTS.items()
    }
    st.dataframe(
        frame.astype(dict.fromkeys(FIGURES, float)),
        hide_index=True,
        placeholder="—",
        column_config=facts | {name: column(MODEL_METRIC[name]) for name in FIGURES},
        alt="Calls, latency and cost of each model",
    )


def drawings(stats: tuple[ModelStats, ...]) -> None:
    """Latency and cost by model."""
    times = Counter(one.ref for one in stats)
    names = {one: one.ref if times[one.ref] == 1 else f"{one.ref} ({one.route})" for one in stats}
    latency, cost = st.columns(2)
    with latency:
        st.markdown("**Total time by model**", help=f"{METRIC['total_ms'].definition} Calls that ended well only.")
        ranges = [
            {"name": names[one], "p50": one.total_p50_ms / 1000, "p95": one.total_p95_ms / 1000}
            for one in stats
            if one.total_p50_ms is not None
        ]
        if ranges:
            charts.ranges("Seconds", ranges)
        else:
            st.caption("No call ended well.")
    with cost:
        st.markdown("**Cost by model**", help=MODEL_METRIC["cost_usd"].definition)
        known = {names[one]: one.cost_usd for one in stats if one.cost_usd is not None}
        if known:
            charts.bars(MODEL_METRIC["cost_usd"].unit, known, dollars)
        else:
            st.caption("No cost is known: models on this machine are billed by nobody.")


st.title("Latency and cost", anchor=False)
app = session.app()
chosen = filters(app.settings.simulated)
try:
    stats = app.log.by_model(chosen)
    if stats:
        table(stats)
        drawings(stats)
    else:
        nothing(app, chosen)
except ConfigError as exc:
    st.error(plain(exc), icon=":material/database_off:")
