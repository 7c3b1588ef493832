"""The records of a CSV, JSON lines or Parquet file, one by one, each with where it is; nothing is made of them yet."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any, Literal

Reason = Literal[
    "unknown kind",
    "not UTF-16",
    "no Parquet",
    "no rows",
    "too many rows",
    "no column",
    "column twice",
    "column without name",
    "bad quotes",
    "too few cells",
    "too many cells",
    "not UTF-8",
    "null byte",
    "no character",
    "too long",
    "empty",
    "no text",
    "no JSON",
    "no object",
]
OWN = ("prompt", "system", "expected", "tags")
"""The columns that mean something; any other one is a variable."""

# PostgreSQL and SQLite can't keep a null byte, and the log sets U+FDD0 in its place; half a character can't be encoded.
_UNUSABLE = re.compile("[\0\ufdd0\ud800-\udfff]")
_FIRST_LINE = re.compile(r"[\r\n]*([^\r\n]*)")
_BATCH = 10_000


@dataclass(frozen=True)
class RowFault:
    """Why a row can't be used; where `row` is None, why nothing of the file can.

    Rows count from 1 as a spreadsheet or an editor shows them, the header among them. `column` is None where the
    fault is not in one column.
    """

    row: int | None
    column: str | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of a row by column: text, or what JSON and Parquet have in its place."""

    row: int
    cells: dict[str, Any]


Records = Iterator[Record | RowFault]


def of_table(text: str, likely: str) -> Records:
    """The rows below the header of a table with tabs, commas or semicolons; `likely` where the header has none."""
    line = _FIRST_LINE.match(text)
    header = line[1] if line else ""
    delimiter = max((likely, "\t", ",", ";"), key=header.count)
    csv.field_size_limit(2**31 - 1)  # the module's own limit, 128 kB, would end the file; cells are measured later
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: tuple[str, ...] = ()
    for row in count(1):
        try:
            cells = next(reader)
        except csv.Error:
            yield RowFault(row if columns else None, None, "bad quotes")
            continue
        except StopIteration:
            return
        if columns and len(cells) == len(columns):
            yield Record(row, dict(zip(columns, cells, strict=True)))
        elif columns and cells:
            yield RowFault(row, None, "too few cells" if len(cells) < len(columns) else "too many cells")
        elif cells:
            columns = tuple(map(_column, cells))
            if fault := _header_fault(columns):
                yield fault


def of_json_lines(text: str) -> Records:
    """The objects, one a line; empty lines are left out."""
    for row, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            yield RowFault(row, None, "no JSON")
            continue
        if not isinstance(found, dict):
            yield RowFault(row, None, "no object")
            continue
        cells = {_column(name): value for name, value in found.items()}
        yield Record(row, cells) if len(cells) == len(found) else RowFault(row, None, "column twice")


def of_parquet(content: bytes) -> Records:
    """The rows of a Parquet file, numbered from 1."""
    import pyarrow
    from pyarrow import parquet

    row = 0
    try:
        file = parquet.ParquetFile(pyarrow.BufferReader(content))
        columns = tuple(map(_column, file.schema_arrow.names))
        if fault := _header_fault(columns):
            yield fault
            return
        for batch in file.iter_batches(_BATCH):
            for cells in zip(*map(_values, batch.columns), strict=True):
                row += 1
                yield Record(row, dict(zip(columns, cells, strict=True)))
    except (pyarrow.ArrowException, OSError):
        yield RowFault(None, None, "no Parquet")


def _values(column: Any) -> list[Any]:
    """Numbers and times as text; lists and the like as they are; text that is not UTF-8 as bytes."""
    import pyarrow

    if pyarrow.types.is_nested(column.type):
        return list(column.to_pylist())
    for kind in (pyarrow.string(), pyarrow.binary()):
        try:
            return list(column.cast(kind).to_pylist())
        except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError, UnicodeDecodeError):
            continue
    return list(column.to_pylist())


@cache
def _column(name: str) -> str:
    name = name.strip()
    return name.lower() if name.lower() in OWN else name


def unusable(text: str) -> Reason | None:
    """Why the text can't be kept or sent. A byte that is not UTF-8 is in it as half a character, U+DC80 to U+DCFF."""
    found = _UNUSABLE.search(text)
    if not found:
        return None
    return "null byte" if found[0] == "\0" else "not UTF-8" if "\udc80" <= found[0] <= "\udcff" else "no character"


def _header_fault(columns: tuple[str, ...]) -> RowFault | None:
    if reason := unusable("".join(columns)):
        return RowFault(None, None, reason)
    if "" in columns:
        return RowFault(None, None, "column without name")
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        return RowFault(None, twice, "column twice")
    return None if "prompt" in columns else RowFault(None, "prompt", "no column")
