"""Verdicts beside rankings of everyday calls: what a user reads of each model."""

from datetime import date, timedelta

import numpy as np
import pytest

from llm_backends.insights.ranking import ranking
from llm_backends.insights.sentences import MEASURES, NOT_PAIRED
from llm_backends.insights.summary import FIGURE, summary
from llm_backends.insights.view import View
from llm_backends.store.rollups import cells

BEGIN = date(2026, 11, 2)


def row(stretch: str, model: str, ttft: float | None, status: str = "ok", cost: float | None = 0.001):
    kinds = ("openai", model, "direct", None, None, status, "TimedOut" if status == "error" else None)
    times = (ttft, ttft, 10.0, ttft and ttft + 1000)
    return (stretch, *kinds, False, True, False, False, 100, 50, 0, 0, cost, *times)


def view(factors: dict[str, float], calls: int = 20, days: int = 20, **more) -> View:
    rng = np.random.default_rng(1)
    names = [(BEGIN + timedelta(days=day)).isoformat() for day in range(days)]
    rows = [
        row(name, model, 400 * factor * rng.lognormal(0, 0.4), **more)
        for name in names
        for model, factor in factors.items()
        for _ in range(calls)
    ]
    return View(cells.made(rows))


def test_each_model_has_a_verdict_against_the_best():
    best, close, far = ranking(view({"slow": 2.0, "close": 1.04, "best": 1.0}), "ttft_p50_ms")
    assert [r.key[1] for r in (best, close, far)] == ["best", "close", "slow"]
    assert [r.kind for r in (best, close, far)] == ["best", "can't be told apart", "worse than the best"]
    assert (best.than, far.than, far.name) == (None, best.key, "openai/slow (direct)")
    assert best.sentence.startswith(f"first token {best.value:.0f} ms, 95 % interval ")
    assert best.sentence.endswith("400 calls: the best so far; 1 of the 2 others can't be told apart from it")
    assert f" ms later than {best.name}, 95 % interval " in far.sentence
    assert far.sentence.endswith("400 and 400 calls: a real difference")
    assert "more calls, or an experiment with both on about " in close.sentence
    assert close.standing.needed > 0 and close.standing.prompts > 0 and far.standing.needed is None


@pytest.mark.parametrize("metric", MEASURES)
def test_values_are_those_of_the_table(metric):
    log = view({"a": 1.0, "b": 1.2}, calls=10)
    table = {row.key["model"]: row.figures[metric] for row in summary(log, "model")}
    assert metric in FIGURE
    for ranked in ranking(log, metric):
        assert ranked.value == pytest.approx(table[ranked.key[1]]) and ranked.n == 200
        assert ranked.interval is None or ranked.interval.holds(ranked.value)


def test_what_is_unknown_comes_last_with_its_reason():
    rows = [row("2026-11-02", "untimed", None, cost=None) for _ in range(9)]
    rows += [row("2026-11-02", "few", 100.0), *(row("2026-11-02", "known", 300.0 + n) for n in range(9))]
    known, few, untimed = ranking(View(cells.made(rows)), "ttft_p50_ms")
    assert (known.kind, few.kind, untimed.kind) == ("best", "too few calls", "unknown")
    assert known.sentence.endswith("9 calls of one day: no other has calls enough to compare it with")
    assert few.sentence == "first token, 1 call of one day: too few to tell; it takes at least 6"
    assert untimed.value is None and untimed.sentence.startswith("first token unknown: no token arrived")
    last = ranking(View(cells.made(rows)), "cost_per_call_usd")[-1]
    assert last.sentence == "cost of 1,000 calls unknown: no cost is known"


def test_stopped_calls_are_in_no_error_rate():
    rows = [row("2026-11-02", "a", 100.0, status) for status in ["ok"] * 15 + ["error"] * 5 + ["stopped"] * 30]
    rows += [row("2026-11-02", "stopped", 100.0, "stopped") for _ in range(9)]
    rate, unknown = ranking(View(cells.made(rows)), "error_rate")
    assert (rate.value, rate.n) == (0.25, 20) and rate.sentence.startswith("error rate 25 %, 95 % interval 9 to 49")
    assert unknown.kind == "unknown"


def test_hours_are_told_as_hours():
    rows = [row("2026-11-02T09", "a", 100.0 + n) for n in range(9)]
    rows += [row(f"2026-11-02T{hour}", "b", 500.0 + n) for hour in (10, 11, 14) for n in range(9)]
    best, other = ranking(View(cells.made(rows)), "ttft_p50_ms")
    assert "9 calls of one hour" in best.sentence and (best.stretches, other.stretches) == (1, 3)


def test_an_empty_log_has_no_ranking():
    assert ranking(View(cells.joined([])), "ttft_p50_ms") == ()


def test_it_says_that_everyday_calls_are_not_paired():
    assert "not paired" in NOT_PAIRED and "experiment" in NOT_PAIRED
