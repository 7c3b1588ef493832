"""What a month would cost: its mean and interval against the calls one by one, and how often the truth is in it."""

import contextlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import numpy
import pytest
from scipy.stats import ttest_1samp

from llm_backends.catalog.prices import price_per_mtok
from llm_backends.insights.assumed import assumed
from llm_backends.insights.projection import projection
from llm_backends.insights.view import View
from llm_backends.settings.prices.prices import PriceRow, Prices
from llm_backends.stats.means import mean_of_clusters, mean_of_sums
from llm_backends.store.call_log import CallLog, Filter
from llm_backends.types import CallResult, Target, Usage

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
GPT, MINI = ("openai", "gpt-4o", "azure"), ("openai", "gpt-4o-mini", "direct")
OFF = Prices((PriceRow(date(2026, 11, 1), "*", "azure", "prices.csv", percent_off=20.0),))


@pytest.fixture
def log(tmp_path):
    with contextlib.closing(CallLog(f"sqlite:///{tmp_path}/log.db")) as log:
        yield log


def price_of(*model, own=OFF):
    return price_per_mtok(*model, own, NOW)


def calls(model, usages, days=1, status="ok") -> list[CallResult]:
    target = Target(*model)
    at = [(NOW - timedelta(days=n % days, seconds=n)).isoformat(timespec="milliseconds") for n in range(len(usages))]
    return [CallResult(target, status, when, usage=usage) for when, usage in zip(at, usages, strict=True)]


def view(log, *results) -> View:
    id = log.open_comparison("Why?", None, {}, len(results))
    for slot, result in enumerate(results):
        log.record(id, slot, result)
    assert log.flush(10), log.problem
    return View(log.cells())


def usages(count, seed=1):
    rng = numpy.random.default_rng(seed)
    return [Usage(n + 300, n // 3 + 1, int(rng.random() * n)) for n in rng.poisson(900, count).tolist()]


def test_mean_and_interval_are_those_of_the_costs_of_the_calls(log):
    used, price = usages(60), price_of(*GPT)
    each = [price.usd(u.input_tokens, u.output_tokens, u.cached_input_tokens) for u in used]
    (one,) = projection(view(log, *calls(GPT, used)), 30_000, price_of)
    expected = ttest_1samp(each, 0).confidence_interval()
    assert one.usd == pytest.approx(30_000 * numpy.mean(each)) and one.model == one.of == GPT
    assert (one.interval.low, one.interval.high) == pytest.approx((30_000 * expected.low, 30_000 * expected.high))
    assert (one.interval.method, one.mix.counted, len(one.mix.days)) == ("t", 60, 1)
    assert (one.price.percent_off, one.price.kind) == (20, "borrowed") and "less 20 %" in one.price.source
    assert list(assumed(one)) == ["From fewer than 5 days: how much days differ is not in the interval."]


def test_days_that_differ_make_the_interval_wider(log):
    dear = [replace(u, output_tokens=u.output_tokens * (1 + n % 10)) for n, u in enumerate(usages(200))]
    (one,) = projection(view(log, *calls(GPT, dear, days=10)), 1000, price_of)
    price = price_of(*GPT)
    each = numpy.array([price.usd(u.input_tokens, u.output_tokens, u.cached_input_tokens) for u in dear])
    plain = ttest_1samp(each, 0).confidence_interval()
    assert one.interval.method == "jackknife by cluster" and list(assumed(one)) == []
    assert one.interval.high - one.interval.low > 1.5 * 1000 * (plain.high - plain.low)
    days = [each[n::10] for n in range(10)]
    left = [numpy.concatenate(days[:n] + days[n + 1 :]).mean() for n in range(10)]
    error = numpy.sqrt(0.9 * ((left - numpy.mean(left)) ** 2).sum())
    assert (one.interval.high - one.interval.estimate) / 1000 == pytest.approx(2.2622 * error, rel=1e-4)


def test_every_model_with_the_tokens_of_one_and_one_that_was_never_called(log):
    new = ("anthropic", "claude-sonnet-4-5", "direct")
    seen = view(log, *calls(GPT, usages(30)), *calls(MINI, [Usage(10, 10)] * 3))
    found = {one.model: one for one in projection(seen, 1000, price_of, mix=GPT, models=[new])}
    assert set(found) == {GPT, MINI, new} and {one.of for one in found.values()} == {GPT}
    means = found[GPT].mix.means
    for model, one in found.items():
        assert one.usd == pytest.approx(1000 * price_of(*model).usd(*means)) and one.interval.n == 30
    assert "With the tokens of openai/gpt-4o (azure), an assumption" in next(assumed(found[MINI]))
    alone = {one.model: one for one in projection(seen, 1000, price_of, models=[new])}
    assert alone[new].why_not == "no calls" and alone[MINI].interval.low == pytest.approx(alone[MINI].usd)
    assert list(assumed(alone[new])) == [
        "There are no calls of anthropic/claude-sonnet-4-5 (direct) to take the tokens of."
    ]


def test_what_is_unknown_has_no_figure_and_says_why(log):
    nobody, local = ("lab", "x", "direct"), ("local", "smol", "local")
    seen = view(
        log,
        *calls(nobody, usages(3)),
        *calls(local, usages(3)),
        *calls(MINI, [Usage(10, 10), None, None]),
        *calls(GPT, [Usage(10, 10), None], status="error"),
        *calls(("openai", "o3", "direct"), [None]),
    )
    found = {one.model: one for one in projection(seen, 1000, price_of)}
    assert found[nobody].why_not == found[local].why_not == "no price" and found[nobody].usd is None
    assert list(assumed(found[local])) == ["The price is unknown: runs on this machine: nobody bills it."]
    assert found["openai", "o3", "direct"].why_not == "no token counts"
    assert found[MINI].usd == pytest.approx(1000 * (10 * 0.15 + 10 * 0.6) / 1e6) and found[MINI].interval is None
    said = " ".join(assumed(found[MINI]))
    assert "2 of 3 calls were left out" in said and "One call has no interval." in said
    assert "2 of 2 calls failed" in " ".join(assumed(found[GPT])) and found[GPT].mix.counted == 1
    assert projection(View(log.cells()).chosen(Filter(providers=("nobody",))), 1000, price_of) == ()


def test_the_prices_in_use_with_source_and_day(log):
    seen = view(log, *calls(GPT, usages(1)), *calls(("openai", "o3", "direct"), usages(1)))
    found = {one.model: one.price for one in projection(seen, 1000, partial(price_of, own=Prices()))}
    assert found[GPT].kind == "borrowed" and found[GPT].since is None and "borrowed" in found[GPT].source
    o3 = found["openai", "o3", "direct"]
    assert (o3.kind, o3.since) == ("list", date(2025, 6, 10))
    assert (o3.input_usd, o3.cached_input_usd, o3.output_usd) == (2, 0.5, 8)


def test_a_row_without_a_price_that_the_mix_needs_gives_no_figure(log):
    half = Prices((PriceRow(date(2026, 1, 1), "openai/gpt-4o", None, "p.csv", input_usd_per_mtok=1.0),))
    (one,) = projection(view(log, *calls(GPT, usages(2))), 10, partial(price_of, own=half))
    assert (one.usd, one.why_not) == (None, "no price")


@pytest.mark.parametrize(("days", "apart", "uneven"), [(1, 0, 0), (8, 0.3, 1), (8, 0, 0), (30, 0.3, 0), (30, 0.3, 1)])
def test_the_interval_holds_the_truth_95_times_in_100(days, apart, uneven):
    """See benchmarks/statistics.py for more of it; 1,000 draws, whose own error is 0.7."""
    rng, held = numpy.random.default_rng([days, uneven]), 0
    for _ in range(1_000):
        counts = numpy.maximum(1, rng.poisson(50 * rng.lognormal(0, 0.8 * uneven, days)))
        means = rng.lognormal(-(apart**2) / 2, apart, days)
        costs = [mean * rng.lognormal(-0.125, 0.5, n) for n, mean in zip(counts, means, strict=True)]
        totals, squares = [c.sum() for c in costs], sum((c**2).sum() for c in costs)
        found = mean_of_sums(int(counts.sum()), sum(totals), squares), mean_of_clusters([*counts], totals)
        held += max((one for one in found if one), key=lambda one: one.high - one.low).holds(1)
    assert 930 <= held <= 975
