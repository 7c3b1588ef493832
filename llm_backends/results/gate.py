"""Gates: what an experiment must come to, for somebody's CI. Stricter than a summary: what did not pass, fell short."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .columns import Columns, Floats
from .summary import FEWEST_FOR_P95, by_prompt

LEAST = ("pass",)
"""Must be at least the bound."""
MOST = (
    "errors",
    *(f"{metric}_{statistic}_ms" for metric in ("ttft", "ttfat", "tpot", "total") for statistic in ("p50", "p95")),
    "cost_per_call_usd",
)
"""Must be at most the bound."""
_WRITTEN = re.compile(r"([a-z0-9_]+)(?:\[(.+)\])?=(.+)", re.DOTALL)


@dataclass(frozen=True)
class Gate:
    """`figure` must be at least, or at most, `bound`, at one slot or at every one (None).

    "pass" is the share of calls that passed, over prompts: failed calls and open judgements count as not passed.
    "errors" is the share of calls that failed. The others are in the unit of their name.
    """

    figure: str
    slot: str | None
    bound: float


@dataclass(frozen=True)
class GateFault:
    """Why a gate can't be used."""

    written: str
    reason: Literal["not understood", "unknown figure", "no number", "no share", "unknown slot", "no checks"]
    about: tuple[str, ...] = ()


class GateUnusable(Exception):
    """A gate that can't be used."""

    def __init__(self, fault: GateFault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True)
class Held:
    """What a gate found at one slot; `value` is None where it is unknown, which no gate lets through."""

    gate: Gate
    slot: str
    value: float | None
    held: bool


def parse(written: str) -> Gate:
    """The gate as it is written: "pass=0.9", "pass[openai/gpt-4o]=0.9", "ttft_p50_ms=800". Raises GateUnusable."""
    found = _WRITTEN.fullmatch(written.strip())
    if not found:
        raise GateUnusable(GateFault(written, "not understood"))
    figure, slot, given = found.groups()
    if figure not in (*LEAST, *MOST):
        raise GateUnusable(GateFault(written, "unknown figure", (*LEAST, *MOST)))
    try:
        bound = float(given)
    except ValueError:
        raise GateUnusable(GateFault(written, "no number", (given,))) from None
    if not 0 <= bound < np.inf:
        raise GateUnusable(GateFault(written, "no number", (given,)))
    if figure in ("pass", "errors") and bound > 1:
        raise GateUnusable(GateFault(written, "no share", (given,)))
    return Gate(figure, slot, bound)


def check(gates: Sequence[Gate], names: Sequence[str], *, checked: bool) -> None:
    """Whether a plan with these slots, and with checks or not, can be held against the gates. Raises GateUnusable."""
    for gate in gates:
        if gate.slot is not None and gate.slot not in names:
            raise GateUnusable(GateFault(gate.slot, "unknown slot", tuple(names)))
        if gate.figure == "pass" and not checked:
            raise GateUnusable(GateFault("pass", "no checks"))


def held(columns: Columns, gates: Sequence[Gate]) -> Iterator[Held]:
    """What each gate finds at each of its slots. Calls that have not ended are not counted."""
    for gate in gates:
        for slot, name in enumerate(columns.plan.names):
            if gate.slot in (None, name):
                value = _value(columns, slot, gate.figure)
                enough = value is not None and (value >= gate.bound if gate.figure in LEAST else value <= gate.bound)
                yield Held(gate, name, value, enough)


def _value(columns: Columns, slot: int, figure: str) -> float | None:
    called, failed = columns.called[:, :, slot], columns.failed[:, :, slot]
    if not called.any():
        return None
    if figure == "pass":
        passed = ~failed & (columns.passed[:, :, slot] == 1)
        return _mean(by_prompt(np.where(called, passed, np.nan)))
    if figure == "errors":
        return float(failed.sum() / called.sum())
    if figure == "cost_per_call_usd":
        return _mean(columns.figures["cost_usd"][:, :, slot])
    metric, statistic, _ = figure.rsplit("_", 2)
    values = columns.of(f"{metric}_ms")[:, :, slot]
    known = values[~np.isnan(values)]
    if len(known) < (FEWEST_FOR_P95 if statistic == "p95" else 1):
        return None
    return float(np.percentile(known, int(statistic[1:])))


def _mean(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
