"""The charts, one at a time, each with what it shows in words, as a table, and as a file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import streamlit as st

from llm_backends.insights import series
from llm_backends.insights.provenance import of_point
from llm_backends.insights.series import Records
from llm_backends.insights.view import View
from llm_backends.metrics import METRIC
from llm_backends.store.call_log import Filter
from llm_backends.store.rollups.cells import TIMES
from pages._insights import behind, download
from pages._insights.charts import by_model, over_time
from pages._insights.filters import Chosen
from pages._shared.format import plain
from pages._shared.picture.drawing import names, with_names
from pages._shared.session import App

MOST_MODELS = 8
NEWEST = 1000


@dataclass(frozen=True)
class Drawn:
    """What a chart is of: its rows, which are its file, the words below it, and how it is drawn."""

    rows: Records
    said: str
    draw: Callable[[Records], None]


def _distribution(app: App, view: View, filter: Filter, step: str) -> Drawn:
    time = _time()
    said = f"The share of calls whose {_lower(time)} is no longer. The ends are drawn where the samples carry them."
    return Drawn(series.distribution(view, time), said, lambda rows: by_model.distribution(rows, time))


def _over_time(app: App, view: View, filter: Filter, step: str) -> Drawn:
    time = _time()
    said = f"{METRIC[time].label} of each {step}; the 95th percentile where at least 72 calls carry it."
    return Drawn(series.over_time(view, time), said, lambda rows: over_time.percentiles(rows, time))


def _cost(app: App, view: View, filter: Filter, step: str) -> Drawn:
    by = st.segmented_control(
        "By", ["Provider", "Route"], default="Provider", required=True, key="cost_by", bind="query-params"
    ).lower()
    rows = series.cost_over_time(view, by)
    unknown = sum(row["cost_unknown"] for row in rows)
    said = f"What is known to have been spent each {step}."
    said += f" {unknown:,} calls have no known cost and are in no bar." if unknown else ""
    return Drawn(rows, said, lambda rows: over_time.costs(rows, by))


def _trade_off(app: App, view: View, filter: Filter, step: str) -> Drawn:
    time = _time()
    rows = series.trade_off(view, time)
    left_out = len(view.codes(*series.MODEL)[1]) - len(rows)
    said = f"The line joins the models that no other beats in both, median {_lower(time)} and mean cost a call"
    said += f": {', '.join(plain(name) for name in names(with_names([row for row in rows if row['best']])))}."
    if left_out:
        said += f" {left_out} {'is' if left_out == 1 else 'are'} not drawn: time or cost is unknown."
    return Drawn(rows, said, lambda rows: by_model.trade_off(rows, time))


def _speed(app: App, view: View, filter: Filter, step: str) -> Drawn:
    said = f"{METRIC['tokens_per_s'].definition} The line holds nine of ten calls, where at least 72 carry it."
    return Drawn(series.speed(view), said, by_model.speed)


def _errors(app: App, view: View, filter: Filter, step: str) -> Drawn:
    rows = series.errors_over_time(view)
    return Drawn(rows, f"Calls that failed each {step}, by class of error.", over_time.errors)


def _input(app: App, view: View, filter: Filter, step: str) -> Drawn:
    rows = series.by_input(app.log.calls(filter, NEWEST), series.busiest(view, MOST_MODELS))
    said = f"A dot a call that ended well, of the newest {NEWEST:,} that were chosen; both scales are logarithmic."
    return Drawn(rows, said, by_model.by_input)


CHARTS = {
    "Distribution": _distribution,
    "Over time": _over_time,
    "Latency against cost": _trade_off,
    "Tokens per second": _speed,
    "Cost over time": _cost,
    "Errors": _errors,
    "Input length": _input,
}
_ALL_MODELS = ("Latency against cost", "Cost over time", "Errors")
_LONG = 120
LONG = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
TABLE = "insights_chart"


def draw(app: App, view: View, chosen: Chosen) -> None:
    """The choice among them, and the one that is chosen."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        name = st.pills(
            "Chart", list(CHARTS), default="Distribution", required=True, key="chart", bind="query-params", wrap=True
        )
        place = st.container(width="content")
    kept = series.of_models(view, series.busiest(view, MOST_MODELS)) if name not in _ALL_MODELS else view
    step = _step(kept)
    if step == "week":
        kept = series.weekly(kept)
    with place:
        drawn = CHARTS[name](app, kept, chosen.filter, step)
    if not drawn.rows:
        st.info(f"Nothing to draw: no call of these has what this takes. {drawn.said}", icon=":material/bar_chart_off:")
        return
    with st.container(key="chart_drawn"):
        drawn.draw(drawn.rows)
    download.below(f"{drawn.said}{_most(name, view)}", name.lower().replace(" ", "-"), drawn.rows, key="chart_file")
    with st.expander("As a table", key="chart_rows", on_change="rerun") as folder:
        if folder.open:
            _table(name, drawn.rows, LONG[step], chosen)


def _table(name: str, rows: Records, long: timedelta, chosen: Chosen) -> None:
    """The chart's rows; a number opens what is behind it."""

    def open() -> None:
        if (cell := behind.chosen_cell(TABLE)) and cell[0] < len(rows):
            behind.open(of_point(rows[cell[0]], cell[1], chosen.filter, long), chosen.time)

    st.dataframe(
        rows,
        hide_index=True,
        placeholder="—",
        height=300,
        key=behind.key(TABLE),
        on_select=open,
        selection_mode="single-cell",
        alt=f"{name}, as a table. Choose a cell to see what is behind it.",
    )


def _most(name: str, view: View) -> str:
    models = len(view.codes(*series.MODEL)[1])
    if name in _ALL_MODELS or models <= MOST_MODELS:
        return ""
    return f" The {MOST_MODELS} of {models} models with the most calls; choose others in the filters."


def _time() -> str:
    labels = {METRIC[name].label: name for name in TIMES}
    return labels[st.selectbox("Time", list(labels), key="chart_time", bind="query-params", width=180)]


def _lower(time: str) -> str:
    return METRIC[time].label.lower()


def _step(view: View) -> str:
    """What a point of time is in charts over time: an hour, a day, or a week of a long time."""
    names = [name for (name,) in view.codes("stretch")[1]]
    if names and "T" in names[0]:
        return "hour"
    return "week" if len(names) > _LONG else "day"
