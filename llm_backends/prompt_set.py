"""A prompt set: the rows that an experiment asks, named by their content."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

Content = tuple[str, str | None, str | None, tuple[str, ...], tuple[tuple[str, str], ...]]


class Expecting(Protocol):
    """What checks know of a row: what it expects of an answer, None where it says nothing of that."""

    @property
    def expected(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One prompt; `number` counts from 1 within its set. None: not given.

    `variables` are the further columns, name and value, sorted by name.
    """

    number: int
    prompt: str
    system: str | None = None
    expected: str | None = None
    tags: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def values(self) -> dict[str, str]:
        """What a template can name: the variables, and those of prompt, system and expected that are given."""
        own = {"prompt": self.prompt, "system": self.system, "expected": self.expected}
        return dict(self.variables) | {name: value for name, value in own.items() if value is not None}


@dataclass(frozen=True)
class PromptSet:
    """Rows in their order. The same rows have the same `id`, whatever the set's name and the file they came in."""

    id: str
    name: str
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, name: str, rows: Iterable[Row]) -> "PromptSet":
        """The set of these rows; its id is made from them."""
        rows = tuple(rows)
        content = json.dumps([_content(row) for row in rows], ensure_ascii=False)
        return cls(hashlib.sha256(content.encode()).hexdigest(), name, rows)

    @property
    def repeated(self) -> tuple[int, ...]:
        """The numbers of rows that are the same as an earlier one."""
        seen: set[Content] = set()
        again = []
        for row in self.rows:
            content = _content(row)
            if content in seen:
                again.append(row.number)
            seen.add(content)
        return tuple(again)


def _content(row: Row) -> Content:
    return row.prompt, row.system, row.expected, row.tags, row.variables
