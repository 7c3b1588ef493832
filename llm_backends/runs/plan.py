"""What a comparison asks, all but the prompt: a value that hashes and compares, and its JSON in the log."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, get_args

from ..slot import Slot
from ..types import Effort, Message

if TYPE_CHECKING:
    from ..catalog.catalog import Catalog, Toggle

_AGAIN = re.compile(r" #\d+$")


@dataclass(frozen=True)
class Parameters:
    """What is asked of every model. None, and no `stop`, leave the provider's default."""

    temperature: float | None = None
    max_tokens: int = 1024
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    reasoning_effort: Effort | None = None
    stream: bool = True
    system: str = ""


@dataclass(frozen=True)
class Own:
    """What one slot has of its own in place of the shared parameters; None: nothing."""

    temperature: float | None = None
    max_tokens: int | None = None
    top_p: float | None = None
    stop: tuple[str, ...] | None = None
    seed: int | None = None
    reasoning_effort: Effort | None = None
    system: str | None = None

    def given(self) -> dict[str, Any]:
        """Those that are set, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class SlotPlan:
    """One place: `name` is `provider/model`, or `provider/model #2` for the same model once more."""

    name: str
    own: Own = Own()

    @property
    def ref(self) -> str:
        """The model."""
        return ref_of(self.name)


@dataclass(frozen=True)
class Plan:
    """What a comparison asks, of whom, by which route. `follows` is the id of the comparison that it goes on from.

    `blind`: names and numbers are hidden until a vote; the number says in which order the answers stand meanwhile.
    `leave_out`: so many of the oldest turns before it were not told to the model.
    """

    route: "Toggle" = "direct"
    slots: tuple[SlotPlan, ...] = ()
    shared: Parameters = Parameters()
    follows: str | None = None
    blind: int | None = None
    leave_out: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The slots' names, each its own."""
        return tuple(slot.name for slot in self.slots)

    def parameters(self, name: str) -> Parameters:
        """What is asked of this slot; the shared parameters where there is none of this name."""
        own = next((slot.own for slot in self.slots if slot.name == name), Own())
        return replace(self.shared, **own.given())

    def to_json(self) -> dict[str, Any]:
        """As the log keeps it: the shared parameters by name, each slot's own under "overrides"."""
        overrides = {slot.name: own for slot in self.slots if (own := slot.own.given())}
        kept = {"route": self.route, "models": list(self.names), **asdict(self.shared), "overrides": overrides}
        kept |= {"follows": self.follows} if self.follows else {}
        kept |= {"leave_out": self.leave_out} if self.leave_out else {}
        return kept | ({} if self.blind is None else {"blind": self.blind})

    @classmethod
    def from_json(cls, kept: Mapping[str, Any], system: str = "") -> "Plan":
        """Read back, also from rows of older versions, which keep the system prompt in a column of its own.

        What is missing or makes no sense is left at its default.
        """
        models, overrides, follows = kept.get("models"), kept.get("overrides"), kept.get("follows")
        names = [str(name) for name in models] if isinstance(models, list) else []
        if len(set(names)) < len(names):
            names = named(map(ref_of, names))
        owns = overrides if isinstance(overrides, Mapping) else {}
        shared = {"system": system} | read(kept, Parameters)
        return cls(
            "azure" if kept.get("route") == "azure" else "direct",
            tuple(SlotPlan(name, Own(**read(owns.get(name), Own))) for name in names),
            Parameters(**shared),
            follows if isinstance(follows, str) else None,
            _whole(kept.get("blind")),
            _positive(kept.get("leave_out")) or 0,
        )


def ref_of(name: str) -> str:
    """The model of a slot's name."""
    return _AGAIN.sub("", name)


def named(refs: Iterable[str]) -> list[str]:
    """Names for slots of these models in this order: the second of a kind is #2, and so on."""
    seen: Counter[str] = Counter()
    names = []
    for ref in refs:
        seen[ref] += 1
        names.append(ref if seen[ref] == 1 else f"{ref} #{seen[ref]}")
    return names


def slots(
    plan: Plan, prompt: str, catalog: "Catalog", earlier: Mapping[str, Sequence[Message]] | None = None
) -> list[Slot]:
    """The plan's slots, ready to race. `earlier` holds the turns before the prompt, by the slots' names."""
    return [_slot(plan, slot, prompt, catalog, (earlier or {}).get(slot.name, ())) for slot in plan.slots]


def _slot(plan: Plan, slot: SlotPlan, prompt: str, catalog: "Catalog", earlier: Sequence[Message]) -> Slot:
    asked = plan.parameters(slot.name)
    system = (Message("system", asked.system),) if asked.system.strip() else ()
    return catalog.slot(
        slot.ref,
        plan.route,
        (*system, *earlier, Message("user", prompt)),
        max_tokens=asked.max_tokens,
        temperature=asked.temperature,
        stream=asked.stream,
        top_p=asked.top_p,
        stop=asked.stop,
        seed=asked.seed,
        reasoning_effort=asked.reasoning_effort,
    )


def read(kept: object, into: type[Parameters] | type[Own]) -> dict[str, Any]:
    """Those of the fields that are kept and can be used."""
    if not isinstance(kept, Mapping):
        return {}
    found = {field.name: _READ[field.name](kept.get(field.name)) for field in fields(into)}
    return {name: value for name, value in found.items() if value is not None}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _positive(value: object) -> int | None:
    return number if (number := _whole(value)) and number > 0 else None


def _texts(value: object) -> tuple[str, ...] | None:
    return tuple(str(text) for text in value if text) or None if isinstance(value, list) else None


_READ: dict[str, Callable[[object], Any]] = {
    "temperature": _number,
    "max_tokens": _positive,
    "top_p": _number,
    "stop": _texts,
    "seed": _whole,
    "reasoning_effort": lambda value: value if value in get_args(Effort) else None,
    "stream": lambda value: value if isinstance(value, bool) else None,
    "system": lambda value: value if isinstance(value, str) and value else None,
}
