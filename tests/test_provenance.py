"""Behind every figure are the calls that it comes from, on either database."""

import contextlib
from datetime import timedelta

import pytest

from benchmarks.million import fill
from llm_backends.insights import series
from llm_backends.insights.provenance import of_point, of_row
from llm_backends.insights.summary import BREAKDOWNS, FIGURE, summary
from llm_backends.insights.view import View
from llm_backends.store.call_log import CallLog, Filter

SHOWN = 10_000


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def log(request, tmp_path_factory):
    if request.param == "postgresql":
        url = request.getfixturevalue("module_postgres_url")
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('log') / 'log.db'}"
    CallLog(url).close()
    fill(url, 150, days=6)
    with contextlib.closing(CallLog(url)) as log:
        yield log


@pytest.mark.parametrize("by", BREAKDOWNS)
def test_as_many_calls_are_behind_a_count_as_it_says(log, by):
    filter = Filter(experiments=False, include_simulated=True)
    for row in summary(View(log.cells(filter)).chosen(filter), by):
        for name in ("calls", "failed", "stopped", "usage_unknown", "cost_unknown", "ttft_n", "total_n"):
            found = of_row(row, name, filter)
            assert len(log.behind(found.filter, found.what, found.near, SHOWN)) == found.value, (by, name, row.key)
            assert found.nothing is (name != "calls" and found.value == 0)


def test_the_calls_behind_a_percentile_are_nearest_to_it(log):
    filter = Filter(include_simulated=True)
    rows = summary(View(log.cells(filter)).chosen(filter), "model")
    row = max(rows, key=lambda row: row.figures["calls"])
    found = of_row(row, "ttft_p50_ms", filter)
    calls = [call.result.ttft_ms for call in log.behind(found.filter, found.what, found.near, 6)]
    every = of_row(row, "ttft_n", filter)
    times = [call.result.ttft_ms for call in log.behind(every.filter, every.what, None, SHOWN)]
    assert calls == sorted(sorted(times, key=lambda ms: abs(ms - found.value))[:6])
    assert "Over" in found.over and "0.5 %" in found.over


def test_every_figure_says_what_it_is_and_what_it_is_over(log):
    filter = Filter(include_simulated=True)
    row = summary(View(log.cells(filter)).chosen(filter), "model")[0]
    for name in FIGURE:
        found = of_row(row, name, filter)
        assert found.metric.definition and found.over.startswith(("Of ", "Over ")) and found.of
        log.behind(found.filter, found.what, found.near, 3)


def test_a_point_of_a_chart_leads_to_its_model_and_day(log):
    filter = Filter(include_simulated=True)
    view = View(log.cells(filter)).chosen(filter)
    point = max(series.over_time(view, "ttft_ms"), key=lambda point: point["calls"])
    found = of_point(point, "calls", filter, timedelta(days=1))
    calls = log.behind(found.filter, found.what, found.near, SHOWN)
    assert {call.result.started_at[:10] for call in calls} == {point["time_utc"][:10]}
    assert {call.result.target.model for call in calls} == {point["model"]} and len(calls) >= point["calls"]
    assert point["time_utc"][:10] in found.of and f"{point['provider']}/{point['model']}" in found.of
    spent = series.cost_over_time(view, "provider")[0]
    found = of_point(spent, "cost_unknown", filter, timedelta(days=1))
    assert len(log.behind(found.filter, found.what, None, SHOWN)) == spent["cost_unknown"]
