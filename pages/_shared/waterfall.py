"""The phases of one answer, from connecting to the last token, and the bar that shows them."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from llm_backends.types import CallResult
from pages._shared.format import duration

PHASES = {
    "Failed attempt": "#e8590c",
    "Waiting": "#dee2e6",
    "Connecting": "#868e96",
    "Headers": "#adb5bd",
    "First token": "#f0a33a",
    "Reasoning": "#9775fa",
    "Answer": "#3b82c4",
    "No answer": "#ced4da",
}


class Phase(NamedTuple):
    """A stretch of time in milliseconds since the request was sent."""

    name: str
    start_ms: float
    end_ms: float


def phases(result: CallResult) -> list[Phase]:
    """The phases whose ends are known, in order; each begins where the one before ended."""
    total = result.total_ms
    if total is None:
        return []
    reasoned = result.ttfat_ms is not None and result.ttft_ms is not None and result.ttfat_ms > result.ttft_ms
    only_reasoned = result.ttft_ms is not None and result.ttfat_ms is None
    ends = [
        *_earlier(result),
        ("Connecting", _connected_ms(result)),
        ("Headers", result.headers_ms),
        ("First token", result.ttft_ms),
        ("Reasoning", result.ttfat_ms if reasoned else total if only_reasoned else None),
        ("Answer" if result.answer else "No answer", total),
    ]
    found, at = [], 0.0
    for name, end in ends:
        if end is not None and end > at:
            found.append(Phase(name, at, end))
            at = end
    return found


def _earlier(result: CallResult) -> Iterator[tuple[str, float | None]]:
    """The attempts before the last one, each with the pause after it."""
    for attempt, following in zip(result.tries, result.tries[1:], strict=False):
        yield "Failed attempt", attempt.ended_ms
        yield "Waiting", following.began_ms


def _connected_ms(result: CallResult) -> float | None:
    """When the connection that carried the answer was open; None where it was open already."""
    if result.connect_ms is None:
        return None
    began_ms = result.tries[-1].began_ms if result.tries else None
    return result.connect_ms + (began_ms or 0.0)


def bar(result: CallResult, scale_ms: float) -> str:
    """HTML of the phases on a scale that ends at `scale_ms`, so that the bars of several cards can be compared.

    Holds names and numbers of our own only.
    """
    found = phases(result)
    parts = "".join(
        f'<span style="left:{100 * phase.start_ms / scale_ms:.2f}%;'
        f"width:{100 * (phase.end_ms - phase.start_ms) / scale_ms:.2f}%;"
        f'background:{PHASES[phase.name]}"></span>'
        for phase in found
    )
    ends = "".join(_entry(phase.name, duration(phase.end_ms)) for phase in found)
    told = ", ".join(f"{phase.name} until {duration(phase.end_ms)}" for phase in found)
    return (
        f'<div class="waterfall" role="img" aria-label="Timeline: {told}">'
        f'<div class="bar">{parts}</div><div class="legend" aria-hidden="true">{ends}</div></div>'
    )


def legend(names: Collection[str]) -> str:
    """HTML that says which colour is which of these phases."""
    entries = "".join(_entry(name) for name in PHASES if name in names)
    return f'<div class="waterfall"><div class="legend">{entries}</div></div>'


def _entry(name: str, end: str = "") -> str:
    return f'<span><i style="background:{PHASES[name]}"></i>{name} {end}</span>'
