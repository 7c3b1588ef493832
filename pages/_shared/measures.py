"""The numbers of one answer on a card: how each reads, with its definition or why it is unknown."""

from html import escape
from typing import NamedTuple

from llm_backends.metrics import METRIC, Metric
from llm_backends.types import CallResult
from pages._shared.format import UNKNOWN, dollars, duration, number, plain

_CARD = ("ttft_ms", "ttfat_ms", "tokens_per_s", "total_ms", "input_tokens", "output_tokens", "reasoning_tokens")
_NOTED = ("load_ms", "gap_p50_ms", "gap_p95_ms", "gap_max_ms", "attempts", "retry_wait_ms", "detour_ms")

FOOTNOTES = "\n".join(
    (
        "- finish: the provider's own word for why the answer ended.",
        "- connection opened: TCP and TLS, part of every time below; an open connection needed neither.",
        *(f"- {METRIC[name].label}: {METRIC[name].definition}" for name in _NOTED),
        "- The times in the bar count from the start of the request.",
    )
)


class Measure(NamedTuple):
    """A label, a value ready to be shown, and the tooltip: the definition, or why the value is unknown."""

    label: str
    value: str
    help: str


def brief(result: CallResult | None) -> str:
    """HTML of the numbers, without their tooltips: one element where `st.metric` takes one each, for cards that are
    drawn five times a second. Holds labels and numbers of our own only."""
    found = [measure[:2] for measure in measures(result)] if result else [(label, "…") for label in _pending()]
    cells = "".join(f"<div>{label}<b>{escape(value.replace(chr(92), ''))}</b></div>" for label, value in found)
    return f'<div class="brief{"" if result else " pending"}">{cells}</div>'


def measures(result: CallResult) -> list[Measure]:
    """The numbers on a card."""
    return [*(_measure(METRIC[name], result) for name in _CARD if name not in _untold(result)), cost(result)]


def _untold(result: CallResult) -> set[str]:
    """What only an answer with reasoning has to tell."""
    same = result.ttfat_ms is None or result.ttfat_ms == result.ttft_ms
    thought = result.usage is not None and result.usage.reasoning_tokens > 0
    return ({"ttfat_ms"} if same else set()) | (set() if thought else {"reasoning_tokens"})


def _pending() -> list[str]:
    return [METRIC[name].label for name in (*_CARD, "cost_usd") if name not in ("ttfat_ms", "reasoning_tokens")]


def cost(result: CallResult) -> Measure:
    """The cost, with where its price comes from or why it is unknown."""
    metric, source = METRIC["cost_usd"], plain(result.price_source or "no price source was recorded")
    if result.cost_usd is None:
        return Measure(metric.label, UNKNOWN, f"Unknown: {source}.")
    return Measure(metric.label, plain(dollars(result.cost_usd)), f"{metric.definition} Price: {source}.")


def footnotes(result: CallResult) -> list[str]:
    """The smaller facts of an answer."""
    notes = [f"finish {result.finish_reason}"] if result.finish_reason else []
    if result.timed_from == "sdk":
        notes.append("timed from the SDK's call")
    elif result.timed_from:
        opened = result.connect_ms is not None
        notes.append(f"connection opened in {duration(result.connect_ms)}" if opened else "open connection")
    if result.load_ms is not None and result.load_ms >= 100:
        notes.append(f"loaded in {duration(result.load_ms)}")
    if result.gap_p50_ms is not None:
        gaps = (result.gap_p50_ms, result.gap_p95_ms, result.gap_max_ms)
        notes.append("gaps {} / {} / {}".format(*map(duration, gaps)))
    if result.attempts > 1:
        waited = f", waited {duration(result.retry_wait_ms)}" if result.retry_wait_ms else ""
        notes.append(f"{result.attempts} attempts{waited}")
    if result.failed_over_from:
        host = result.target.endpoint_host
        done = "answered by" if result.status == "ok" else "last asked"
        notes.append(f"{done} {host} after {result.failed_over_from} failed, detour {duration(result.detour_ms)}")
    return notes


def _measure(metric: Metric, result: CallResult) -> Measure:
    value = metric.of(result)
    if value is None:
        return Measure(metric.label, UNKNOWN, f"Unknown: {metric.unknown}. {metric.definition}")
    return Measure(metric.label, _read(metric, value), metric.definition)


def _read(metric: Metric, value: float) -> str:
    if metric.unit == "ms":
        return duration(value)
    return number(value, 0 if value >= 100 else metric.digits)
