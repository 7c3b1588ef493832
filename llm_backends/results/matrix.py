"""The matrix of prompts and slots: sorted and filtered as arrays, and only the texts of the page that is shown read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..prompt_set import Row
from ..store.database import Database
from ..store.results import texts
from ..store.results.texts import OpenedCall
from .columns import Bools, Columns, Floats
from .summary import by_prompt

Order = Literal["number", "disagreement", "failures"]
Which = Literal["all", "disagree", "failed", "all failed"]
State = Literal["passed", "failed", "mixed", "open", "error", "waiting"]


@dataclass(frozen=True)
class Cell:
    """One prompt at one slot: its repeats, by what came of them.

    `waiting` have not ended yet. Without checks a call passes when it ends well. `state` is "mixed" where repeats
    differ, "error" where every call failed, "open" where nothing but what the checks leave open came of it.
    """

    state: State
    passed: int
    not_passed: int
    open: int
    errors: int
    waiting: int


@dataclass(frozen=True)
class Line:
    """A prompt and its cells, by slot; `row` is None where the set no longer has it."""

    number: int
    row: Row | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Page:
    """Lines from `start` on (from 0) of `matching` prompts, out of `prompts` that have a call."""

    lines: tuple[Line, ...]
    start: int
    matching: int
    prompts: int


def page(
    columns: Columns,
    database: Database,
    *,
    order: Order = "number",
    which: Which = "all",
    tag: str | None = None,
    text: str | None = None,
    start: int = 0,
    limit: int = 50,
) -> Page:
    """At most `limit` prompts. Raises ConfigError where the database can't be read.

    `order`: by number; those first on which the slots disagree most; those first of which most calls did not do well.
    `which`: those on which slots disagree, of which some call did not do well, or of which none did. `text` is looked
    for in prompts, system prompts and what is expected, whatever the case.
    """
    places = _sorted(columns, _chosen(columns, database, which, tag, text), order)
    shown = places[start : start + limit]
    numbers = columns.numbers[shown].tolist()
    with database.reading() as connection:
        rows = texts.rows(connection, columns.experiment.prompt_set_id, numbers)
    lines = (Line(number, rows.get(number), cells(columns, int(at))) for number, at in zip(numbers, shown, strict=True))
    return Page(tuple(lines), start, len(places), len(columns.numbers))


def tags(columns: Columns, database: Database) -> dict[str, int]:
    """How many prompts of the set have each tag."""
    with database.reading() as connection:
        return texts.tags(connection, columns.experiment.prompt_set_id)


def opened(columns: Columns, database: Database, number: int, slot: int | None = None) -> tuple[OpenedCall, ...]:
    """The calls of one cell, or of a whole line, with their answers and what each check found; by slot and repeat."""
    with database.reading() as connection:
        return texts.calls_of(connection, columns.experiment.id, columns.checks, (number,), slot)


def cells(columns: Columns, place: int) -> tuple[Cell, ...]:
    """The cells of the prompt at this place of `columns.numbers`."""
    outcome, called, failed = columns.outcome[place], columns.called[place], columns.failed[place]
    return tuple(_cell(outcome[:, slot], called[:, slot], failed[:, slot]) for slot in range(columns.slots))


def _cell(outcome: Floats, called: Bools, failed: Bools) -> Cell:
    passed, errors, waiting = int((outcome == 1).sum()), int(failed.sum()), int((~called).sum())
    not_passed, open = int((outcome == 0).sum()) - errors, int((called & np.isnan(outcome)).sum())
    return Cell(_state(passed, not_passed, open, errors), passed, not_passed, open, errors, waiting)


def _state(passed: int, not_passed: int, open: int, errors: int) -> State:
    if passed and (not_passed or errors):
        return "mixed"
    if passed:
        return "passed"
    if not_passed:
        return "failed"
    if open:
        return "open"
    return "error" if errors else "waiting"


def _chosen(columns: Columns, database: Database, which: Which, tag: str | None, text: str | None) -> Bools:
    chosen = np.ones(len(columns.numbers), bool)
    if which != "all":
        shares = by_prompt(columns.outcome)
        some = ~np.isnan(shares).all(axis=1)
        low, high = _least(shares, np.inf), -_least(-shares, np.inf)
        chosen = some & {"disagree": low < high, "failed": low < 1, "all failed": high == 0}[which]
    found: list[Sequence[int]] = []
    with database.reading() as connection:
        if tag:
            found.append(texts.tagged(connection, columns.experiment.prompt_set_id, tag))
        if text:
            found.append(texts.with_text(connection, columns.experiment.prompt_set_id, text))
    for numbers in found:
        chosen &= np.isin(columns.numbers, numbers)
    return chosen


def _sorted(columns: Columns, chosen: Bools, order: Order) -> np.ndarray:
    places = np.flatnonzero(chosen)
    if order == "number":
        return places
    shares = by_prompt(columns.outcome[places])
    known = ~np.isnan(shares)
    if order == "failures":
        score = np.where(known, 1 - shares, 0.0).sum(axis=1)
    else:
        counts = np.maximum(known.sum(axis=1), 1)[:, None]
        mean = np.where(known, shares, 0.0).sum(axis=1, keepdims=True) / counts
        score = (np.where(known, (shares - mean) ** 2, 0.0) / counts).sum(axis=1)
    return places[np.argsort(-np.round(score, 12), kind="stable")]


def _least(shares: Floats, empty: float) -> Floats:
    """The least by prompt."""
    least: Floats = np.where(np.isnan(shares), empty, shares).min(axis=1)
    return least
