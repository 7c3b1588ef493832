"""Whether groups of calls that each have prompts of their own can be told apart, whatever their days were like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_backends.stats import sketch
from llm_backends.stats.unpaired import samples
from llm_backends.stats.unpaired.samples import Estimates
from llm_backends.stats.unpaired.standings import against, difference, standings

DAYS = 28


def medians(values, q: float = 0.5) -> Estimates:
    """Of each group's values: a list a day."""
    entries = [(group, day, value) for group, of in enumerate(values) for day, ones in enumerate(of) for value in ones]
    group, day, value = (np.array(part) for part in zip(*entries, strict=True))
    days = len(values[0])
    bucket = sketch.buckets(value).astype(np.int64)
    return samples.quantiles(np.arange(days), group, day, bucket, np.ones(len(value), np.int64), q, len(values))


def made(rng, factors, calls: int = 20, drift: float = 0.1, days: int = DAYS):
    """Log-normal times around 400 ms, by group and day; each day has a factor of its own, like that of the last."""
    lots = rng.normal(0, drift, (len(factors), days))
    for day in range(1, days):
        lots[:, day] = 0.5 * lots[:, day - 1] + np.sqrt(0.75) * lots[:, day]
    middles = 400 * np.array(factors)[:, None] * np.exp(lots)
    return [[middle * rng.lognormal(0, 0.5, calls) for middle in row] for row in middles]


def shares(passed, n) -> Estimates:
    return samples.shares(np.arange(len(n[0])), np.array(n, float), np.array(passed, float))


def test_equal_models_are_hardly_ever_told_apart():
    rng = np.random.default_rng(1)
    found = [standings(medians(made(rng, [1] * 6)), 10) for _ in range(60)]
    assert sum(any(s.kind == "worse than the best" for s in family) for family in found) <= 4


def test_a_model_twice_as_slow_is_worse_and_the_difference_holds_the_truth():
    rng = np.random.default_rng(2)
    best, other = standings(medians(made(rng, [1, 2])), 10)
    assert (best.kind, other.kind, other.against, other.needed) == ("best", "worse than the best", 0, None)
    assert other.difference.holds(400) and other.p < 0.001


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(3)
    held, apart = [], []
    for _ in range(100):
        estimates = medians(made(rng, [1, 1.5, 1]))
        held += [estimates.interval(group).holds(400 * f) for group, f in enumerate((1, 1.5, 1))]
        apart += [difference(estimates, 0, 1).holds(200), difference(estimates, 0, 2).holds(0)]
    assert 0.92 < np.mean(held) <= 0.99 and 0.92 < np.mean(apart) <= 0.99


def test_days_that_differ_make_intervals_wider_than_their_calls_would():
    rng = np.random.default_rng(4)
    still, moving = (medians(made(rng, [1, 1], calls=200, drift=drift)).interval(0) for drift in (0, 0.3))
    assert moving.high - moving.low > 4 * (still.high - still.low)


def test_calls_of_one_day_only_are_judged_by_themselves():
    rng = np.random.default_rng(5)
    estimates = medians(made(rng, [1, 1.5], calls=300, drift=0, days=1))
    assert estimates.days.tolist() == [1, 1] and estimates.chance.tolist() == [1, 1]
    assert [s.kind for s in standings(estimates, 10)] == ["best", "worse than the best"]


def test_a_lucky_model_with_few_calls_hides_no_difference_between_others():
    rng = np.random.default_rng(6)
    values = made(rng, [1, 2], calls=50)
    values.append([[390.0, 200.0, 900.0]] * 3 + [[]] * (DAYS - 3))
    standing = standings(medians(values), 10)
    assert standing[2].kind == "best" and standing[0].kind == "can't be told apart"
    assert (standing[1].kind, standing[1].against) == ("worse than the best", 0)


def test_so_many_more_calls_settle_it():
    rng = np.random.default_rng(7)
    undecided = [standings(medians(made(rng, [1, 1], calls=4)), 80)[1] for _ in range(20)]
    needed = np.median([s.needed for s in undecided if s.worth == 80])
    days = round(DAYS * (1 + needed / (2 * 4 * DAYS)))
    found = [standings(medians(made(rng, [1, 1.2], calls=4, days=days)), 80)[1].kind for _ in range(50)]
    assert days > 1.3 * DAYS and 30 <= found.count("worse than the best") <= 48


def test_too_few_calls_are_not_judged():
    assert [s.kind for s in standings(medians([[[100.0] * 5], [[200.0] * 5]]), 10)] == ["too few calls"] * 2
    assert standings(medians([[[100.0] * 60]], 0.95), 10)[0].kind == "too few calls"
    assert shares([[0]], [[5]]).interval(0) is None


def test_no_failure_among_few_calls_is_not_better_than_one():
    standing = standings(shares([[0], [1]], [[200], [20]]), 0.01)
    assert standing[1].kind == "can't be told apart"
    assert standings(shares([[0], [9]], [[10_000], [20]]), 0.01)[1].kind == "worse than the best"


def test_failures_of_one_bad_day_are_not_a_higher_rate():
    n = [[100.0] * DAYS] * 2
    one_day = [[1.0] * DAYS, [1.0] * (DAYS - 1) + [60.0]]
    every_day = [[1.0] * DAYS, [3.0] * DAYS]
    assert standings(shares(one_day, n), 0.01)[1].kind == "can't be told apart"
    assert standings(shares(every_day, n), 0.01)[1].kind == "worse than the best"


def test_what_costs_nothing_is_cheaper_than_what_costs():
    n, cost = np.full((3, DAYS), 10.0), np.array([[0.0], [0.1], [0.1]]) + np.zeros((3, DAYS))
    standing = standings(samples.means(np.arange(DAYS), n, cost, cost**2 / 10), 0, 0.1)
    assert [s.kind for s in standing] == ["best", "worse than the best", "worse than the best"]


counts = st.lists(st.integers(0, 40), min_size=6, max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(counts, st.integers(0, 10)), min_size=1, max_size=4))
def test_whatever_there_is_has_an_order_of_bounds_and_at_most_one_best(groups):
    n = np.array([calls for calls, _ in groups], float)
    failed = np.minimum(n, [[most] for _, most in groups])
    value, at = 1.0 + failed, np.arange(6)
    cells = np.argwhere(n > 0)
    bucket = sketch.buckets(value[n > 0]).astype(np.int64)
    for estimates in (
        samples.quantiles(at, cells[:, 0], cells[:, 1], bucket, n[n > 0].astype(np.int64), 0.5, len(n)),
        samples.shares(at, n, failed),
        samples.means(at, n, n * value, n * value**2),
    ):
        known = estimates.n > 0
        values = estimates.values[known, None]
        assert (estimates.low[known] <= values * (1 + 1e-9)).all()
        assert (estimates.high[known] >= values * (1 - 1e-9)).all()
        kinds = [s.kind for s in standings(estimates, 1)]
        assert kinds.count("best") == (1 if set(kinds) - {"too few calls"} else 0)


@pytest.mark.parametrize("shift", [1, 30])
def test_the_p_is_that_of_the_interval_that_just_leaves_out_nothing(shift):
    rng = np.random.default_rng(8)
    estimates = medians(made(rng, [1, 1.1 + shift / 100]))
    other = standings(estimates, 10)[1]
    assert difference(estimates, other.against, 1, 1 - other.p).low == pytest.approx(0, abs=1)


def test_models_are_compared_with_a_chosen_one_in_either_direction():
    rng = np.random.default_rng(12)
    estimates = medians(made(rng, [1, 2, 0.5, 1]))
    same, slower, faster, alike = against(estimates, 0)
    assert (slower.kind, faster.kind, same.difference) == ("higher", "lower", None)
    assert slower.difference.holds(400) and faster.difference.holds(-200)
    assert alike.kind == "can't be told apart" and alike.difference.holds(0)


def test_hardly_ever_is_an_equal_model_told_apart_from_a_chosen_one():
    rng = np.random.default_rng(13)
    found = [against(medians(made(rng, [1] * 6)), 2) for _ in range(60)]
    assert sum(any(one.kind in ("higher", "lower") for one in family) for family in found) <= 6
