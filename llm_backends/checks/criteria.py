"""The kinds of checks, as values: what each holds an answer against, and what it says of one."""

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from ..prompt_set import Expecting
from ..types import CallResult
from . import matching
from .matching import Unusable

Reason = Literal[
    "held",
    "differs",
    "lacks it",
    "no number",
    "too far",
    "no JSON",
    "against the schema",
    "too unlike",
    "too long",
    "too dear",
    "too slow",
    # Those that leave it open:
    "no whole answer",
    "nothing expected",
    "no number expected",
    "no JSON expected",
    "unusable",
    "too much",
    "given up",
    "cost unknown",
    "first token unknown",
]


@dataclass(frozen=True)
class CheckResult:
    """Whether an answer passed; None where that can't be told. `found` is what speaks for the reason.

    A number in the answer, characters, USD, milliseconds or a similarity; or what is said of JSON, schema, expression.
    """

    passed: bool | None
    reason: Reason
    found: float | str | None = None


@dataclass(frozen=True)
class CheckFault:
    """Why a check can't be used. `check` is its kind, `field` what of it is wrong; `said` is what a library says."""

    check: str
    field: str | None
    reason: Literal["unknown check", "unknown field", "missing", "wrong type", "empty", "out of bounds", "unusable"]
    said: str | None = None


class Check(ABC):
    """One check. Where its `text`, `expression`, `number` or `schema` is None, it is what the row expects."""

    kind: ClassVar[str]

    def fault(self) -> CheckFault | None:
        """Why it can't be used, None where it can."""
        return None

    @abstractmethod
    def judge(self, result: CallResult, row: Expecting) -> CheckResult:
        """What it says of an answer that is whole. Raises Unusable, TooMuch."""


@dataclass(frozen=True)
class Equals(Check):
    """The answer is the text, the blanks around them aside; with `as_json` it is the same JSON value."""

    kind: ClassVar[str] = "equals"
    text: str | None = None
    ignore_case: bool = False
    as_json: bool = False

    def judge(self, result: CallResult, row: Expecting) -> CheckResult:
        wanted = _or_expected(self.text, row)
        if wanted is None:
            return CheckResult(None, "nothing expected")
        if not self.as_json:
            answer, wanted = _cased(result.answer.strip(), wanted.strip(), self.ignore_case)
            return _held(answer == wanted, "differs")
        try:
            value = _sorted(wanted)
        except ValueError:
            return CheckResult(None, "no JSON expected")
        try:
            return _held(_sorted(result.answer) == value, "differs")
        except ValueError as exc:
            return CheckResult(False, "no JSON", str(exc))


@dataclass(frozen=True)
class Contains(Check):
    """The answer holds the text."""

    kind: ClassVar[str] = "contains"
    text: str | None = None
    ignore_case: bool = False

    def fault(self) -> CheckFault | None:
        return CheckFault(self.kind, "text", "empty") if self.text == "" else None

    def judge(self, result: CallResult, row: Expecting) -> CheckResult:
        wanted = _or_expected(self.text, row)
        if not wanted:
            return CheckResult(None, "nothing expected")
        answer, wanted = _cased(result.answer, wanted, self.ignore_case)
        return _held(wanted in answer, "lacks it")


@dataclass(frozen=True)
class Matches(Check):
    """The regular expression is found in the answer, within half a second."""

    kind: ClassVar[str] = "regex"
    expression: str | None = None

    def fault(self) -> CheckFault | None:
        return _unusable(self.kind, "expression", self.expression, matching.check_expression)

    def judge(self, result: CallResult, row: Expecting) -> CheckResult:
        expression = _or_expected(self.expression, row)
        if not expression:
            return CheckResult(None, "nothing expected")
        return _held(matching.search(expression, result.answer), "lacks it")


@dataclass(frozen=True)
class Number(Check):
    """The last number of the answer is at most `tolerance` away from the number."""

    kind: ClassVar[str] = "number"
    number: float | None = None
    tolerance: float = 0.0

    def fault(self) -> CheckFault | None:
        if self.number is not None and not math.isfinite(self.number):
            return CheckFault(self.kind, "number", "out of bounds")
        return _outside(self.kind, "tolerance", self.tolerance)

    def judge(self, result: CallResult, row: Expecting) -> CheckResult:
        wanted = matching.last_number(row.expected or "") if self.number is None else Decimal(repr(self.number))
        if wanted is None:
            return CheckResult(None, "no number expected" if row.expected else "nothing expected")
        found = matching.last_number(result.answer)
        if found is None:
            return CheckResult(False, "no number")
        return _held(abs(found - wanted) <= Decimal(repr(self.tolerance)), "too far", str(found)[:40])


@dataclass(frozen=True)
class ValidJson(Check):
    """The whole answer is JSON, with nothing around it."""

    kind: ClassVar[str] = "json"

    def judge(self, result: CallResult, row: Expecting) -> CheckResult:
        try:
            matching.parsed(result.answer)
        except ValueError as exc:
            return CheckResult(False, "no JSON", str(exc))
        return CheckResult(True, "held")


@dataclass(frozen=True)
class JsonSchema(Check):
    """The whole answer is JSON that a JSON schema allows. The schema refers to nothing outside of itself."""

    kind: ClassVar[str] = "json schema"
    schema: str | None = None

    def fault(self) -> CheckFault | None:
        return _unusable(self.kind, "schema", self.schema, matching.check_schema)

    def judge(self, result: CallResult, row: Expecting) -> CheckResult:
        schema = _or_expected(self.schema, row)
        if not schema:
            return CheckResult(None, "nothing expected")
        try:
            value = matching.parsed(result.answer)
        except ValueError as exc:
            return CheckResult(False, "no JSON", str(exc))
        breach = matching.breach(schema, value)
        return CheckResult(True, "held") if breach is None else CheckResult(False, "against the schema", breach[:300])


@dataclass(frozen=True)
class Similar(Check):
    """The answer is like the text, the blanks around them aside: `least` is from 0 to 1, where they are the same."""

    kind: ClassVar[str] = "similarity"
    text: str | None = None
    least: float = 0.8

    def fault(self) -> CheckFault | None:
        return _outside(self.kind, "least", self.least, most=1)

    def judge(self, result: CallResult, row: Expecting) -> CheckResult:
        wanted = _or_expected(self.text, row)
        if not wanted:
            return CheckResult(None, "nothing expected")
        found = matching.similarity(result.answer.strip(), wanted.strip())
        return _held(found >= self.least, "too unlike", found)


@dataclass(frozen=True)
class Longest(Check):
    """The answer has at most so many characters."""

    kind: ClassVar[str] = "length"
    characters: int

    def fault(self) -> CheckFault | None:
        return _outside(self.kind, "characters", self.characters)

    def judge(self, result: CallResult, row: Expecting) -> CheckResult:
        return _held(len(result.answer) <= self.characters, "too long", len(result.answer))


@dataclass(frozen=True)
class MostCost(Check):
    """The call cost at most so many USD."""

    kind: ClassVar[str] = "cost"
    usd: float

    def fault(self) -> CheckFault | None:
        return _outside(self.kind, "usd", self.usd)

    def judge(self, result: CallResult, row: Expecting) -> CheckResult:
        if result.cost_usd is None:
            return CheckResult(None, "cost unknown")
        return _held(result.cost_usd <= self.usd, "too dear", result.cost_usd)


@dataclass(frozen=True)
class SlowestFirstToken(Check):
    """The first token came at most so many milliseconds after the request: `ttft_ms` in README."""

    kind: ClassVar[str] = "first token"
    ms: float

    def fault(self) -> CheckFault | None:
        return _outside(self.kind, "ms", self.ms)

    def judge(self, result: CallResult, row: Expecting) -> CheckResult:
        if result.ttft_ms is None:
            return CheckResult(None, "first token unknown")
        return _held(result.ttft_ms <= self.ms, "too slow", result.ttft_ms)


def _held(passed: bool, otherwise: Reason, found: float | str | None = None) -> CheckResult:
    return CheckResult(passed, "held" if passed else otherwise, found)


def _or_expected(own: str | None, row: Expecting) -> str | None:
    return row.expected if own is None else own


def _cased(one: str, other: str, ignore: bool) -> tuple[str, str]:
    return (one.casefold(), other.casefold()) if ignore else (one, other)


def _sorted(text: str) -> str:
    """The JSON value that the text is, in the one way to write it. Raises ValueError, TooMuch."""
    return json.dumps(matching.parsed(text), sort_keys=True)


def _outside(check: str, field: str, number: float, most: float = math.inf) -> CheckFault | None:
    return None if 0 <= number <= most and number < math.inf else CheckFault(check, field, "out of bounds")


def _unusable(check: str, field: str, text: str | None, examine: Callable[[str], None]) -> CheckFault | None:
    if text is None:
        return None
    if not text:
        return CheckFault(check, field, "empty")
    try:
        examine(text)
    except Unusable as exc:
        return CheckFault(check, field, "unusable", str(exc))
    return None
