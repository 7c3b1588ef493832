"""What changed against an earlier run on the same prompts: slots matched, prompts that flipped, paired differences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..store import experiments
from ..store.database import Database
from ..store.experiments import Experiment
from .columns import Columns
from .differences import USUAL, Compared, Side, compared, paired


@dataclass(frozen=True)
class Match:
    """A slot of this run and the one of the earlier run that it is compared with.

    `differs` are the names of what is asked otherwise, with the earlier value and the present one.
    """

    now: int
    before: int
    differs: tuple[tuple[str, Any, Any], ...] = ()


@dataclass(frozen=True)
class SlotChange:
    """What changed at one slot. `gained` and `lost` are the numbers of prompts that pass now and did not, or did.

    A prompt passes where more than half of its judged calls do. One that is not judged in both runs is in neither.
    """

    match: Match
    gained: tuple[int, ...]
    lost: tuple[int, ...]
    differences: tuple[Compared, ...]


@dataclass(frozen=True)
class Changes:
    """What changed since the experiment `before`; the differences of all slots are one family for Holm.

    `only_now` and `only_before` are slots without a match. `differs` names what of the plan as a whole differs:
    "template", "checks". Where the checks differ, passes can't be compared and nothing is said of them.
    """

    before: Experiment
    slots: tuple[SlotChange, ...]
    only_now: tuple[int, ...]
    only_before: tuple[int, ...]
    differs: tuple[str, ...]


def earlier(database: Database, experiment: Experiment) -> tuple[Experiment, ...]:
    """The runs before this one on the same prompts, the newest first."""
    with database.reading() as connection:
        return experiments.earlier(connection, experiment)


def changes(
    now: Columns,
    before: Columns,
    matches: Sequence[Match] | None = None,
    metrics: Sequence[str] = USUAL,
    worth: Mapping[str, float] | None = None,
) -> Changes:
    """What changed from the earlier run to this one, slot by slot: those that `matched` finds, or others."""
    found = tuple(matched(now, before) if matches is None else matches)
    whole = tuple(_whole(now, before))
    told = [metric for metric in metrics if metric != "passed" or "checks" not in whole]
    sides = [(Side(before, match.before), Side(now, match.now)) for match in found]
    differences = compared(sides, told, worth)
    slots = []
    for match, both in zip(found, sides, strict=True):
        gained, lost = ((), ()) if "checks" in whole else _flips(*both)
        own = tuple(one for one in differences if (one.baseline, one.other) == both)
        slots.append(SlotChange(match, gained, lost, own))
    return Changes(
        before.experiment,
        tuple(slots),
        tuple(sorted({*range(now.slots)} - {match.now for match in found})),
        tuple(sorted({*range(before.slots)} - {match.before for match in found})),
        whole,
    )


def matched(now: Columns, before: Columns) -> Iterator[Match]:
    """Slots of the same model, each once, those first in whose asking least differs; in the order of this run."""
    near = sorted(
        (len(differs), plan.name != other.name, first, second, differs)
        for first, plan in enumerate(now.plan.slots)
        for second, other in enumerate(before.plan.slots)
        if plan.ref == other.ref
        for differs in (_differs(now, first, before, second),)
    )
    found: dict[int, Match] = {}
    for *_, first, second, differs in near:
        if first not in found and second not in {match.before for match in found.values()}:
            found[first] = Match(first, second, differs)
    return (found[first] for first in sorted(found))


def _differs(now: Columns, first: int, before: Columns, second: int) -> tuple[tuple[str, Any, Any], ...]:
    asked = _asked(now, first)
    return tuple((name, old, asked[name]) for name, old in _asked(before, second).items() if old != asked[name])


def _asked(columns: Columns, slot: int) -> dict[str, Any]:
    """All that is asked of a slot, by name."""
    one = columns.plan.slots[slot]
    way = {"route": one.route, "connection": one.connection, "endpoint": one.endpoint}
    return way | asdict(columns.plan.parameters(slot))


def _whole(now: Columns, before: Columns) -> Iterator[str]:
    if now.plan.template != before.plan.template:
        yield "template"
    if now.checks != before.checks:
        yield "checks"


def _flips(before: Side, now: Side) -> tuple[tuple[int, ...], tuple[int, ...]]:
    numbers, pairs = paired(before, now, "passed")
    both = [*zip(numbers, pairs.baseline, pairs.other, strict=True)]
    gained = tuple(number for number, old, new in both if old <= 0.5 < new)
    return gained, tuple(number for number, old, new in both if new <= 0.5 < old)
