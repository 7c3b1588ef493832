"""What an experiment asks, of whom, how often and within which limits; its JSON, and what keeps it from running."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ..catalog.prices import price_per_mtok
from ..facts import PlanFault
from ..runs.plan import Own, Parameters, SlotPlan

if TYPE_CHECKING:
    from ..catalog.catalog import Catalog, Toggle

CONCURRENCY = 4


@dataclass(frozen=True)
class RoutedSlot(SlotPlan):
    """A model, the route to it, and what it has of its own in place of the shared parameters."""

    route: "Toggle" = "direct"


@dataclass(frozen=True)
class Limits:
    """What an experiment may come to at most; None: no limit."""

    usd: float | None = None
    calls: int | None = None


@dataclass(frozen=True)
class ExperimentPlan:
    """What an experiment asks.

    `prompt_set` is the name of a set that comes along, a kept set's id or a file's path, `template` what each of its
    rows is put into. `concurrency` is how many calls run at once at each endpoint, `warm_up` how many are made in each
    slot before those that count. `baseline` is the slot that the others are compared with.
    """

    name: str
    prompt_set: str
    slots: tuple[RoutedSlot, ...]
    shared: Parameters = Parameters()
    template: str | None = None
    repeats: int = 1
    seed: int = 0
    concurrency: int = CONCURRENCY
    warm_up: int = 1
    limits: Limits = Limits()
    baseline: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The slots' names, each its own."""
        return tuple(slot.name for slot in self.slots)

    def parameters(self, slot: int, system: str | None = None) -> Parameters:
        """What is asked of this slot: a prompt's own `system` goes before the shared one, the slot's before both."""
        shared = replace(self.shared, system=system or self.shared.system)
        return replace(shared, **self.slots[slot].own.given())

    def calls(self, prompts: int) -> int:
        """How many calls it makes over that many prompts, without the warm-ups."""
        return prompts * self.repeats * len(self.slots)

    def to_json(self) -> dict[str, Any]:
        """As the log keeps it, in the form of a plan's file."""
        kept = asdict(self)
        slots = [{"model": slot.ref, "route": slot.route} | slot.own.given() for slot in self.slots]
        return kept | {"slots": slots}


def faults(plan: ExperimentPlan, catalog: "Catalog") -> Iterator[PlanFault]:
    """What keeps the plan from running with this catalogue: models that can't be called, or that have no price."""
    for number, slot in enumerate(plan.slots, 1):
        where, entry = f"slots {number} ({slot.ref})", catalog.entry(slot.ref, slot.route)
        if entry.why_not:
            yield PlanFault(where, "not ready", not_ready=entry.why_not)
        elif plan.limits.usd is not None and entry.route != "local":
            price, _, source = price_per_mtok(entry.provider, entry.model, entry.route)
            if price is None:
                yield PlanFault(where, "no price", (source,))


__all__ = ["ExperimentPlan", "Limits", "Own", "Parameters", "RoutedSlot", "faults"]
