"""Statistics over measured values, in pure Python."""

from collections.abc import Iterable


def percentile(values: Iterable[float], q: float) -> float | None:
    """The value below which the share `q` (0 to 1) of `values` lies, interpolated linearly; None without values.

    Definition 7 of R. J. Hyndman and Y. Fan, "Sample Quantiles in Statistical Packages", The American Statistician
    50 (1996) 361-365: numpy's default, Excel's PERCENTILE.INC, PostgreSQL's percentile_cont.
    """
    ordered = sorted(values)
    if not ordered:
        return None
    low, share = rank(len(ordered), q)
    return between(ordered[low], ordered[min(low + 1, len(ordered) - 1)], share)


def rank(count: int, q: float) -> tuple[int, float]:
    """Where the percentile `q` lies among `count` ascending values: an index, and the share of the way to the next."""
    if not 0 <= q <= 1:
        raise ValueError(f"q is a share from 0 to 1, not {q}")
    low, share = divmod(q * (count - 1), 1)
    return int(low), share


def between(low: float, high: float, share: float) -> float:
    """The value that lies `share` (0 to 1) of the way from `low` to `high`."""
    return low + (high - low) * share
