"""What is behind a number: its definition, what it is over, and calls that it comes from, each with its waterfall."""

from datetime import UTC, datetime

import streamlit as st

from llm_backends.errors import ConfigError
from llm_backends.insights.provenance import Provenance
from llm_backends.metrics import Metric
from llm_backends.store import experiments
from llm_backends.store.call_log import LoggedCall
from llm_backends.store.search.find import blind
from pages._shared.format import UNKNOWN, dollars, duration, number, plain
from pages._shared.measures import brief
from pages._shared.session import App
from pages._shared.waterfall import bar

SHOWN = 10
_STATES = {"ok": ":green-badge[done]", "stopped": ":gray-badge[stopped]", "error": ":red-badge[failed]"}
_PAGES = {"route lab": "pages/route_lab.py"}


def open(found: Provenance, time: str) -> None:
    """Have it shown; `time` is that of its calls in words."""
    st.session_state.insights_behind = (found, time)


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
        found, time = opened
        title = f"{found.metric.label}: {found.of}" if found.of else found.metric.label
        st.dialog(plain(title), width="large", on_dismiss=_close)(_inside)(app, found, time)


def _close() -> None:
    st.session_state.pop("insights_behind", None)


def _inside(app: App, found: Provenance, time: str) -> None:
    st.markdown(f"**{plain(said(found.metric, found.value))}** · {plain(time)}")
    st.caption(found.metric.help)
    st.caption(plain(found.over))
    if found.nothing:
        st.info("There is no such call.", icon=":material/check:")
        return
    try:
        _calls(app, app.log.behind(found.filter, found.what, found.near, SHOWN), found.near is not None)
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


def _calls(app: App, calls: tuple[LoggedCall, ...], near: bool) -> None:
    if not calls:
        st.info("No single call is to be shown: there is none, or it was deleted.", icon=":material/search_off:")
        return
    with app.log.database.reading() as connection:
        hidden = blind(connection, {call.comparison_id for call in calls if call.comparison_id})
    st.markdown("**The calls nearest to it**" if near else "**The newest of them**")
    scale_ms = max((call.result.total_ms or 0.0 for call in calls), default=0.0) or 1.0
    for place, call in enumerate(calls):
        if call.comparison_id in hidden:
            st.caption(":material/visibility_off: One that waits for a blind vote: it is shown once that is cast.")
            continue
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
