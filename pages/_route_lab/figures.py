"""How the Route lab's figures read: labels, units, signs."""

from collections.abc import Sequence
from statistics import fmean, median

from llm_backends.results.differences import MEASURES
from llm_backends.stats.intervals import Interval
from pages._shared.format import UNKNOWN

LABELS = {
    "ttft_ms": "First token",
    "connect_ms": "Connect",
    "headers_ms": "Headers",
    "tpot_ms": "Time per token",
    "total_ms": "Total",
    "cost_usd": "Cost of 1,000 calls",
    "tokens_per_chunk": "Tokens a chunk",
}
_DIGITS = {"ttft_ms": 1, "connect_ms": 1, "headers_ms": 1, "tpot_ms": 2, "total_ms": 1, "cost_usd": 4}


def unit(metric: str) -> str:
    """ms, USD or tokens."""
    return MEASURES[metric].quantity.unit


def scaled(metric: str, value: float) -> float:
    """The value in its unit."""
    return value * MEASURES[metric].quantity.scale


def typical(metric: str, values: Sequence[float]) -> str:
    """The median of one side, or the mean of what adds up."""
    if not values:
        return UNKNOWN
    value = fmean(values) if MEASURES[metric].of == "mean" else median(values)
    return f"{scaled(metric, value):,.{digits(metric)}f} {unit(metric)}"


def signed(metric: str, value: float | None) -> str:
    """A difference."""
    return UNKNOWN if value is None else f"{_signed(metric, value)} {unit(metric)}"


def interval(metric: str, found: Interval | None) -> str:
    """From where to where."""
    return UNKNOWN if found is None else f"{_signed(metric, found.low)} to {_signed(metric, found.high)}"


def digits(metric: str) -> int:
    """Decimal places."""
    return _DIGITS.get(metric, 2)


def _signed(metric: str, value: float) -> str:
    said = f"{scaled(metric, value):+,.{digits(metric)}f}"
    return said[1:] if not said.strip("+-0.,") else said.replace("-", "−")
