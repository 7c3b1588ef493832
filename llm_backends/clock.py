"""The one clock: every duration in the product is a difference of two of these readings."""

from time import perf_counter, time_ns

LONGEST_AGE_MS = 1000


def now_ms() -> float:
    """Milliseconds on a monotonic clock; only differences mean anything."""
    return perf_counter() * 1000


def stamped_ms(wall_ns: int) -> float:
    """The reading for a moment just past that was taken on the wall clock, in nanoseconds since 1970.

    A moment that cannot be, because the wall clock was set meanwhile, counts as now.
    """
    age_ms = (time_ns() - wall_ns) / 1e6
    return now_ms() - age_ms if 0 <= age_ms <= LONGEST_AGE_MS else now_ms()
