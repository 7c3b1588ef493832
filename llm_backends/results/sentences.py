"""Results in plain English: what a gate found or why it can't be used, and what differs between two runs."""

from collections.abc import Iterator
from typing import Any

from .changes import Changes, Match
from .gate import LEAST, GateFault, Held


def of_gate(found: Held) -> str:
    """Whether a gate held at a slot: "openai/gpt-4o: pass 0.85 is under 0.9"."""
    figure, bound = found.gate.figure, f"{found.gate.bound:g}"
    if found.value is None:
        return (
            f"{found.slot}: {figure} is unknown: {_UNKNOWN.get(figure[-6:], 'no call has it')}; {bound} was asked for"
        )
    most = figure not in LEAST
    if found.held:
        relation = "at most" if most else "at least"
    else:
        relation = "over" if most else "under"
    return f"{found.slot}: {figure} {found.value:.4g} is {relation} {bound}"


_UNKNOWN = {"p95_ms": "fewer than 20 calls have the time"}


def of_gate_fault(fault: GateFault) -> str:
    """Why a gate can't be used, and what to write."""
    about = ", ".join(fault.about)
    return {
        "not understood": f"{fault.written} is not understood: write pass=0.9 or pass[SLOT]=0.9, for example.",
        "unknown figure": f"{fault.written}: there is no such figure: choose among {about}.",
        "no number": f"{fault.written}: {about} is not a number of at least 0.",
        "no share": f"{fault.written}: {about} is no share: write one from 0 to 1.",
        "unknown slot": f"There is no slot {fault.written}: choose among {about}.",
        "no checks": "The experiment has no checks, so pass can't be told: add some under `checks` in the plan.",
    }[fault.reason]


def of_match(match: Match) -> str:
    """What is asked otherwise of a slot than in the earlier run: "temperature 1 before, 0.5 now"; "" where nothing."""
    return ", ".join(f"{name} {_value(old)} before, {_value(new)} now" for name, old, new in match.differs)


def of_whole(changes: Changes) -> Iterator[str]:
    """What of the two plans as a whole differs, and which slots have no match."""
    if "template" in changes.differs:
        yield "The template differs: the prompts were put another way."
    if "checks" in changes.differs:
        yield "The checks differ, so passes are not compared: judge the earlier run by the checks of this one first."
    for slots, run in ((changes.only_now, "the earlier run"), (changes.only_before, "this run")):
        if slots:
            numbers = ", ".join(str(slot + 1) for slot in slots)
            yield f"Without a match in {run}: {'slot' if len(slots) == 1 else 'slots'} {numbers}."


def _value(value: Any) -> str:
    if value is None or value in ("", (), []):
        return "not set"
    text = ", ".join(map(str, value)) if isinstance(value, tuple | list) else f"{value}"
    return text if len(text) <= 60 else f"{text[:60]}…"
