"""How often verdicts on rankings and alerts err, over seeded logs of 20 models whose days drift."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from llm_backends.insights.alerts import BEFORE, DAYS, alerts
from llm_backends.insights.ranking import estimates, ranking
from llm_backends.stats.unpaired.standings import difference

from .drifting import BEGIN, MODELS, TTFT_MS, Log, view_of
from .report import Figure

DRAWS = 1_000
POWER_DRAWS = 200


LOGS = {
    "4 weeks": Log(),
    "4 weeks, few calls": Log(calls=30),
    "4 weeks, no drift": Log(drift=0),
    "4 weeks, drift that lasts": Log(alike=0.8),
    "a week": Log(days=7),
    "90 days": Log(days=90, calls=100),
    "one day": Log(days=1, drift=0),
}
METRICS = ("ttft_p50_ms", "ttft_p95_ms", "error_rate", "cost_per_call_usd")


def figures() -> Iterator[Figure]:
    """In 100 logs: how often something is said that is not so, and how often what is so is found."""
    for name, log in LOGS.items():
        yield from _equal(name, log, METRICS if log == Log() else METRICS[:1])
    yield from _unequal()
    yield from _unchanged()
    yield from _changed()


def _equal(name: str, log: Log, metrics: tuple[str, ...]) -> Iterator[Figure]:
    """All models are the same: any that is called worse than the best is a mistake."""
    false, held, shown = (dict.fromkeys(metrics, 0.0) for _ in range(3))
    for seed in range(DRAWS):
        view = view_of(np.random.default_rng(seed), log)
        for metric in metrics:
            found = ranking(view, metric)
            false[metric] += any(r.kind == "worse than the best" for r in found)
            told = [r.standing.difference.holds(0) for r in found if r.standing and r.standing.difference]
            shown[metric] += float(np.mean(told or [1]))
            of, _ = estimates(view, metric)
            pairs = [difference(of, n, n + 1) for n in range(MODELS - 1)]
            held[metric] += float(np.mean([i.holds(0) for i in pairs if i]))
    lasting = log.alike > Log.alike
    for metric in metrics:
        yield Figure(f"{name}, {metric}: a model called worse falsely", _of_100(false[metric]), None if lasting else 5)
        # Elsewhere bounds are wider than they need be: of few failures, of a p95, of days taken to drift that don't.
        limits = (97, 93) if log == Log() and metric == "ttft_p50_ms" else (100, 93)
        yield Figure("  interval of a difference holds the truth", _of_100(held[metric]), *limits)
        yield Figure("  that to the best, for all comparisons", _of_100(shown[metric]), 100, 95)


def _unequal() -> Iterator[Figure]:
    """The second model is the best, the others slower or dearer by so much; failing by 5 points more."""
    for metric, by in (("ttft_p50_ms", 0.1), ("ttft_p50_ms", 0.3), ("cost_per_call_usd", 0.3), ("error_rate", 0.05)):
        factor, failing = np.full((MODELS, 1), 1 + by), np.full((MODELS, 1), 0.02)
        factor[1] = 1
        if metric == "error_rate":
            factor, failing = np.ones((MODELS, 1)), np.where(factor > 1, 0.02 + by, 0.02)
        for name in ("4 weeks", "4 weeks, no drift"):
            found, held = np.zeros(MODELS), []
            for seed in range(POWER_DRAWS):
                view = view_of(np.random.default_rng(seed), LOGS[name], factor, failing)
                kinds = {r.key[1]: r.kind for r in ranking(view, metric)}
                found += [kinds[f"m{n:02}"] == "worse than the best" for n in range(MODELS)]
                if metric == "ttft_p50_ms":
                    of, _ = estimates(view, metric)
                    pairs = [difference(of, 1, n) for n in range(MODELS) if n != 1]
                    held += [i.holds(TTFT_MS * by) for i in pairs if i]
            more = "5 points" if metric == "error_rate" else f"{100 * by:.0f} %"
            share = 100 * found / POWER_DRAWS
            yield Figure(f"{name}, {metric} {more} higher: found, busiest model", share[0])
            yield Figure("  mean of all models", float(np.delete(share, 1).mean()))
            if held:
                yield Figure("  interval of that difference holds the truth", 100 * float(np.mean(held)), 100, 93)


def _unchanged() -> Iterator[Figure]:
    """Nothing but drift and, in one, weekends at which all is faster and rarer: any alert is a mistake."""
    weekly = np.where(np.arange(DAYS) % 7 >= 5, 0.7, 1.0)[None, :]
    for name, log, rhythm in (
        ("5 weeks", Log(DAYS), 1),
        ("5 weeks, few calls", Log(DAYS, calls=60), 1),
        ("5 weeks, no drift", Log(DAYS, drift=0), 1),
        ("5 weeks, weekends", Log(DAYS), weekly),
        ("5 weeks, drift that lasts", Log(DAYS, alike=0.8), 1),
    ):
        false, judged = 0, 0
        for seed in range(DRAWS):
            found = alerts(view_of(np.random.default_rng(seed), log, rhythm * np.ones((MODELS, DAYS))), _today())
            false, judged = false + bool(found.found), judged + found.judged
        limit = None if log.alike > Log.alike else 5
        yield Figure(f"{name}: any false alert among {judged / DRAWS:.0f} judged", _of_100(false), limit)


def _changed() -> Iterator[Figure]:
    """Every fifth model is slower, or fails more often, in the last week."""
    week = (np.arange(DAYS) >= BEFORE) & (np.arange(MODELS) % 5 == 0)[:, None]
    for name, log in (("5 weeks", Log(DAYS)), ("5 weeks, little drift", Log(DAYS, drift=0.03))):
        for by, metric, factor, failing in (
            ("30 % slower", "ttft_ms", 1 + 0.3 * week, 0.02),
            ("60 % slower", "ttft_ms", 1 + 0.6 * week, 0.02),
            ("5 points more errors", "error_rate", 1 + 0 * week, 0.02 + 0.05 * week),
        ):
            hits = []
            for seed in range(POWER_DRAWS):
                rates = np.broadcast_to(failing, week.shape)
                found = alerts(view_of(np.random.default_rng(seed), log, factor, rates), _today()).found
                told = {alert.key[1] for alert in found if alert.metric == metric}
                hits.append([f"m{n:02}" in told for n in range(0, MODELS, 5)])
            yield Figure(f"{name}, {by}: told, busiest model", 100 * float(np.mean(hits, axis=0)[0]))
            yield Figure("  mean of 4 models", 100 * float(np.mean(hits)))


def _today() -> date:
    return BEGIN + timedelta(days=DAYS)


def _of_100(count: float) -> float:
    return 100 * count / DRAWS
