"""The percentile: against values worked out by hand, and the database's own definition elsewhere."""

import pytest

from llm_backends.stats.percentiles import percentile


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
