"""The numbers of one answer: what each is called, how it reads, and the definition and source behind it."""

from html import escape
from typing import NamedTuple

from llm_backends.types import CallResult
from pages._shared.format import UNKNOWN, dollars, duration, number, plain

DEFINITIONS = {
    "ttft_ms": "Time to the first token of any kind, from the moment before the request is sent. Measured here.",
    "ttfat_ms": "Time to the first token of the visible answer; until then the model was reasoning. Measured here.",
    "total_ms": "From the moment before the request is sent to the end of the stream. Measured here.",
    "tokens_per_s": "1000 / time per output token, which is (last token - first token) / (n - 1), measured here, with "
    "n output tokens as the provider counts them.",
    "input_tokens": "As the provider counts them, cached ones included.",
    "output_tokens": "As the provider counts them, reasoning included.",
    "reasoning_tokens": "As the provider counts them; part of the output tokens.",
    "cost_usd": "The provider's token counts times the price per token.",
    "connect_ms": "TCP and TLS; none on a connection that was open already.",
    "headers_ms": "From the moment before the request is sent to the response headers.",
    "load_ms": "Loading the local model or the provider's library, before the request: not part of any other time.",
    "attempts": "How often the call was made in all, before its first token.",
    "retry_wait_ms": "Waiting before the further attempts; part of the times to the first token and in total.",
    "failed_over_from": "Endpoints that failed and were left for the one that answered.",
    "detour_ms": "From the request to the start of the attempt that answered, at another endpoint than the first.",
    "gap_p50_ms": "Time between two chunks; a chunk can hold many tokens.",
}

FOOTNOTES = (
    "The finish reason is the provider's own word. Loading, of the local model or the provider's library, comes before "
    "the request and is part of no other time. Gaps are the times between two chunks: half of them, 95 % of them, all "
    "of them are no longer. A chunk can hold many tokens. The times in the bar count from the start of the request."
)

# Why a number can be missing.
_NO_TOKEN = "Unknown: no token arrived, or the answer came in one piece."
_NO_USAGE = "Unknown: the provider sent no token counts."
_NO_PACE = "Unknown: it takes a provider's token count and at least two chunks."


class Measure(NamedTuple):
    """A label, a value ready to be shown, and the tooltip: the definition, or why the value is unknown."""

    label: str
    value: str
    help: str


_PENDING = ("First token", "Tokens / s", "Total", "Tokens in", "Tokens out", "Cost")


def brief(result: CallResult | None) -> str:
    """HTML of the numbers, without their tooltips: one element where `st.metric` takes one each, for cards that are
    drawn five times a second. Holds labels and numbers of our own only."""
    found = [measure[:2] for measure in measures(result)] if result else [(label, "…") for label in _PENDING]
    cells = "".join(f"<div>{label}<b>{escape(value.replace(chr(92), ''))}</b></div>" for label, value in found)
    return f'<div class="brief{"" if result else " pending"}">{cells}</div>'


def measures(result: CallResult) -> list[Measure]:
    """The numbers on a card."""
    usage = result.usage
    found = [_measure("First token", "ttft_ms", result.ttft_ms, duration, _NO_TOKEN)]
    if result.ttfat_ms is not None and result.ttfat_ms != result.ttft_ms:
        found.append(_measure("First visible", "ttfat_ms", result.ttfat_ms, duration, _NO_TOKEN))
    pace = result.tokens_per_s
    found += [
        _measure("Tokens / s", "tokens_per_s", pace, lambda value: number(value, 0 if value >= 100 else 1), _NO_PACE),
        _measure("Total", "total_ms", result.total_ms, duration, "Unknown: the request was never sent."),
        _measure("Tokens in", "input_tokens", usage and usage.input_tokens, number, _NO_USAGE),
        _measure("Tokens out", "output_tokens", usage and usage.output_tokens, number, _NO_USAGE),
    ]
    if usage and usage.reasoning_tokens:
        found.append(_measure("Reasoning", "reasoning_tokens", usage.reasoning_tokens, number, _NO_USAGE))
    return [*found, cost(result)]


def cost(result: CallResult) -> Measure:
    """The cost, with where its price comes from or why it is unknown."""
    source = plain(result.price_source or "no price source was recorded")
    if result.cost_usd is None:
        return Measure("Cost", UNKNOWN, f"Unknown: {source}.")
    return Measure("Cost", plain(dollars(result.cost_usd)), f"{DEFINITIONS['cost_usd']} Price: {source}.")


def footnotes(result: CallResult) -> list[str]:
    """The smaller facts of an answer."""
    notes = [f"finish {result.finish_reason}"] if result.finish_reason else []
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


def _measure(label: str, name: str, value, reads, why_unknown: str) -> Measure:
    if value is None:
        return Measure(label, UNKNOWN, f"{why_unknown} {DEFINITIONS[name]}")
    return Measure(label, reads(value), DEFINITIONS[name])
