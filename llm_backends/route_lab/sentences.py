"""What a Route lab found, and why it can't have a model, in English."""

from collections.abc import Iterator
from dataclasses import replace

from ..catalog.prices import price_per_mtok
from ..metrics import METRIC
from ..results.differences import Compared
from ..sentences import sentence
from ..settings.prices.prices import Prices
from ..stats.verdict import told
from .outcome import Match, Outcome
from .plan import labels
from .sides import Offer, Side

CLAIM = "LLMSelect's starting document claims +10 to 30 ms and no markup for Azure. It gives no source."
CLAIMED_MS = (10, 30)
DEFINITIONS = {
    "tokens_per_chunk": "Tokens out, as the provider counts them, divided by the pieces in which the answer arrived.",
    "cost_usd": "Of 1,000 calls: their tokens, as the provider counts them, at own prices, else the list's. Where "
    "Azure's price is not known it is borrowed from the vendor's list, and a markup can't show.",
}
"""Beside those of metrics.py."""
CONNECTIONS = {"open": "open connections", "new": "new connections"}


def headline(outcome: Outcome, match: Match) -> str:
    """The verdict on the first token: "openai/gpt-4o, open connections: first token 18 ms later on Azure, …"."""
    return f"{match.model}, {CONNECTIONS[match.connection]}: {verdict(outcome, match.of('ttft_ms'))}."


def verdict(outcome: Outcome, one: Compared) -> str:
    """One difference: what was measured, its interval, and whether it is real."""
    at, quantity = on(outcome.labels[1]), one.measure.quantity
    return told(one.verdict, replace(quantity, more=f"{quantity.more} {at}", less=f"{quantity.less} {at}"), "pair")


def on(label: str) -> str:
    """Where a call went, in a sentence."""
    return {"Azure": "on Azure", "Direct": "direct"}.get(label, f"at {label}")


def apart(outcome: Outcome, match: Match) -> Iterator[str]:
    """What is in no pair, for each side."""
    for label, side in zip(outcome.labels, match.sides, strict=True):
        if side.failed:
            errors = ", ".join(f"{name} {count:,}" for name, count in side.errors)
            yield f"{label}: {side.failed:,} of {side.ended:,} calls failed ({errors})."
        if side.opened:
            had = (
                "call found no connection open and is" if side.opened == 1 else "calls found no connection open and are"
            )
            yield f"{label}: {side.opened:,} {had} left out."
        if side.retried:
            had = "call was tried again and is" if side.retried == 1 else "calls were tried again and are"
            yield f"{label}: {side.retried:,} {had} left out."


def claimed(outcome: Outcome) -> str | None:
    """What is claimed of Azure elsewhere; None where the sides are not the direct route and Azure."""
    return CLAIM if outcome.labels == ("Direct", "Azure") else None


def against_claim(outcome: Outcome, match: Match) -> str | None:
    """What was measured beside that; None where there are too few pairs, or nothing is claimed."""
    one = match.of("ttft_ms")
    interval = one.verdict.difference.interval
    if not claimed(outcome) or interval is None or one.verdict.kind == "too few pairs":
        return None
    low, high = CLAIMED_MS
    real = one.verdict.kind == "real difference"
    found = "neither clearly within nor outside what is claimed"
    if interval.high < low:
        found = "less than is claimed"
    elif real and interval.low > high:
        found = "more than is claimed"
    elif real and low <= interval.low and interval.high <= high:
        found = "within what is claimed"
    span = f"{interval.low:+,.0f} to {interval.high:+,.0f} ms".replace("-", "−")
    return f"{span} is {found} (+{low} to {high} ms)."


def markup(outcome: Outcome, match: Match, own: Prices) -> str | None:
    """Whether today's prices differ between the sides; None where they are not the direct route and Azure."""
    if not claimed(outcome):
        return None
    provider, _, model = match.model.partition("/")
    slots = outcome.columns.plan.slots
    a, b = (price_per_mtok(provider, model, slots[slot].route, own) for slot in match.slots)
    if b.kind == "borrowed" and b.percent_off is None:
        return "No markup can be told: Azure's own list price is not known here, and the vendor's stands in for it."
    pairs = ((a.input_usd, b.input_usd), (a.output_usd, b.output_usd))
    more = [100 * (other / one - 1) for one, other in pairs if one and other is not None]
    if len(more) < 2:
        return "No markup can be told: a list price is not known."
    told = "own" if any(one.kind == "own" or one.percent_off is not None for one in (a, b)) else "list"
    if not any(abs(percent) >= 0.05 for percent in more):
        return f"No markup: {told} prices are the same on both sides. What is billed is on Azure's bill."
    azures = "By own prices Azure's" if told == "own" else "Azure's list price"
    return f"{azures} is {more[0]:+.1f} % for tokens in and {more[1]:+.1f} % for tokens out."


def definition(metric: str) -> str:
    """What one of the compared figures means."""
    return DEFINITIONS.get(metric) or METRIC[metric].definition


def why_not(offer: Offer, sides: tuple[Side, Side]) -> str | None:
    """Why a model can't be compared on these sides; None where it can."""
    if offer.here:
        return "It runs on this machine: no route leads there."
    reasons = [
        f"{label}: {sentence(fact)}"
        for label, fact in zip(labels(*sides), offer.why_not, strict=True)
        if fact is not None
    ]
    if offer.unseen:
        reasons.append("google-generativeai keeps its own connections: set GEMINI_SDK=google-genai.")
    return " ".join(dict.fromkeys(reasons)) or None
