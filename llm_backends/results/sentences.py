"""Results in plain English: which slot is better, what a gate found, and what differs between two runs."""

from collections.abc import Iterator, Sequence
from typing import Any

from .changes import Changes, Match
from .differences import Compared
from .gate import LEAST, GateFault, Held


def of_answer(baseline: str, other: str, found: Sequence[Compared]) -> str:
    """Which of the two does better, in a sentence: by the checks, and where there are none, by the times."""
    passes = next((one for one in found if one.measure.metric == "passed"), None)
    if passes is None:
        return _by_time(baseline, other, found)
    estimate = passes.verdict.difference.estimate
    if passes.verdict.kind == "too few pairs" or estimate is None:
        return f"Too few prompts to say whether {other} or {baseline} passes more."
    if passes.verdict.kind == "can't be told apart":
        return f"It can't be told whether {other} or {baseline} passes more: chance alone may make such a difference."
    how = "better" if estimate > 0 else "worse"
    return f"{other} is {how} than {baseline} on this set, and the difference is real."


def _by_time(baseline: str, other: str, found: Sequence[Compared]) -> str:
    total = next((one for one in found if one.measure.metric == "total_ms"), None)
    if total is None or total.verdict.kind != "real difference":
        return f"Nothing tells whether {other} or {baseline} is faster."
    how = "slower" if (total.verdict.difference.estimate or 0) > 0 else "faster"
    return f"{other} is {how} than {baseline}, and the difference is real."


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
