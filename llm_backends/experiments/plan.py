"""What an experiment asks, of whom, how often and within which limits; its JSON, and what keeps it from running."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from ..catalog.prices import PerMtok, price_per_mtok
from ..checks import checks as check_kinds
from ..checks.criteria import Check
from ..facts import PlanFault
from ..runs.plan import Own, Parameters, SlotPlan, ref_of

if TYPE_CHECKING:
    from ..catalog.catalog import Catalog, Toggle
    from ..types import Backend

CONCURRENCY = 4

Kind = Literal["prompt set", "route lab"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Connection = Literal["open", "new"]
CONNECTIONS: tuple[Connection, ...] = get_args(Connection)


@dataclass(frozen=True)
class RoutedSlot(SlotPlan):
    """A model, the route to it, and what it has of its own in place of the shared parameters.

    `connection` "new": each of its calls opens one, which is closed afterwards. `endpoint` is the only one of Azure's
    endpoints that its calls go to, by the name that settings/azure.py gives it: without failover to another.
    """

    route: "Toggle" = "direct"
    connection: Connection = "open"
    endpoint: str | None = None

    @property
    def ref(self) -> str:
        """The model."""
        return ref_of(self.name).removesuffix(self._way)

    @property
    def side(self) -> str:
        """The route, and the endpoint where there can be only one."""
        return f"{self.route} {self.endpoint}" if self.endpoint else self.route

    @property
    def telling(self) -> str:
        """A name that tells model, side and connection."""
        return f"{self.ref}{self._way}"

    @property
    def _way(self) -> str:
        return f" ({self.side}, {self.connection})"

    def backend(self, catalog: "Catalog") -> "Backend":
        """What makes its calls."""
        return catalog.backend(self.ref, self.route, self.endpoint)


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
    slot before those that count. `baseline` is the slot that the others are compared with, `checks` are held against
    each answer. A "route lab" asks each model on two sides, block by block; see route_lab/.
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
    checks: tuple[Check, ...] = ()
    kind: Kind = "prompt set"

    @property
    def names(self) -> tuple[str, ...]:
        """The slots' names, each its own."""
        return tuple(slot.name for slot in self.slots)

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """The slots that a Route lab compares, side A before B: those of one model over the same connections."""
        found: dict[tuple[str, Connection], list[int]] = {}
        for number, slot in enumerate(self.slots):
            found.setdefault((slot.ref, slot.connection), []).append(number)
        return tuple((numbers[0], numbers[1]) for numbers in found.values() if len(numbers) == 2)

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
        checks = [check_kinds.to_json(check) for check in self.checks]
        return kept | {"slots": [_kept(slot) for slot in self.slots], "checks": checks}


def _kept(slot: RoutedSlot) -> dict[str, Any]:
    way: dict[str, str] = {"connection": slot.connection} if slot.connection == "new" else {}
    way |= {"endpoint": slot.endpoint} if slot.endpoint else {}
    return {"model": slot.ref, "route": slot.route} | way | slot.own.given()


def _two_sides(plan: ExperimentPlan) -> bool:
    apart = all(plan.slots[a].side != plan.slots[b].side for a, b in plan.pairs)
    return apart and 2 * len(plan.pairs) == len(plan.slots)


def faults(plan: ExperimentPlan, catalog: "Catalog") -> Iterator[PlanFault]:
    """What keeps the plan from running with this catalogue: models that can't be called, or that have no price."""
    if plan.kind == "route lab" and not _two_sides(plan):
        yield PlanFault("slots", "no sides")
    for number, slot in enumerate(plan.slots, 1):
        where, entry = f"slots {number} ({slot.ref})", catalog.entry(slot.ref, slot.route, slot.endpoint)
        if entry.why_not:
            yield PlanFault(where, "not ready", not_ready=entry.why_not)
        elif slot.connection == "new" and not catalog.sees_socket(entry.provider, entry.route):
            yield PlanFault(where, "no new connection")
        elif plan.limits.usd is not None:
            price = price_per_mtok(entry.provider, entry.model, entry.route, catalog.settings.prices)
            if not price.known and price.kind != "unbilled":
                yield PlanFault(where, "no price", (_lacks(price),))


def _lacks(price: PerMtok) -> str:
    if price.kind == "unknown":
        return price.source
    return f"an {price.source}, which has none for tokens {'in' if price.input_usd is None else 'out'}"


__all__ = ["ExperimentPlan", "Limits", "Own", "Parameters", "RoutedSlot", "faults"]
