"""The two sides of a Route lab, and which models can be asked on both."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..facts import NotReady

if TYPE_CHECKING:
    from ..catalog.catalog import Catalog, ModelEntry, Toggle


@dataclass(frozen=True)
class Side:
    """A route, and on Azure the one endpoint that is asked; None where none is set."""

    route: "Toggle"
    endpoint: str | None = None

    @property
    def name(self) -> str:
        """As it is written on the command line."""
        return self.endpoint or self.route


@dataclass(frozen=True)
class Offer:
    """A model, and what keeps it from a Route lab: of each side, None where it is ready there.

    `unseen`: its calls can't be told to open a new connection, and it isn't seen when they do. `here`: it runs on this
    machine, which no route leads to.
    """

    ref: str
    why_not: tuple[NotReady | None, NotReady | None]
    unseen: bool = False
    here: bool = False

    @property
    def ready(self) -> bool:
        """Whether both sides serve it."""
        return not (any(self.why_not) or self.unseen or self.here)


def sides(catalog: "Catalog") -> tuple[Side, ...]:
    """The direct route and every Azure endpoint, in the order in which they are tried; at least two."""
    azure = tuple(Side("azure", name) for name in catalog.settings.azure.named)
    return (Side("direct"), *(azure or (Side("azure"),)))


def offers(catalog: "Catalog", a: Side, b: Side) -> tuple[Offer, ...]:
    """Every model that either side knows, those first that both serve. Models of this machine have no sides."""
    at = [{entry.ref: entry for entry in catalog.models(side.route, side.endpoint)} for side in (a, b)]
    refs = dict.fromkeys(ref for known in at for ref, entry in known.items() if entry.route != "local")
    found = (_offer(catalog, ref, (a, b), (at[0].get(ref), at[1].get(ref))) for ref in refs)
    return tuple(sorted(found, key=lambda one: not one.ready))


def offer(catalog: "Catalog", ref: str, a: Side, b: Side) -> Offer:
    """The same of one model, known or not."""
    return _offer(catalog, ref, (a, b), (None, None))


def _offer(
    catalog: "Catalog", ref: str, both: tuple[Side, Side], known: "tuple[ModelEntry | None, ModelEntry | None]"
) -> Offer:
    """`known` are the entries that have been looked up already."""
    first, second = (
        entry or catalog.entry(ref, side.route, side.endpoint) for side, entry in zip(both, known, strict=True)
    )
    unseen = not all(catalog.sees_socket(entry.provider, entry.route) for entry in (first, second))
    return Offer(first.ref, (first.why_not, second.why_not), unseen, first.route == "local")
