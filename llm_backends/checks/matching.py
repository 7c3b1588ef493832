"""What checks do with text that anybody may have written: each within bounds of time."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

TIME_LIMIT_S = 0.5
"""For one search, in seconds of this process's own time."""

_MOST_COMPARED = 10**9
"""The product of two texts' lengths; comparing them takes a tenth of a second then."""

_NUMBER = re.compile(
    r"(?:(?<![\w.])[-−])?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|(?<!\d)\.\d+)(?:[eE][-+]?\d{1,2})?"
)
_LAST_CHARS = 10_000
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
"""Which a schema follows where it does not say."""
_MOST_DIGITS = 4000
"""Python refuses to read a whole number of more than 4300."""


class Unusable(ValueError):
    """An expression or a schema that is none; the message says what its library says of it."""


class TooMuch(Exception):
    """It would take too long, or too deep a stack, to say."""


def search(expression: str, text: str) -> bool:
    """Whether a regular expression is found anywhere in the text. Raises Unusable, TooMuch."""
    try:
        found = _compiled(expression).search(text, timeout=TIME_LIMIT_S, concurrent=True)
    except TimeoutError as exc:
        raise TooMuch from exc
    return found is not None


@lru_cache(64)
def _compiled(expression: str) -> Any:
    import regex

    try:
        return regex.compile(expression)
    except (regex.error, RecursionError, OverflowError) as exc:
        raise Unusable(str(exc)) from exc


def last_number(text: str) -> Decimal | None:
    """The last number in the text, None where its last 10,000 characters hold none.

    Commas may stand between thousands, as in 1,234.5; in 3-4 the last is 4.
    """
    found = _NUMBER.findall(text[-_LAST_CHARS:])
    return Decimal(found[-1].replace(",", "").replace("−", "-")) if found else None


def similarity(one: str, other: str) -> float:
    """From 0 to 1, where they are the same: 1 less the share of characters to add and take away. Raises TooMuch."""
    from rapidfuzz import fuzz

    if len(one) * len(other) > _MOST_COMPARED:
        raise TooMuch
    return fuzz.ratio(one, other) / 100


def parsed(text: str) -> Any:
    """The JSON value that the whole text is.

    Raises ValueError where it is none, TooMuch where it is too deep or a number in it too long.
    """
    try:
        return json.loads(text, parse_constant=_no_constant, parse_int=_whole)
    except RecursionError as exc:
        raise TooMuch from exc


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise TooMuch
    return int(digits)


def breach(schema: str, value: Any) -> str | None:
    """What of a JSON value is against the schema, None where nothing is. Raises Unusable, TooMuch."""
    from referencing.exceptions import Unresolvable

    try:
        error = next(_validator(schema).iter_errors(value), None)
    except RecursionError as exc:
        raise TooMuch from exc
    except Unresolvable as exc:
        raise Unusable(str(exc)) from exc
    return None if error is None else str(error.message)


@lru_cache(64)
def _validator(schema: str) -> Any:
    """It looks nothing up elsewhere, and its expressions are searched for as `search` does."""
    from jsonschema import SchemaError, validators
    from referencing import Registry

    try:
        read = parsed(schema)
        if not isinstance(read, dict | bool):
            raise ValueError("not an object")
        draft = read.pop("$schema", _DRAFT) if isinstance(read, dict) else _DRAFT
        kind = validators.validator_for({"$schema": str(draft)}, default=None)
        if kind is None:
            raise ValueError(f"{draft!r} is no known draft of JSON Schema")
        kind.check_schema(read)
    except SchemaError as exc:
        raise Unusable(exc.message) from exc
    except ValueError as exc:
        raise Unusable(str(exc)) from exc
    except (TooMuch, RecursionError) as exc:
        raise Unusable("too deep, or a number too long") from exc
    # jsonschema searches for the expressions of the one, and of what is below the other, without a time limit.
    if unbounded := {"patternProperties", "$schema"}.intersection(_keys(read)):
        raise Unusable(f"{unbounded.pop()} is not supported within it")
    return validators.extend(kind, {"pattern": _pattern})(read, registry=Registry())


def _pattern(_validator: Any, expression: str, value: Any, _schema: Any) -> Iterator[Exception]:
    from jsonschema import ValidationError

    if isinstance(value, str) and not search(expression, value):
        yield ValidationError(f"{value!r} does not match {expression!r}")


def _keys(schema: Any) -> Iterator[str]:
    """Every key of every object in the schema."""
    waiting = [schema]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield from found
            waiting += found.values()
        elif isinstance(found, list):
            waiting += found


def check_expression(expression: str) -> None:
    """Raises Unusable where it is none."""
    _compiled(expression)


def check_schema(schema: str) -> None:
    """Raises Unusable where it is none."""
    _validator(schema)
