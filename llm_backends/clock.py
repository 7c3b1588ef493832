"""The one clock: every duration in the product is a difference of two of these readings."""

from time import perf_counter


def now_ms() -> float:
    """Milliseconds on a monotonic clock; only differences mean anything."""
    return perf_counter() * 1000
