"""An experiment's calls as a file: CSV, Parquet, JSON or JSON lines, written batch by batch."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, BinaryIO, Literal

from ..files.tables import Column, write_csv, write_parquet
from ..store.database import Database
from .columns import Columns
from .rows import Field, fields, rows

Format = Literal["csv", "parquet", "json", "jsonl"]


def write(columns: Columns, database: Database, format: Format, out: BinaryIO) -> int:
    """Write one row a call to `out`; how many. Raises ConfigError where the database can't be read.

    CSV is UTF-8 with the mark by which spreadsheets know it, and no cell can be taken for a formula: spreadsheet.py.
    """
    counted = _Counted(rows(columns, database))
    _WRITERS[format](fields(columns), counted, out)
    return counted.count


class _Counted:
    """Rows as they pass."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self.count, self._rows = 0, rows

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for row in self._rows:
            self.count += 1
            yield row


def _json_lines(_known: Sequence[Field], rows: Iterable[dict[str, Any]], out: BinaryIO) -> None:
    for row in rows:
        out.write(_json(row) + b"\n")


def _json_list(_known: Sequence[Field], rows: Iterable[dict[str, Any]], out: BinaryIO) -> None:
    before = b"[\n"
    for row in rows:
        out.write(before + _json(row))
        before = b",\n"
    out.write(b"[]\n" if before == b"[\n" else b"\n]\n")


def _json(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode()


def _columns(known: Sequence[Field]) -> list[Column]:
    return [Column(field.name, field.kind) for field in known]


_WRITERS: dict[Format, Callable[[Sequence[Field], Iterable[dict[str, Any]], BinaryIO], None]] = {
    "csv": lambda known, rows, out: write_csv(_columns(known), rows, out),
    "parquet": lambda known, rows, out: write_parquet(_columns(known), rows, out),
    "json": _json_list,
    "jsonl": _json_lines,
}
