"""Checks of answers: kept as JSON, and held against calls that have ended. None of them makes a call."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, asdict, dataclass, fields
from typing import Any

from ..prompt_set import Expecting
from ..types import CallResult
from .criteria import (
    Check,
    CheckFault,
    CheckResult,
    Contains,
    Equals,
    JsonSchema,
    Longest,
    Matches,
    MostCost,
    Number,
    Similar,
    SlowestFirstToken,
    ValidJson,
)
from .matching import TooMuch, Unusable

KINDS: dict[str, type[Check]] = {
    kind.kind: kind
    for kind in (
        Equals,
        Contains,
        Matches,
        Number,
        ValidJson,
        JsonSchema,
        Similar,
        Longest,
        MostCost,
        SlowestFirstToken,
    )
}
_MOST_TOO_MUCH = 5


def evaluate(check: Check, result: CallResult, row: Expecting) -> CheckResult:
    """What the check says of a call's answer to the row. Of a call that failed or was stopped it says nothing."""
    if result.status != "ok":
        return CheckResult(None, "no whole answer")
    try:
        return check.judge(result, row)
    except TooMuch:
        return CheckResult(None, "too much")
    except Unusable as exc:
        return CheckResult(None, "unusable", str(exc))


class Judge:
    """Holds every check of a list against one answer after the other. Safe from any thread.

    A check that takes too long is given up after five answers: 100,000 times half a second are fourteen hours.
    """

    def __init__(self, checks: Sequence[Check]) -> None:
        self.checks = tuple(checks)
        self._too_much = [0] * len(self.checks)

    def judge(self, result: CallResult, row: Expecting) -> "Judgement":
        """What the checks say, in their order."""
        said = []
        for place, check in enumerate(self.checks):
            if self._too_much[place] >= _MOST_TOO_MUCH:
                said.append(CheckResult(None, "given up"))
                continue
            said.append(evaluate(check, result, row))
            self._too_much[place] += said[-1].reason == "too much"
        return Judgement(tuple(said))


@dataclass(frozen=True)
class Judgement:
    """What each check of a list found in an answer."""

    found: tuple[CheckResult, ...]

    @property
    def passed(self) -> bool | None:
        """Whether it passes: not where a check failed, and left open where one could not tell."""
        said = {one.passed for one in self.found}
        return False if False in said else None if None in said else True


def to_json(check: Check) -> dict[str, Any]:
    """The check as it is kept: its kind under "check", and its fields."""
    return {"check": check.kind, **asdict(check)}  # type: ignore[call-overload]  # each kind is a dataclass


def checks_id(kept: Sequence[Mapping[str, Any]]) -> str:
    """What a list of checks, as it is kept, is called beside what it found."""
    return hashlib.sha256(json.dumps(kept, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]


def from_json(kept: Mapping[str, Any]) -> Check | CheckFault:
    """The check that is kept, or why it can't be used."""
    kind = KINDS.get(kept["check"]) if isinstance(kept.get("check"), str) else None
    if kind is None:
        return CheckFault(str(kept.get("check", ""))[:80], None, "unknown check")
    given = {name: value for name, value in kept.items() if name != "check"}
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for name in given.keys() - known.keys():
        return CheckFault(kind.kind, str(name)[:80], "unknown field")
    for name, field in known.items():
        if name not in given and field.default is MISSING:
            return CheckFault(kind.kind, name, "missing")
        if name in given and not _fits(given[name], field):
            return CheckFault(kind.kind, name, "wrong type")
    check = kind(**given)
    return check.fault() or check


def _fits(value: object, field: Field[Any]) -> bool:
    if isinstance(value, bool):
        return field.type is bool
    return isinstance(value, field.type) or isinstance(value, int) and isinstance(1.0, field.type)  # type: ignore[arg-type]
