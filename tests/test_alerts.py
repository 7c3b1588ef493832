"""Alerts: what has changed this week is told, what only drifts or has a rhythm is not."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest

from llm_backends.insights.alerts import DAYS, alerts
from llm_backends.insights.view import View
from llm_backends.store.rollups import cells

TODAY = date(2026, 11, 26)


def view(
    pace: Callable[[str, int], float], models=("a", "b"), calls=12, failing=lambda model, ago: 0.0, seed=1
) -> View:
    """Calls of the last five weeks and today; `pace` and `failing` say how slow a model is so many days ago."""
    rng = np.random.default_rng(seed)
    rows = []
    for ago in range(DAYS + 3, -1, -1):
        for model in models:
            for _ in range(calls):
                ttft = 400 * pace(model, ago) * rng.lognormal(0, 0.4)
                status = "error" if rng.random() < failing(model, ago) else "ok"
                kinds = ("openai", model, "azure", None, None, status, "TimedOut" if status == "error" else None)
                times = (ttft, ttft, 10.0 * rng.lognormal(0, 0.2), ttft + 1000)
                stretch = (TODAY - timedelta(days=ago)).isoformat()
                rows.append((stretch, *kinds, False, True, False, False, 100, 50, 0, 0, 0.001, *times))
    return View(cells.made(rows))


def drifting(seed: int, size: float = 0.1) -> Callable[[str, int], float]:
    rng, lots = np.random.default_rng(seed), {}
    for model in ("a", "b"):
        lot = rng.normal(0, 1)
        for ago in range(DAYS + 3, -1, -1):
            lots[model, ago] = lot
            lot = 0.5 * lot + 0.75**0.5 * rng.normal(0, 1)
    return lambda model, ago: float(np.exp(size * lots[model, ago]))


def test_a_model_that_became_slower_is_told_with_its_figures():
    drift = drifting(3, 0.03)
    found = alerts(view(lambda model, ago: drift(model, ago) * (1.5 if model == "a" and 1 <= ago <= 7 else 1)), TODAY)
    assert (found.judged, found.not_judged) == (6, 0)
    (alert,) = found.found
    assert (alert.name, alert.metric, alert.worse) == ("openai/a (azure)", "ttft_ms", True)
    assert (alert.days_now, alert.days_before) == (7, 28) and alert.now / alert.before == pytest.approx(1.5, abs=0.15)
    assert alert.sentence == (
        f"openai/a (azure): first token is {100 * (alert.now / alert.before - 1):.0f} % slower this week (median "
        f"{alert.now:.0f} ms against {alert.before:.0f} ms in the four weeks before, 7 and 28 days, p below 0.001)"
    )


def test_drift_alone_is_hardly_ever_told():
    assert sum(bool(alerts(view(drifting(seed), calls=8, seed=seed), TODAY).found) for seed in range(30)) <= 3


def test_more_errors_are_told_in_points():
    failing = lambda model, ago: 0.15 if model == "b" and 1 <= ago <= 7 else 0.01  # noqa: E731
    (alert,) = alerts(view(lambda model, ago: 1, calls=30, failing=failing), TODAY).found
    assert (alert.metric, alert.key[1]) == ("error_rate", "b")
    assert (
        alert.sentence.startswith("openai/b (azure): error rate is ") and " points higher this week (" in alert.sentence
    )


def test_a_bad_day_is_no_change():
    failing = lambda model, ago: 0.6 if model == "b" and ago == 3 else 0.01  # noqa: E731
    assert not alerts(view(lambda model, ago: 3 if ago == 3 else 1, calls=20, failing=failing), TODAY).found


def test_what_is_faster_comes_after_what_is_slower():
    pace = {"a": 0.5, "b": 2.0}
    found = alerts(view(lambda model, ago: pace[model] if 1 <= ago <= 7 else 1), TODAY).found
    assert [(alert.key[1], alert.worse) for alert in found] == [("b", True), ("a", False)]
    assert " faster this week" in found[1].sentence


def test_today_and_what_is_long_ago_count_for_nothing():
    assert not alerts(view(lambda model, ago: 20 if ago == 0 or ago > DAYS else 1), TODAY).found


def test_a_weekly_rhythm_is_no_change():
    """Also where this week has no weekend, by far the faster days."""
    weekend = lambda ago: (TODAY - timedelta(days=ago)).weekday() > 4  # noqa: E731
    log = view(lambda model, ago: 0.4 if weekend(ago) else 1)
    assert not alerts(log, TODAY).found
    gone = [(TODAY - timedelta(days=ago)).isoformat() for ago in range(1, 8) if weekend(ago)]
    rows = [n for n, name in enumerate(log.cells["stretch"].to_pylist()) if name not in gone]
    assert not alerts(View(log.cells.take(rows)), TODAY).found


def test_a_change_too_small_to_matter_is_not_told():
    assert not alerts(view(lambda model, ago: 1.07 if 1 <= ago <= 7 else 1, calls=300, models=("a",)), TODAY).found


def test_few_days_or_calls_are_not_judged():
    found = alerts(view(lambda model, ago: 2 if ago <= 7 else 1, calls=4), TODAY)
    assert (found.found, found.judged, found.not_judged) == ((), 0, 6)
    assert alerts(view(lambda model, ago: 1), TODAY - timedelta(days=30)).judged == 0
    assert alerts(View(cells.joined([])), TODAY).judged == 0
