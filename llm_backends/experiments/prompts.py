"""What an experiment asks: the rows of the set that its plan names, put into its template."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from ..facts import PlanFault
from ..prompt_set import PromptSet, Row
from ..prompt_sets.own import CHECKS, ROUTES, own_set
from ..prompt_sets.reading import read
from ..prompt_sets.template import TemplateFault, names, render
from ..store.prompt_sets import PromptSets
from .plan_file import PlanUnusable

_TOLD = 20  # faulty rows, of as many as there are


class Prompts(Protocol):
    """The rows that are asked by position, as a tuple has them; the `prompt` of each is the text that is sent."""

    def __len__(self) -> int: ...

    def __getitem__(self, position: int, /) -> Row: ...

    def __iter__(self) -> Iterator[Row]: ...


class _InTemplate:
    """Rows put into a template, each when it is asked for: 100,000 of them would be kept twice."""

    def __init__(self, template: str, rows: Sequence[Row]) -> None:
        self._template, self._rows = template, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, position: int, /) -> Row:
        row = self._rows[position]
        return replace(row, prompt=render(self._template, row.values))

    def __iter__(self) -> Iterator[Row]:
        return (self[position] for position in range(len(self)))


def in_template(template: str | None, rows: Sequence[Row]) -> Prompts:
    """What is asked: the rows' prompts, or the template filled with each row's values. Raises PlanUnusable."""
    if template is None:
        return rows
    try:
        wanted = names(template)
    except TemplateFault as exc:
        raise PlanUnusable((PlanFault("template", "braces", (exc.name,)),)) from exc
    lacking = {name: row.number for row in reversed(rows) for name in set(wanted) - row.values.keys()}
    if lacking:
        raise PlanUnusable(
            tuple(
                PlanFault("template", "no variable", (name, f"{lacking[name]:,}")) for name in wanted if name in lacking
            )
        )
    return _InTemplate(template, rows)


def prompt_set(named: str, kept: PromptSets) -> PromptSet:
    """The set that a plan names: one that comes along, a kept one's id, or a file's path. Raises PlanUnusable."""
    if named in (ROUTES, *CHECKS):
        return own_set(named)
    if one := kept.one(named):
        return PromptSet(one.id, one.name, tuple(kept.rows(one.id)))
    try:
        content = Path(named).read_bytes()
    except OSError as exc:
        raise PlanUnusable((PlanFault(named, "unreadable", (exc.strerror or "no such file",)),)) from exc
    reading = read(content, Path(named).name)
    if reading.prompts is None or reading.faults:
        raise PlanUnusable((PlanFault(named, "no prompts"), *reading.faults[:_TOLD]))
    return reading.prompts
