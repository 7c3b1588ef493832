"""Reads a plan from YAML, or from the JSON that the log keeps, and says of each field what is wrong with it."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..checks import checks as check_kinds
from ..checks.criteria import Check, CheckFault
from ..facts import PlanFault
from ..prompt_sets.own import CHECKS
from ..prompt_sets.records import RowFault
from ..runs.plan import Own, Parameters, named, read
from .plan import CONCURRENCY, CONNECTIONS, KINDS, ExperimentPlan, Kind, Limits, RoutedSlot

if TYPE_CHECKING:
    from ..catalog.catalog import Toggle

FIELDS = tuple(field.name for field in fields(ExperimentPlan))
MOST = {"repeats": 1000, "concurrency": 256, "warm_up": 100}
_LARGEST_SEED = 2**63
_WAY = ("model", "route", "connection", "endpoint")
_Choice = TypeVar("_Choice", bound=str)


class PlanUnusable(Exception):
    """A plan that cannot be used, with everything that is wrong with it or its prompts."""

    def __init__(self, faults: tuple[PlanFault | RowFault | CheckFault, ...]) -> None:
        super().__init__(faults)
        self.faults = faults


def from_file(path: Path) -> ExperimentPlan:
    """The plan in a YAML file; a prompt set that is a file lies beside it. Raises PlanUnusable."""
    plan = from_yaml(_text(path))
    beside = path.parent / plan.prompt_set
    return replace(plan, prompt_set=str(beside)) if beside.is_file() else plan


def from_yaml(text: str) -> ExperimentPlan:
    """The plan that the text holds. Raises PlanUnusable."""
    return from_json(_parsed(text))


def checks_from_file(path: Path) -> tuple[Check, ...]:
    """The checks in a YAML file: a list of them, or a plan's `checks`. Raises PlanUnusable."""
    found, reader = _parsed(_text(path)), _Reader()
    kept = found.get("checks") if isinstance(found, Mapping) else found
    if not isinstance(kept, list) or not kept:
        raise PlanUnusable((PlanFault(f"{path}: checks", "no list"),))
    checks = reader.checks(kept)
    if reader.faults:
        raise PlanUnusable(tuple(reader.faults))
    return checks


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        raise PlanUnusable((PlanFault(str(path), "unreadable", (exc.strerror or "no such file",)),)) from exc
    except UnicodeDecodeError as exc:
        raise PlanUnusable((PlanFault(str(path), "unreadable", ("it is not UTF-8 text",)),)) from exc


def _parsed(text: str) -> object:
    import yaml

    try:
        found: object = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        at = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(exc, "problem", None) or "it cannot be read"
        raise PlanUnusable((PlanFault("plan", "no YAML", (f"{at}{problem}",)),)) from exc
    return found


def from_json(kept: object) -> ExperimentPlan:
    """The plan that `to_json` made, or that a file says. Raises PlanUnusable."""
    reader = _Reader()
    plan = reader.plan(kept)
    if plan is None or reader.faults:
        raise PlanUnusable(tuple(reader.faults))
    return plan


class _Reader:
    """Reads field by field, and remembers what is wrong in place of stopping there."""

    def __init__(self) -> None:
        self.faults: list[PlanFault | CheckFault] = []

    def plan(self, kept: object) -> ExperimentPlan | None:
        found = self._mapping("the plan", kept, FIELDS)
        name, prompts = self._text(found, "name"), self._text(found, "prompt_set")
        kind = self._choice(found, "kind", KINDS)
        slots = self._slots(found.get("slots"), kind)
        baseline = found.get("baseline")
        if slots and baseline is not None and baseline not in (names := tuple(slot.name for slot in slots)):
            self._fault(f"baseline {baseline}", "no choice", *names)
        limits = self._mapping("limits", found.get("limits") or {}, ("usd", "calls"))
        plan = ExperimentPlan(
            name=name,
            prompt_set=prompts,
            slots=slots,
            shared=Parameters(**self._parameters("shared", found.get("shared") or {}, Parameters)),
            template=self._text(found, "template") if found.get("template") is not None else None,
            repeats=self._count(found, "repeats", 1, MOST["repeats"], 1),
            seed=self._count(found, "seed", 0, _LARGEST_SEED, 0),
            concurrency=self._count(found, "concurrency", 1, MOST["concurrency"], CONCURRENCY),
            warm_up=self._count(found, "warm_up", 0, MOST["warm_up"], 1),
            limits=Limits(
                usd(limits.get("usd"), self.faults),
                self._count(limits, "calls", 1, 10**9, 0) or None,
            ),
            baseline=str(baseline) if baseline is not None else None,
            kind=kind,
            checks=self._checks(found, prompts),
        )
        return None if self.faults else plan

    def _checks(self, found: Mapping[str, Any], prompts: str) -> tuple[Check, ...]:
        """Those that the plan names; where it says nothing of them, those that come along with the set."""
        kept = found.get("checks")
        if kept is None:
            return CHECKS.get(prompts, ())
        if not isinstance(kept, list):
            self._fault("checks", "no checks")
            return ()
        return self.checks(kept)

    def checks(self, kept: list[Any]) -> tuple[Check, ...]:
        checks = []
        for number, one in enumerate(kept, 1):
            if not isinstance(one, Mapping):
                self._fault(f"checks {number}", "no mapping")
                continue
            schema = {"schema": json.dumps(one["schema"])} if isinstance(one.get("schema"), Mapping) else {}
            check = check_kinds.from_json({**one, **schema})
            if isinstance(check, CheckFault):
                self.faults.append(check)
            else:
                checks.append(check)
        return tuple(checks)

    def _slots(self, kept: object, kind: Kind) -> tuple[RoutedSlot, ...]:
        if not isinstance(kept, list) or not kept:
            self._fault("slots", "no list")
            return ()
        own = tuple(field.name for field in fields(Own))
        found = [self._mapping(f"slots {n}", slot, (*_WAY, *own)) for n, slot in enumerate(kept, 1)]
        slots = [self._slot(f"slots {n}", slot) for n, slot in enumerate(found, 1)]
        names = named(slot.telling if kind == "route lab" else slot.ref for slot in slots)
        return tuple(replace(slot, name=name) for slot, name in zip(slots, names, strict=True))

    def _slot(self, where: str, found: Mapping[str, Any]) -> RoutedSlot:
        routes: tuple[Toggle, ...] = ("direct", "azure")
        endpoint = found.get("endpoint")
        if endpoint is not None and (not isinstance(endpoint, str) or found.get("route") != "azure"):
            self._fault(f"{where}: endpoint {endpoint}", "no Azure endpoint")
        own = {key: value for key, value in found.items() if key not in _WAY}
        return RoutedSlot(
            self._text(found, "model", f"{where}: model"),
            Own(**self._parameters(where, own, Own)),
            self._choice(found, "route", routes, f"{where}: "),
            self._choice(found, "connection", CONNECTIONS, f"{where}: "),
            endpoint or None,
        )

    def _choice(self, found: Mapping[str, Any], name: str, choices: tuple[_Choice, ...], where: str = "") -> _Choice:
        value = found.get(name)
        chosen = next((choice for choice in choices if choice == value), choices[0])
        if value not in (None, chosen):
            self._fault(f"{where}{name} {value}", "no choice", *map(str, choices))
        return chosen

    def _parameters(self, where: str, kept: object, into: type[Parameters] | type[Own]) -> dict[str, Any]:
        found = self._mapping(where, kept, tuple(field.name for field in fields(into)))
        usable = read(found, into)
        for name, value in found.items():
            if name not in usable and value not in (None, "", [], ()):
                self._fault(f"{where}: {name}", "parameter")
        return usable

    def _mapping(self, where: str, kept: object, known: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(kept, Mapping):
            self._fault(where, "no mapping")
            return {}
        for name in kept:
            if name not in known:
                self._fault(f"{where}: {name}", "unknown", *known)
        return {name: value for name, value in kept.items() if name in known}

    def _text(self, found: Mapping[str, Any], name: str, where: str | None = None) -> str:
        value = found.get(name)
        if value is None:
            self._fault(where or name, "missing")
        elif not isinstance(value, str) or not value.strip():
            self._fault(where or name, "no text")
        return value if isinstance(value, str) else ""

    def _count(self, found: Mapping[str, Any], name: str, least: int, most: int, default: int) -> int:
        value = found.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self._fault(name, "no count", f"{least} to {most:,}")
            return default
        return value

    def _fault(self, where: str, reason: Any, *about: str) -> None:
        self.faults.append(PlanFault(where[:200], reason, about))


def usd(value: object, faults: "list[PlanFault | CheckFault]") -> float | None:
    """A limit in USD; what is none is added to the faults."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0:
        return float(value)
    faults.append(PlanFault("limits: usd", "no number"))
    return None
