"""The phases of one answer, from connecting to the last token, and the bar that shows them."""

from collections.abc import Collection
from typing import NamedTuple

from llm_backends.types import CallResult
from pages._shared.format import duration

PHASES = {
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
        ("Connecting", result.connect_ms),
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
