"""Values counted in buckets that grow in proportion: a million of them keep their percentiles in little room."""

from collections.abc import Sequence
from math import log

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .percentiles import rank

RELATIVE_ERROR = 0.005
"""How far a percentile from a sketch may be from the value at its rank, as a share of that value."""

LOWEST, HIGHEST = 1e-3, 1e8
"""What is told apart; a value outside counts as the nearest that is. In milliseconds: a microsecond to 28 hours."""

_RATIO = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_FIRST = int(np.floor(log(LOWEST) / log(_RATIO)))
BUCKETS = int(np.ceil(log(HIGHEST) / log(_RATIO))) - _FIRST + 1

Buckets = NDArray[np.uint16]
Counts = NDArray[np.int64]


def buckets(values: ArrayLike) -> Buckets:
    """The bucket of each value, all above 0: bucket i holds those above ratio^(i-1) and up to ratio^i.

    C. Masson, J. E. Rim and H. K. Lee, "DDSketch", PVLDB 12 (2019) 2195-2205: two sketches are one by adding their
    counts, and no value of a bucket is farther than RELATIVE_ERROR from its `middle`.
    """
    within = np.clip(np.asarray(values, float), LOWEST, HIGHEST)
    return np.asarray(np.ceil(np.log(within) / log(_RATIO)) - _FIRST, np.uint16)


def middle(bucket: ArrayLike) -> NDArray[np.float64]:
    """The value that stands for all in a bucket."""
    powers = np.asarray(bucket, float) + _FIRST
    return np.asarray(2 * _RATIO**powers / (_RATIO + 1))


def quantiles(counts: Counts, qs: Sequence[float]) -> NDArray[np.float64]:
    """`quantile` of many sketches, (sketches, buckets), at several shares: (sketches, shares), NaN of nothing."""
    sketches, width = counts.shape
    held = np.flatnonzero(counts)
    below = np.concatenate([[0], np.cumsum(counts.ravel()[held])])
    first = below[np.searchsorted(held, np.arange(sketches) * width)]
    count = np.append(first[1:], below[-1]) - first
    low, share = np.divmod(np.multiply.outer(np.maximum(count - 1, 0), np.asarray(qs, float)), 1)
    wanted = first[:, None] + low.astype(np.int64) + np.round(share).astype(np.int64)
    place = np.searchsorted(below, wanted, side="right") - 1
    known = np.append(held, 0)[np.minimum(place, len(held))] % width
    return np.where(count[:, None] > 0, middle(known), np.nan)


def quantile(counts: Counts, q: float) -> float | None:
    """The value at the share `q` (0 to 1) of what was counted, by bucket; None of nothing.

    The middle of the bucket that holds that rank, so within RELATIVE_ERROR of the value there.
    """
    count = int(counts.sum())
    if not count:
        return None
    low, share = rank(count, q)
    bucket = int(np.searchsorted(np.cumsum(counts), low + round(share), side="right"))
    return float(middle(bucket))
