"""What the calls of each slot came to: how many ended, passed and failed, how long they took and what they cost."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..experiments.plan import RoutedSlot
from ..metrics import RESULT_METRICS
from ..stats.intervals import Interval
from ..stats.shares import share_interval
from .columns import Columns, Floats

_SPREADS = ("ttft_ms", "ttfat_ms", "tpot_ms", "total_ms")
FEWEST_FOR_P95 = 20
"""Of fewer values the 95th percentile would be little else than the highest."""


@dataclass(frozen=True)
class Spread:
    """The percentiles of `n` values, in their unit; None where there are too few."""

    p50: float | None
    p95: float | None
    n: int


@dataclass(frozen=True)
class SlotSummary:
    """What one slot came to. `calls` is how many the plan has, `ended` how many have; `errors` are by class.

    `pass_rate` is over prompts, repeats averaged, of the calls that the checks passed or failed: None without any.
    `passed`, `not_passed` and `open` count calls that ended well; `unjudged` those that the present checks have not
    seen. Times and tokens are of the calls that ended well; costs of all that have ended. None is unknown.
    """

    slot: int
    name: str
    label: str
    calls: int
    ended: int
    ok: int
    failed: int
    errors: tuple[tuple[str, int], ...]
    pass_rate: Interval | None
    passed: int
    not_passed: int
    open: int
    unjudged: int
    ttft_ms: Spread
    ttfat_ms: Spread
    tpot_ms: Spread
    total_ms: Spread
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    cost_per_call_usd: float | None
    cost_unknown: int

    def columns(self) -> dict[str, Any]:
        """The same, flat, under the names of metrics.RESULT_METRICS; None is unknown."""
        spreads = {name: getattr(self, name) for name in _SPREADS}
        row: dict[str, Any] = {}
        for metric in RESULT_METRICS:
            stem, _, statistic = metric.name.removesuffix("_ms").rpartition("_")
            if spread := spreads.get(f"{stem}_ms"):
                row[metric.name] = getattr(spread, statistic)
            elif metric.name.startswith("pass_rate"):
                field = {"low": "low", "high": "high", "prompts": "n"}.get(statistic, "estimate")
                row[metric.name] = getattr(self.pass_rate, field, 0 if field == "n" else None)
            else:
                row[metric.name] = getattr(self, metric.name)
        return row


def summaries(columns: Columns) -> tuple[SlotSummary, ...]:
    """One for each slot, in the plan's order."""
    return tuple(_summary(columns, slot) for slot in range(columns.slots))


def labels(columns: Columns) -> tuple[str, ...]:
    """What each slot is called where it stands beside the others: its name, and what it has of its own."""
    slots = columns.plan.slots
    several = len({slot.side for slot in slots}) > 1
    return tuple(_label(slot, several) for slot in slots)


def brief_labels(columns: Columns) -> tuple[str, ...]:
    """What tells the slots apart, where one model is asked in several ways: "temperature 0". Else their names."""
    slots = columns.plan.slots
    if len({slot.ref for slot in slots}) > 1:
        return labels(columns)
    several = len({slot.side for slot in slots}) > 1
    brief = tuple(", ".join(_own(slot, several)) or slot.name for slot in slots)
    return brief if len(set(brief)) == len(brief) else labels(columns)


def _label(slot: RoutedSlot, several: bool) -> str:
    own = _own(slot, several)
    return f"{slot.name} ({', '.join(own)})" if own else slot.name


def _own(slot: RoutedSlot, several: bool) -> list[str]:
    own: list[str] = []
    if not slot.name.startswith(slot.telling):  # whose name tells its side and its connection
        own += [slot.side] if several else []
        own += ["new connections"] if slot.connection == "new" else []
    own += [f"{name.replace('_', ' ')} {_told(value)}" for name, value in slot.own.given().items() if name != "system"]
    own += ["system prompt of its own"] if slot.own.system is not None else []
    return own


def _told(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(repr, value))
    return f"{value:g}" if isinstance(value, float) else f"{value}"


def _summary(columns: Columns, slot: int) -> SlotSummary:
    called, failed = columns.called[:, :, slot], columns.failed[:, :, slot]
    well = called & ~failed
    passed, judged = columns.passed[:, :, slot], columns.judged[:, :, slot]
    ended, ok = int(called.sum()), int(well.sum())
    codes = Counter(columns.error[:, :, slot][failed].tolist())
    errors = ((columns.error_types[code] if code >= 0 else "unknown", count) for code, count in codes.items())
    costs = columns.figures["cost_usd"][:, :, slot][called]
    cost, priced = _sum(costs), int((~np.isnan(costs)).sum())
    return SlotSummary(
        slot=slot,
        name=columns.plan.slots[slot].name,
        label=labels(columns)[slot],
        calls=columns.experiment.total // columns.slots,
        ended=ended,
        ok=ok,
        failed=ended - ok,
        errors=tuple(sorted(errors, key=lambda one: (-one[1], one[0]))),
        pass_rate=_pass_rate(passed),
        passed=int((passed[well] == 1).sum()),
        not_passed=int((passed[well] == 0).sum()),
        open=int(np.isnan(passed[well & judged]).sum()),
        unjudged=int((well & ~judged).sum()) if columns.checked else 0,
        ttft_ms=_spread(columns.of("ttft_ms")[:, :, slot]),
        ttfat_ms=_spread(columns.of("ttfat_ms")[:, :, slot]),
        tpot_ms=_spread(columns.of("tpot_ms")[:, :, slot]),
        total_ms=_spread(columns.of("total_ms")[:, :, slot]),
        input_tokens=_whole(_sum(columns.of("input_tokens")[:, :, slot])),
        output_tokens=_whole(_sum(columns.of("output_tokens")[:, :, slot])),
        cost_usd=cost,
        cost_per_call_usd=None if cost is None else cost / priced,
        cost_unknown=ended - priced,
    )


def _pass_rate(passed: Floats) -> Interval | None:
    """`passed` is prompts x repeats."""
    shares = by_prompt(passed)
    known = shares[~np.isnan(shares)]
    return share_interval(min(float(known.sum()), len(known)), len(known))


def by_prompt(values: Floats) -> Floats:
    """The mean over the repeats, the second axis, of the values that are known; not a number where none is."""
    known = ~np.isnan(values)
    counts = known.sum(axis=1)
    sums = np.where(known, values, 0.0).sum(axis=1)
    means: Floats = sums / np.where(counts, counts, np.nan)
    return means


def _spread(values: Floats) -> Spread:
    known = values[~np.isnan(values)]
    n = len(known)
    p50 = float(np.percentile(known, 50)) if n else None
    return Spread(p50, float(np.percentile(known, 95)) if n >= FEWEST_FOR_P95 else None, n)


def _sum(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.sum()) if len(known) else None


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
