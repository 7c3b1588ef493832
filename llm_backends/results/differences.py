"""Differences between slots, by metric: paired by prompt, judged together as one family, said in sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ..stats.differences import Difference, Pairs, mean_difference, median_difference, share_difference
from ..stats.verdict import Quantity, Verdict, said, verdicts
from .columns import Columns, Floats
from .summary import by_prompt


@dataclass(frozen=True)
class Measure:
    """What is compared: a figure of `Columns.of`, its words, and the least difference in it that is `worth` knowing.

    `worth` is in the figure's unit; with `relative` it is a share of the baseline's mean, rounded. `of` says what of
    them is told: their median for latencies, their mean for what adds up, the difference of shares of passes.
    """

    metric: str
    quantity: Quantity
    of: Literal["median", "mean", "share"]
    worth: float
    relative: bool = False


MEASURES = {
    measure.metric: measure
    for measure in (
        Measure("passed", Quantity("pass rate", "points", scale=100), "share", 0.05),
        Measure("ttft_ms", Quantity("first token", "ms", "later", "sooner"), "median", 10),
        Measure("ttfat_ms", Quantity("first visible token", "ms", "later", "sooner"), "median", 10),
        Measure("tpot_ms", Quantity("time per output token", "ms", "longer", "shorter"), "median", 1),
        Measure("total_ms", Quantity("total time", "ms", "longer", "shorter"), "median", 100),
        Measure("cost_usd", Quantity("cost of 1,000 calls", "USD", scale=1000), "mean", 0.1, relative=True),
        Measure("output_tokens", Quantity("output", "tokens", "longer", "shorter"), "mean", 10),
        Measure("connect_ms", Quantity("connecting", "ms", "longer", "shorter"), "median", 10),
        Measure("headers_ms", Quantity("headers", "ms", "later", "sooner"), "median", 10),
        Measure("tokens_per_chunk", Quantity("tokens a chunk", "tokens", "more", "fewer"), "mean", 0.5),
    )
}
"""By metric. A difference up to `worth` matters to nobody; another can be asked for."""

_TINY = 1e-6  # where a share of the baseline would be nothing, since it cost nothing

USUAL = ("passed", "ttft_ms", "ttfat_ms", "tpot_ms", "total_ms", "cost_usd", "output_tokens")


@dataclass(frozen=True)
class Side:
    """One slot of an experiment, to be compared with another, of the same or of another experiment."""

    columns: Columns
    slot: int

    @property
    def name(self) -> str:
        return self.columns.plan.slots[self.slot].name


@dataclass(frozen=True)
class Compared:
    """How the other differs from the baseline in one measure. `pairs` are by prompt, those of `numbers`."""

    baseline: Side
    other: Side
    measure: Measure
    numbers: tuple[int, ...]
    pairs: Pairs
    verdict: Verdict

    @property
    def sentence(self) -> str:
        """The verdict: "first token 18 ms later, 95 % interval 9 to 31, 40 pairs: a real difference"."""
        return said(self.verdict, self.measure.quantity)


def against_baseline(
    columns: Columns, metrics: Sequence[str] = USUAL, worth: Mapping[str, float] | None = None
) -> tuple[Compared, ...]:
    """Every other slot against the plan's baseline, or the first slot; in a Route lab the sides of each pair.

    What the Route lab itself says leaves out further calls, and takes each repeat as a pair: route_lab/outcome.py.
    """
    if columns.plan.kind == "route lab":
        return differences(columns, columns.plan.pairs, metrics, worth)
    first = baseline(columns)
    others = [slot for slot in range(columns.slots) if slot != first]
    return differences(columns, [(first, other) for other in others], metrics, worth)


def baseline(columns: Columns) -> int:
    """The slot that the others are compared with."""
    names = columns.plan.names
    return names.index(columns.plan.baseline) if columns.plan.baseline in names else 0


def differences(
    columns: Columns,
    pairs_of_slots: Sequence[tuple[int, int]],
    metrics: Sequence[str] = USUAL,
    worth: Mapping[str, float] | None = None,
) -> tuple[Compared, ...]:
    """Each pair of slots, baseline and other, in each metric. See `compared`."""
    sides = [(Side(columns, first), Side(columns, other)) for first, other in pairs_of_slots]
    return compared(sides, metrics, worth)


def compared(
    sides: Sequence[tuple[Side, Side]], metrics: Sequence[str] = USUAL, worth: Mapping[str, float] | None = None
) -> tuple[Compared, ...]:
    """Each two sides, baseline and other, in each metric, pair by pair; all of them are one family for Holm.

    Of passes there is nothing where neither side has any; the first visible token is left out where it is the first.
    `worth` changes what a difference must be to matter, by metric, in the metric's unit; it is above 0.
    """
    measures = [_measure(metric, worth or {}) for metric in metrics]
    found = [
        (baseline, other, measure, *paired(baseline, other, measure.metric))
        for baseline, other in sides
        for measure in measures
        if _tells(baseline, other, measure.metric)
    ]
    told = verdicts(
        [_difference(measure, pairs) for _, _, measure, _, pairs in found],
        [_worth(measure, pairs) for _, _, measure, _, pairs in found],
    )
    return tuple(Compared(*one, verdict) for one, verdict in zip(found, told, strict=True))


def paired(baseline: Side, other: Side, metric: str) -> tuple[tuple[int, ...], Pairs]:
    """The numbers of the prompts that have a value on both sides, and the values: `differences.pair` of arrays."""
    numbers = np.union1d(baseline.columns.numbers, other.columns.numbers)
    values, missing, asked = [], [], np.zeros(len(numbers), bool)
    for side in (baseline, other):
        figure, called = side.columns.of(metric)[:, :, side.slot], side.columns.called[:, :, side.slot]
        place = np.searchsorted(numbers, side.columns.numbers)
        means = np.full(len(numbers), np.nan)
        means[place] = by_prompt(figure)
        asked[place] |= called.any(axis=1)
        values.append(means)
        missing.append(int((called & np.isnan(figure)).sum()))
    both = ~np.isnan(values[0]) & ~np.isnan(values[1])
    first, second = (tuple(side[both].tolist()) for side in values)
    pairs = Pairs(first, second, int(asked.sum() - both.sum()), *missing)
    return tuple(numbers[both].tolist()), pairs


def _measure(metric: str, worth: Mapping[str, float]) -> Measure:
    measure = MEASURES[metric]
    return replace(measure, worth=worth[metric], relative=False) if metric in worth else measure


def _tells(baseline: Side, other: Side, metric: str) -> bool:
    if metric == "passed":
        return any(_known(side, metric).size for side in (baseline, other))
    if metric == "ttfat_ms":
        return any(not np.array_equal(_known(side, metric), _known(side, "ttft_ms")) for side in (baseline, other))
    return True


def _known(side: Side, metric: str) -> Floats:
    values = side.columns.of(metric)[:, :, side.slot]
    return values[~np.isnan(values)]


def _difference(measure: Measure, pairs: Pairs) -> Difference:
    of = {"median": median_difference, "mean": mean_difference, "share": share_difference}
    return of[measure.of](pairs)


def _worth(measure: Measure, pairs: Pairs) -> float:
    if not measure.relative:
        return measure.worth
    mean = abs(float(np.mean(pairs.baseline))) if pairs.baseline else 0.0
    return float(f"{measure.worth * mean:.1g}") or _TINY
