"""What the whole log says: rollups that hold whatever is written, and figures of groups of calls."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from llm_backends.insights.view import View
from llm_backends.stats.percentiles import percentile
from llm_backends.stats.sketch import RELATIVE_ERROR
from llm_backends.store.call_log import CallLog, Filter
from llm_backends.types import CallResult, Target, Usage

NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path}/log.db"


@pytest.fixture
def log(url):
    with contextlib.closing(CallLog(url)) as log:
        yield log


def call(n: int, days_ago: float = 1.0, status: str = "ok", **more) -> CallResult:
    target = Target("openai", f"m{n % 2}", "azure" if n % 3 == 0 else "direct", endpoint_host=f"host{n % 2}")
    at = (NOW - timedelta(days=days_ago)).isoformat(timespec="milliseconds")
    figures = {"ttft_ms": 100.0 + n, "total_ms": 1000.0 + n, "usage": Usage(10 + n, 20), "cost_usd": 0.01}
    return CallResult(target, status, at, **figures | more)


def record(log: CallLog, *results: CallResult) -> None:
    id = log.open_comparison("Why?", None, {}, len(results))
    for slot, result in enumerate(results):
        log.record(id, slot, result)
    assert log.flush(10), log.problem


def test_rollups_change_no_figure(log):
    record(log, *(call(n, days_ago=n % 5, status="ok" if n % 7 else "error") for n in range(60)))
    before = View(log.cells()).groups("model", "route")
    assert list(log.roll_up()) == [0, 0.25, 0.5, 0.75]  # today is not over
    after = View(log.cells()).groups("model", "route")
    assert before.keys == after.keys and before.keys[0] == ("m0", "azure")
    for kind in ("sums", "statuses", "errors"):
        one, other = getattr(before, kind), getattr(after, kind)
        assert one.keys() == other.keys()
        assert all(values.tolist() == pytest.approx(other[name].tolist()) for name, values in one.items())
    assert all((before.counts[time] == after.counts[time]).all() for time in before.counts)
    assert list(log.roll_up()) == []


def test_a_call_that_is_written_late_is_in_the_figures(log):
    record(log, call(1), call(2))
    list(log.roll_up())
    record(log, call(4))
    assert View(log.cells()).calls == 3
    list(log.roll_up())
    assert View(log.cells()).calls == 3


def test_a_time_within_a_day_is_kept_to(log):
    record(log, *(call(n, days_ago=n / 4) for n in range(4, 40)))
    list(log.roll_up())
    for since, until in ((9, None), (7.25, 4.5), (6.5, 2), (2.0, 1.25), (1.3, None)):
        chosen = Filter(since=NOW - timedelta(days=since), until=None if until is None else NOW - timedelta(days=until))
        assert View(log.cells(chosen)).calls == len(log.calls(chosen, limit=100)), (since, until)


def test_filters_choose_the_same_calls_as_the_log_does(log):
    known = {"timed_from": "socket", "streamed": True}
    results = [
        *(call(n) for n in range(6)),
        call(7, connect_ms=3.0, **known),
        call(8, **known),
        call(9, streamed=False, status="stopped"),
        call(10, status="error", error_type="RateLimited"),
    ]
    record(log, *results)
    for facts in (
        {"routes": ("azure",)},
        {"models": ("openai/m1",), "routes": ("direct",)},
        {"providers": ("mistral",)},
        {"endpoints": ("host0",)},
        {"statuses": ("error", "stopped")},
        {"streamed": True},
        {"streamed": False},
        {"opened": True},
        {"opened": False},
        {"experiments": True},
        {"experiments": False},
    ):
        assert View(log.cells()).chosen(Filter(**facts)).calls == len(log.calls(Filter(**facts))), facts
    assert View(log.cells()).groups().errors["RateLimited"].tolist() == [1]


def test_percentiles_are_within_their_error_and_only_where_the_values_carry_them(log):
    results = [call(2, ttft_ms=1.07**n) for n in range(100)] + [call(1, ttft_ms=5.0)]
    record(log, *results)
    many, one = View(log.cells()).groups("model").quantiles, 1
    expected = percentile((result.ttft_ms for result in results[:100]), 0.5)
    found = many("ttft_ms", 0.5)[0]
    assert abs(found / expected - 1) < 0.04 and many("ttft_ms", 0.5)[one] == pytest.approx(5.0, rel=RELATIVE_ERROR)
    assert many("ttft_ms", 0.95)[0] and many("ttft_ms", 0.95)[one] is None
    assert many("ttft_ms", 0.99) == [None, None]


def test_unknown_is_counted_and_never_a_zero(log):
    record(log, call(1, usage=None, cost_usd=None, ttft_ms=None), call(1))
    groups = View(log.cells()).groups("model")
    assert (groups.sums["calls"], groups.sums["counted"], groups.sums["priced"]) == ([2], [1], [1])
    assert groups.mean("cost_usd", "priced") == [0.01] and groups.samples("ttft_ms") == [1]


def test_an_empty_log_has_no_groups(log):
    view = View(log.cells())
    assert (view.calls, view.groups("model").keys, list(log.roll_up())) == (0, (), [])
    assert view.groups().quantiles("ttft_ms", 0.5) == []


def test_a_day_is_unpacked_once_and_again_when_it_was_made_anew(log):
    record(log, *(call(n, days_ago=1 + n % 3) for n in range(30)))
    list(log.roll_up())
    unpacked = log._unpacked
    with log.database.reading() as connection:
        first = unpacked.read(connection, "", "~")
        again = unpacked.read(connection, "", "~")
        assert len(first) == 3 and [*first] == sorted(first) and all(again[day] is first[day] for day in first)
    record(log, call(4))
    list(log.roll_up())
    with log.database.reading() as connection:
        anew = unpacked.read(connection, "", "~")
        assert [day for day in first if anew[day] is not first[day]] == [(NOW - timedelta(days=1)).date().isoformat()]
        assert [*unpacked.read(connection, max(first), "~")] == [max(first)]


def test_names_with_a_null_byte_come_back_from_the_cells(log):
    record(log, CallResult(Target("openai", "m\0", "direct"), "ok", NOW.isoformat(timespec="milliseconds")))
    assert View(log.cells()).codes("model")[1] == (("m\0",),)
