"""What is behind a number: its definition, what it is over, and calls that it comes from, each with its waterfall."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.insights.summary import FIGURE, Row, named
from llm_backends.metrics import Metric
from llm_backends.stats.sketch import RELATIVE_ERROR
from llm_backends.store import experiments
from llm_backends.store.call_log import Filter, LoggedCall
from llm_backends.store.rollups.cells import TIMES
from pages._insights.filters import Chosen
from pages._shared.format import UNKNOWN, dollars, duration, number, plain
from pages._shared.measures import brief
from pages._shared.session import App
from pages._shared.waterfall import bar

SHOWN = 10
_WHAT = {
    **dict.fromkeys(("failed", "error_rate", "errors"), "failed"),
    "stopped": "stopped",
    "usage_unknown": "uncounted",
    "cost_unknown": "unpriced",
    **dict.fromkeys(("cost_usd", "cost_per_call_usd"), "priced"),
    **dict.fromkeys(("input_tokens", "output_tokens", "cached_input_tokens"), "counted"),
    **{f"{time.removesuffix('_ms')}_n": time for time in TIMES},
}
_STATES = {"ok": ":green-badge[done]", "stopped": ":gray-badge[stopped]", "error": ":red-badge[failed]"}
_PAGES = {"route lab": "pages/route_lab.py"}


def open(row: Row, name: str, chosen: Chosen) -> None:
    """Have this figure of this row looked behind."""
    st.session_state.insights_behind = (row, name, chosen)


def key(table: str) -> str:
    """The key of a table whose cells can be chosen: another one after each time that one was."""
    return f"{table} {st.session_state.get('insights_opened', 0)}"


def chosen_cell(table: str) -> tuple[int, str] | None:
    """The row and column that were just chosen. The table is drawn anew with nothing chosen, so that the same cell can
    be chosen again."""
    cells = st.session_state[key(table)]["selection"]["cells"]
    if not cells:
        return None
    st.session_state.insights_opened = st.session_state.get("insights_opened", 0) + 1
    return cells[0]


def draw(app: App) -> None:
    """The figure that was opened, until it is dismissed."""
    if opened := st.session_state.get("insights_behind"):
        row, name, _ = opened
        title = f"{FIGURE[name].label}: {named(row.key)}"
        st.dialog(plain(title), width="large", on_dismiss=_close)(_inside)(app, *opened)


def _close() -> None:
    st.session_state.pop("insights_behind", None)


def _inside(app: App, row: Row, name: str, chosen: Chosen) -> None:
    metric = FIGURE[name]
    st.markdown(f"**{plain(said(metric, row.figures[name]))}** · {plain(chosen.time)}")
    st.caption(metric.help)
    st.caption(plain(_over(row, name)))
    near = _near(row, name)
    if near is None and row.figures[name] in (0, "", None) and name in _WHAT:
        st.info("There is no such call.", icon=":material/check:")
        return
    try:
        calls = app.log.behind(narrowed(chosen.filter, row), _WHAT.get(name), near, SHOWN)
        _calls(app, calls, near is not None)
    except ConfigError as exc:
        st.error(plain(exc), icon=":material/database_off:")


def said(metric: Metric, value: object) -> str:
    """A value as text."""
    if value is None:
        return UNKNOWN
    if isinstance(value, str):
        return value or "none"
    if metric.unit == "ms":
        return duration(float(value))
    if metric.unit == "USD":
        return dollars(float(value))
    return f"{value:.2%}" if metric.unit == "share" else number(float(value), metric.digits)


def _over(row: Row, name: str) -> str:
    figures = row.figures
    stem = "tpot" if name.startswith("tokens_per_s") else name.partition("_p")[0].removesuffix("_n")
    if f"{stem}_ms" in TIMES:
        known = figures[f"{stem}_n"]
        return (
            f"Over {known:,} of {figures['calls']:,} calls: the others failed, were stopped, or have no such time. "
            f"Percentiles are within {RELATIVE_ERROR:.1%} of the exact ones: they are told from counts in buckets."
        )
    if name.startswith("cost"):
        known = figures["calls"] - figures["cost_unknown"]
        return f"Over {known:,} of {figures['calls']:,} calls: the cost of the others is unknown."
    if name.endswith("tokens"):
        known = figures["calls"] - figures["usage_unknown"]
        return f"Over {known:,} of {figures['calls']:,} calls: the others have no token counts."
    return f"Of {figures['calls']:,} calls."


def _near(row: Row, name: str) -> tuple[str, float] | None:
    """The time whose nearest calls are shown, for a percentile that is known."""
    value = row.figures[name]
    if value and name == "tokens_per_s_p50":
        return "tpot_ms", 1000 / value
    stem, percentile, _ = name.partition("_p")
    time = f"{stem}_ms"
    return (time, value) if value and percentile and time in TIMES else None


def narrowed(filter: Filter, row: Row) -> Filter:
    """The calls of this row."""
    key = row.key
    if "stretch" in key:
        begin = datetime.fromisoformat(key["stretch"]).replace(tzinfo=UTC)
        end = begin + (timedelta(hours=1) if "T" in key["stretch"] else timedelta(days=1))
        since, until = max(begin, filter.since or begin), min(end, filter.until or end)
        return replace(filter, since=since, until=until)
    if "model" in key:
        filter = replace(filter, models=(f"{key['provider']}/{key['model']}",))
    if "deployment" in key:
        filter = replace(filter, deployments=(key["deployment"],))
    if "endpoint_host" in key:
        filter = replace(filter, endpoints=(key["endpoint_host"],))
    return replace(filter, routes=(key["route"],))


def _calls(app: App, calls: tuple[LoggedCall, ...], near: bool) -> None:
    if not calls:
        st.info("No single call is to be shown: there is none, or it was deleted.", icon=":material/search_off:")
        return
    st.markdown("**The calls nearest to it**" if near else "**The newest of them**")
    scale_ms = max((call.result.total_ms or 0.0 for call in calls), default=0.0) or 1.0
    for place, call in enumerate(calls):
        result = call.result
        with st.container(border=True, key=f"behind_{place}"):
            when = datetime.fromisoformat(result.started_at).astimezone(UTC)
            target = result.target
            model = f"{target.ref} ({target.route})"
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.markdown(f"{plain(f'{when:%-d %b %Y %H:%M:%S} UTC · {model}')} {_STATES[result.status]}")
                _link(app, call)
            if result.status == "error":
                said = f"{result.error_type}: {result.error_message or 'no message was recorded'}"
                st.caption(plain(said[:600]))
            st.html(brief(result) + (bar(result, scale_ms) if result.total_ms else ""))
            price = result.price_source or "no price source was recorded"
            st.caption(plain(f"Cost {dollars(result.cost_usd)}, {price}."))


def _link(app: App, call: LoggedCall) -> None:
    """The way to where the call was made, with its prompt and answer."""
    if call.comparison_id:
        st.page_link(
            "pages/compare.py", label="Open", icon=":material/view_column:", query_params={"run": call.comparison_id}
        )
    elif call.place:
        with app.log.database.reading() as connection:
            one = experiments.one(connection, call.place.experiment_id)
        if one:
            page = _PAGES.get(one.plan.get("kind", ""), "pages/prompt_sets.py")
            st.page_link(page, label="Open", icon=":material/checklist:", query_params={"experiment": one.id})
