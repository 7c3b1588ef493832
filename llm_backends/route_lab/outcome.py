"""What a Route lab found: per model and kind of connection the paired differences of its sides, and what is apart."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..experiments.plan import Connection
from ..results.columns import Bools, Columns
from ..results.differences import Compared, differences
from .plan import METRICS, sides_of


@dataclass(frozen=True)
class SideCount:
    """What became of one side's calls.

    `failed` are in no pair, and neither are those that were `opened`: they should have found a connection open and had
    to open one; nor the `retried`, whose times hold an earlier attempt. `errors` are the failures by class.
    """

    ended: int
    failed: int
    errors: tuple[tuple[str, int], ...]
    opened: int
    retried: int


@dataclass(frozen=True)
class Match:
    """One model over one kind of connection: `slots` are side A's and side B's, `differences` B less A.

    `pairs` are the blocks whose calls count on both sides, of `blocks` in all.
    """

    model: str
    connection: Connection
    slots: tuple[int, int]
    sides: tuple[SideCount, SideCount]
    differences: tuple[Compared, ...]
    pairs: int
    blocks: int

    def of(self, metric: str) -> Compared:
        """The difference in one of METRICS."""
        return next(one for one in self.differences if one.measure.metric == metric)


@dataclass(frozen=True)
class Pair:
    """Two calls of one block, of `prompt` by number: what was measured of each, in the measure's unit."""

    prompt: int
    repeat: int
    a: float
    b: float

    @property
    def difference(self) -> float:
        """B less A."""
        return self.b - self.a


@dataclass(frozen=True)
class Outcome:
    """All of it. `labels` are what the sides are called; all differences are one family for Holm.

    A pair is a block: the two calls that put one prompt to both sides at about the same time. So each repeat is a pair
    of its own; the numbers of `Compared` are those of the blocks, see `block`.
    """

    labels: tuple[str, str]
    matches: tuple[Match, ...]
    columns: Columns

    def block(self, number: int) -> tuple[int, int]:
        """The prompt's number and the repeat of a block, both as the log has them."""
        place, repeat = divmod(number, self.columns.plan.repeats)
        return int(self.columns.numbers[place]), repeat

    def pairs(self, one: Compared) -> tuple[Pair, ...]:
        """What a difference is made of, in the order of the prompts."""
        both = zip(one.numbers, one.pairs.baseline, one.pairs.other, strict=True)
        return tuple(Pair(*self.block(number), a, b) for number, a, b in both)


def outcome(columns: Columns) -> Outcome:
    """What the calls of a Route lab have come to so far."""
    plan = columns.plan
    opened, retried = _apart(columns)
    clean = columns.called & ~(columns.failed | opened | retried)
    found = differences(_by_block(columns.only(clean)), plan.pairs, METRICS)
    counts = [_count(columns, slot, opened, retried) for slot in range(columns.slots)]
    matches = tuple(
        Match(
            plan.slots[a].ref,
            plan.slots[a].connection,
            (a, b),
            (counts[a], counts[b]),
            tuple(one for one in found if (one.baseline.slot, one.other.slot) == (a, b) and _shown(one, columns)),
            pairs=int((clean[:, :, a] & clean[:, :, b]).sum()),
            blocks=columns.experiment.total // columns.slots,
        )
        for a, b in plan.pairs
    )
    return Outcome(sides_of(plan), matches, columns)


def _apart(columns: Columns) -> tuple[Bools, Bools]:
    """Which calls that ended well had to open a connection though one should have been open, and which were retried."""
    well = columns.called & ~columns.failed
    for_open = np.array([slot.connection == "open" for slot in columns.plan.slots])
    retried = well & (columns.figures["attempts"] > 1)
    return well & ~retried & for_open & ~np.isnan(columns.figures["connect_ms"]), retried


def _by_block(columns: Columns) -> Columns:
    """The same with each repeat as a prompt of its own, numbered from 0."""

    def flat(values: Any) -> Any:
        return values.reshape(-1, 1, columns.slots)

    return replace(
        columns,
        plan=replace(columns.plan, repeats=1),
        numbers=np.arange(len(columns.numbers) * columns.plan.repeats),
        called=flat(columns.called),
        failed=flat(columns.failed),
        error=flat(columns.error),
        judged=flat(columns.judged),
        passed=flat(columns.passed),
        figures={name: flat(values) for name, values in columns.figures.items()},
    )


def _shown(one: Compared, columns: Columns) -> bool:
    return one.measure.metric != "connect_ms" or columns.plan.slots[one.other.slot].connection == "new"


def _count(columns: Columns, slot: int, opened: Bools, retried: Bools) -> SideCount:
    failed = columns.failed[:, :, slot]
    codes = Counter(columns.error[:, :, slot][failed].tolist())
    errors = ((columns.error_types[code] if code >= 0 else "unknown", count) for code, count in codes.items())
    return SideCount(
        ended=int(columns.called[:, :, slot].sum()),
        failed=int(failed.sum()),
        errors=tuple(sorted(errors, key=lambda one: (-one[1], one[0]))),
        opened=int(opened[:, :, slot].sum()),
        retried=int(retried[:, :, slot].sum()),
    )
