"""What a Route lab found, and why it can't have a model, in English."""

from collections.abc import Iterator
from dataclasses import replace

from ..results.differences import Compared
from ..sentences import sentence
from ..stats.verdict import told
from .outcome import Match, Outcome
from .sides import Offer, Side

CLAIM = "LLMSelect's starting document claims +10 to 30 ms and no markup for Azure. It gives no source."
CLAIMED_MS = (10, 30)
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


def claim(outcome: Outcome, match: Match) -> str | None:
    """What was measured beside what is claimed of Azure; None where the sides are not the direct route and Azure."""
    one = match.of("ttft_ms")
    interval = one.verdict.difference.interval
    if outcome.labels != ("Direct", "Azure") or interval is None or one.verdict.kind == "too few pairs":
        return None
    low, high = CLAIMED_MS
    if interval.high < low:
        found = "Measured here, it is less than that"
    elif interval.low > high:
        found = "Measured here, it is more than that"
    elif low <= interval.low and interval.high <= high:
        found = "What is measured here agrees with the time"
    else:
        found = "What is measured here neither confirms nor excludes the time"
    return f"{found}: {interval.low:+,.0f} to {interval.high:+,.0f} ms to the first token."


def why_not(offer: Offer, sides: tuple[Side, Side]) -> str | None:
    """Why a model can't be compared on these sides; None where it can."""
    if offer.here:
        return "It runs on this machine: no route leads there."
    reasons = [
        f"{side.name}: {sentence(fact)}" for side, fact in zip(sides, offer.why_not, strict=True) if fact is not None
    ]
    if offer.unseen:
        reasons.append("google-generativeai keeps its own connections: set GEMINI_SDK=google-genai.")
    return " ".join(dict.fromkeys(reasons)) or None
