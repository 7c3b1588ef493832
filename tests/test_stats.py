"""Statistics: against values worked out by hand, published examples, SciPy's own, and what an analyst must be told.

How often intervals hold the truth and chance passes for a difference is measured in benchmarks/statistics.py.
"""

import random

import numpy as np
import pytest

from llm_backends.stats import sketch
from llm_backends.stats.bootstrap import bootstrap_interval, mean_interval
from llm_backends.stats.chance import holm, mcnemar_test, sign_flip_test, sign_test
from llm_backends.stats.differences import Pairs, mean_difference, median_difference, pair, share_difference
from llm_backends.stats.intervals import Interval, median_interval
from llm_backends.stats.percentiles import percentile
from llm_backends.stats.power import fewest_pairs, more_pairs
from llm_backends.stats.shares import newcombe_interval, share_interval
from llm_backends.stats.verdict import Quantity, said, verdicts

TTFT = Quantity("first token", "ms", "later", "sooner")
PASSES = Quantity("pass rate", "points", scale=100)


def latencies(count: int, shift: float, seed: int = 1) -> Pairs:
    """Two columns of log-normal latencies, the other `shift` ms later."""
    rng = random.Random(seed)
    first = tuple(rng.lognormvariate(5, 0.2) for _ in range(count))
    return Pairs(first, tuple(rng.lognormvariate(5, 0.2) + shift for _ in range(count)))


def passes(both: int, lost: int, gained: int, neither: int) -> Pairs:
    first = (1.0,) * (both + lost) + (0.0,) * (gained + neither)
    return Pairs(first, (1.0,) * both + (0.0,) * lost + (1.0,) * gained + (0.0,) * neither)


@pytest.mark.parametrize(
    ("values", "q", "expected"),
    [
        ([7.0], 0.95, 7.0),
        ([1.0, 2.0], 0.5, 1.5),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([1.0, 2.0, 3.0, 4.0], 0.25, 1.75),
        ([10.0, 20.0, 30.0, 40.0, 50.0], 0.95, 48.0),
        ([5.0, 5.0, 5.0], 0.95, 5.0),
        ([1.0, 2.0, 3.0], 0.0, 1.0),
        ([1.0, 2.0, 3.0], 1.0, 3.0),
    ],
)
def test_percentile_interpolates_between_the_neighbours(values, q, expected):
    assert percentile(values, q) == pytest.approx(expected)


def test_percentile_takes_any_iterable_and_leaves_it_alone():
    values = [3.0, 1.0, 2.0]
    assert percentile(iter(values), 0.5) == percentile(values, 0.5) == 2.0
    assert values == [3.0, 1.0, 2.0]


def test_percentile_of_nothing_is_unknown():
    assert percentile([], 0.5) is None


@pytest.mark.parametrize("q", [-0.1, 1.1, 95])
def test_percentile_refuses_a_share_outside_0_to_1(q):
    with pytest.raises(ValueError, match="0 to 1"):
        percentile([1.0, 2.0], q)


def test_the_median_of_six_lies_between_the_outermost_as_the_sign_test_says():
    """From the least to the most is 96.875 %, between the next 78.125 %; so 0.1 of the level, 5/14 of the way."""
    found = median_interval([6.0, 5.0, 4.0, 3.0, 2.0, 1.0])
    assert (found.estimate, found.n, found.method) == (3.5, 6, "order statistics")
    assert (found.low, found.high) == pytest.approx((1 + 5 / 14, 6 - 5 / 14))


def test_the_median_of_five_has_no_interval():
    assert median_interval([1.0, 2.0, 3.0, 4.0, 5.0]) is median_interval([]) is None


@pytest.mark.parametrize("count", range(6, 60))
def test_the_medians_interval_lies_within_the_exact_one_and_outside_the_next(count):
    """The two whole ranks whose exact levels are around 95 %."""
    from scipy.stats import binom

    rank = int(binom.ppf(0.025, count, 0.5))
    found = median_interval([float(value) for value in range(1, count + 1)])
    assert rank <= found.low <= rank + 1 and count - rank <= found.high <= count + 1 - rank
    assert found.low - 1 == pytest.approx(count - found.high)


@pytest.mark.parametrize("of", ["median", "mean"])
def test_the_bootstrap_is_scipys_and_the_same_each_time(of):
    import numpy
    from scipy.stats import bootstrap

    values = latencies(30, 0).other
    found = bootstrap_interval(values, of, seed=7)
    options = {"n_resamples": 9_999, "rng": numpy.random.default_rng(7)}
    assert (found.low, found.high) == tuple(bootstrap((values,), getattr(numpy, of), **options).confidence_interval)
    assert found == bootstrap_interval(values, of, seed=7) and found.method == "BCa bootstrap"


def test_the_bootstrap_says_where_bca_has_no_answer():
    found = bootstrap_interval([1.0] * 20 + [2.0], "median")
    assert (found.estimate, found.low, found.high, found.method) == (1.0, 1.0, 1.0, "percentile bootstrap")


@pytest.mark.parametrize("interval", [bootstrap_interval, mean_interval])
def test_resampling_needs_two_values_and_some_spread(interval):
    assert interval([]) is interval([3.0]) is None
    assert interval([3.0, 3.0]) == Interval(3.0, 3.0, 3.0, 0.95, "all equal", 2)


def test_the_means_interval_reaches_further_on_the_side_of_the_tail():
    values = [1.0, 1.2, 1.5, 1.1, 1.3, 1.6, 1.4, 1.2, 1.8, 2.5, 3.0, 6.0]
    found = mean_interval(values)
    assert found.method == "studentised bootstrap" and found == mean_interval(values)
    assert found.high - found.estimate > 1.5 * (found.estimate - found.low)


@pytest.mark.parametrize("values", [[0.0] * 19 + [5.0], [float(value % 10) for value in range(2_001)]])
def test_the_means_interval_is_students_where_resampling_cannot_help(values):
    from scipy.stats import ttest_1samp

    found, expected = mean_interval(values), ttest_1samp(values, 0).confidence_interval(0.95)
    assert found.method == "t"
    assert (found.low, found.high) == pytest.approx(tuple(expected))


@pytest.mark.parametrize(("passed", "count"), [(0, 1), (0, 20), (7, 20), (20, 20), (930, 1000)])
def test_a_pass_rate_has_wilsons_interval(passed, count):
    from scipy.stats import binomtest

    found, expected = share_interval(passed, count), binomtest(passed, count).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= found.low <= found.estimate <= found.high <= 1


def test_repeats_of_a_prompt_make_no_further_prompts_of_it():
    assert share_interval(7.5, 20).low == pytest.approx(
        (share_interval(7, 20).low + share_interval(8, 20).low) / 2, abs=0.01
    )
    assert share_interval(0, 0) is None
    with pytest.raises(ValueError, match="21 of 20"):
        share_interval(21, 20)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [((36, 12, 2, 0), -0.3404, -0.0569), ((20, 12, 2, 16), -0.3292, -0.0562), ((54, 0, 0, 0), -0.0664, 0.0664)],
)
def test_the_difference_of_paired_shares_is_newcombes(table, low, high):
    """Examples of his paper, table III, method 10; ours is the other minus the baseline."""
    found = newcombe_interval(passes(*table).baseline, passes(*table).other)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_prompts_are_paired_by_key_repeats_averaged_and_nothing_dropped_unseen():
    baseline = {"a": [1.0, 3.0], "b": [5.0, None], "c": [None], "d": [7.0]}
    other = {"d": [8.0], "b": [9.0], "a": [4.0, 4.0], "c": [1.0], "e": [2.0]}
    found = pair(baseline, other)
    assert (found.baseline, found.other) == ((2.0, 5.0, 7.0), (4.0, 9.0, 8.0))
    assert found.differences == (2.0, 4.0, 1.0)
    assert (found.left_out, found.missing_baseline, found.missing_other) == (2, 2, 0)


def test_no_pairs_say_nothing():
    for difference in (median_difference, mean_difference, share_difference):
        found = difference(pair({"a": [1.0]}, {"b": [1.0]}))
        assert (found.estimate, found.interval, found.p, found.pairs, found.left_out) == (None, None, 1.0, 0, 2)


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([1, 2, 3, 4, 5, 6], 2 / 64),
        ([-1, 2, 3, 4, 5, 6], 14 / 64),
        ([0, 2, 3, 4, 5, 6], 14 / 64),  # a tie counts against a difference
        ([0] * 6, 1),
        ([0] * 50 + [1] * 10, 1),  # the median is 0, whatever the rest
        ([], 1),
    ],
)
def test_the_sign_test(differences, p):
    assert sign_test(differences) == pytest.approx(p)


@pytest.mark.parametrize(
    ("differences", "p"),
    [([1, 2, 3, 4, 5, 6], 2 / 64), ([-1, 2, 3, 4, 5, 6], 4 / 64), ([0.1] * 30, 2**-29), ([0] * 9, 1), ([], 1)],
)
def test_all_flips_of_few_signs_are_counted(differences, p):
    assert sign_flip_test(differences) == pytest.approx(p)


def test_drawn_flips_agree_with_all_of_them_and_with_students_t_for_many():
    from scipy.stats import permutation_test, ttest_1samp

    values = latencies(13, 20).differences
    exact = permutation_test((values,), lambda x: sum(x), permutation_type="samples", vectorized=False).pvalue
    assert sign_flip_test(values) == pytest.approx(exact, abs=0.02)
    values = latencies(500, 4).differences
    assert sign_flip_test(values) == pytest.approx(ttest_1samp(values, 0).pvalue, abs=0.02)
    values = latencies(2_500, 2).differences
    assert sign_flip_test(values) == pytest.approx(ttest_1samp(values, 0).pvalue)
    assert sign_flip_test(latencies(500, 90).differences) == 1 / 10_000


def test_mcnemar_looks_only_at_the_prompts_on_which_they_disagree():
    from scipy.stats import binomtest

    assert mcnemar_test(passes(36, 12, 2, 0).differences) == pytest.approx(binomtest(2, 14).pvalue)
    assert mcnemar_test(passes(40, 0, 0, 9).differences) == 1


def test_holm_multiplies_the_least_by_all_and_keeps_the_order():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.9, 0.6]) == (1, 1) and holm([]) == ()


def test_shares_of_prompts_whose_repeats_disagree_are_means():
    assert share_difference(passes(20, 3, 5, 2)).test == "McNemar"
    mixed = share_difference(Pairs((1.0, 0.5, 0.0) * 4, (1.0, 1.0, 0.5) * 4))
    assert (mixed.test, mixed.estimate, mixed.interval.method) == (
        "sign flips",
        pytest.approx(1 / 3),
        "studentised bootstrap",
    )


def test_four_times_the_pairs_for_half_the_difference():
    wide = Interval(0.0, -10.0, 10.0, 0.95, "t", 50)
    # (1.96 + 0.84)^2 = 7.85 standard errors squared, of 10 / 1.96 = 5.10 ms.
    assert 50 + more_pairs(wide, 10) == 103
    assert 50 + more_pairs(wide, 5) == pytest.approx(4 * 103, abs=4)
    assert more_pairs(wide, 10, comparisons=8) > more_pairs(wide, 10)
    assert more_pairs(wide, 100) == 0
    with pytest.raises(ValueError, match="above 0"):
        more_pairs(wide, 0)


def test_six_pairs_are_the_fewest_and_more_comparisons_need_more():
    assert (fewest_pairs(), fewest_pairs(8)) == (6, 9)
    assert more_pairs(Interval(0.0, 0.0, 0.0, 0.95, "all equal", 6), 1.0, comparisons=8) == 3


def test_a_real_difference_in_a_sentence():
    (verdict,) = verdicts([median_difference(latencies(200, 60))], [10.0])
    assert (verdict.kind, verdict.needed, verdict.difference.pairs) == ("real difference", None, 200)
    assert verdict.difference.interval.holds(60) and not verdict.difference.interval.holds(0)
    assert said(verdict, TTFT) == ("first token 57 ms later, 95 % interval 49 to 64, 200 pairs: a real difference")


def test_the_other_way_round_it_reads_as_well():
    late = latencies(200, 60)
    (verdict,) = verdicts([median_difference(Pairs(late.other, late.baseline))], [10.0])
    assert said(verdict, TTFT) == ("first token 57 ms sooner, 95 % interval 49 to 64, 200 pairs: a real difference")


def test_what_cannot_be_told_apart_says_how_many_prompts_would_settle_it():
    (verdict,) = verdicts([median_difference(latencies(40, 0, seed=4))], [10.0])
    assert verdict.kind == "can't be told apart" and verdict.needed > 0
    assert said(verdict, TTFT) == (
        "first token 8 ms later, 95 % interval 9 sooner to 26 later, 40 pairs: "
        "can't be told apart; about 210 more prompts would settle 10 ms"
    )
    (verdict,) = verdicts([median_difference(latencies(40, 0, seed=4))], [100.0])
    assert said(verdict, TTFT).endswith(": can't be told apart; so many pairs would most likely have shown 100 ms")


def test_a_find_that_many_comparisons_make_likely_is_none():
    doubtful = share_difference(passes(20, 2, 12, 16))
    alone, *together = (verdicts([doubtful] * count, [0.1] * count)[0] for count in (1, 8))
    assert said(alone, PASSES) == "pass rate 20 points higher, 95 % interval 6 to 33, 50 pairs: a real difference"
    assert said(together[0], PASSES) == (
        "pass rate 20 points higher, 95 % interval 6 to 33, 50 pairs: can't be told apart with enough certainty over "
        "8 comparisons (p 0.1); about 270 more prompts would settle 10 points"
    )


def test_too_few_pairs_are_no_comparison_and_failures_are_told():
    few = median_difference(pair({"a": [1.0], "b": [2.0, None]}, {"a": [2.0], "b": [None], "c": [3.0]}))
    scarce, real = verdicts([few, median_difference(latencies(200, 60))], [10.0, 10.0])
    assert (scarce.kind, real.kind, real.comparisons) == ("too few pairs", "real difference", 1)
    assert said(scarce, TTFT) == (
        "first token, 1 pair: too few to tell; it takes at least 6 (2 prompts left out for want of a pair, "
        "1 value missing in the baseline, 1 value missing in the other)"
    )


def test_nothing_differs_at_all():
    (verdict,) = verdicts([mean_difference(Pairs((0.25,) * 20, (0.25,) * 20))], [0.1])
    assert said(verdict, Quantity("cost", "USD")) == (
        "cost about the same, 95 % interval 0 to 0, 20 pairs: "
        "can't be told apart; so many pairs would most likely have shown 0.1 USD"
    )


def test_percentiles_of_many_sketches_are_those_of_each():
    rng = np.random.default_rng(5)
    counts = (rng.random((40, sketch.BUCKETS)) < 0.01) * rng.integers(1, 5, (40, sketch.BUCKETS))
    counts[[0, 7, 39]] = 0
    counts[3] = np.eye(1, sketch.BUCKETS, 5, dtype=int)
    qs = (0.0, 0.05, 0.5, 0.95, 0.99, 1.0)
    found = sketch.quantiles(counts, qs)
    alone = [[sketch.quantile(row, q) for q in qs] for row in counts]
    assert np.allclose(found, np.array(alone, float), rtol=1e-12, atol=0, equal_nan=True)
    assert sketch.quantiles(counts[:0], qs).shape == (0, 6) and np.isnan(sketch.quantiles(counts[:1], qs)).all()
