"""An experiment's calls as a file: CSV, Parquet, JSON or JSON lines, written batch by batch."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, product
from typing import Any, BinaryIO, Literal

from .. import spreadsheet
from ..store.database import Database
from .columns import Columns
from .rows import Field, Kind, fields, rows

Format = Literal["csv", "parquet", "json", "jsonl"]
_GROUP = 5_000  # rows of a row group of Parquet, which is held whole


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


def _csv(known: Sequence[Field], rows: Iterable[dict[str, Any]], out: BinaryIO) -> None:
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    lines = csv.writer(text)
    lines.writerow([field.name for field in known])
    for row in rows:
        lines.writerow([_cell(field.kind, row[field.name]) for field in known])
    text.detach()


def _cell(kind: Kind, value: Any) -> Any:
    # Tags are read back so from a prompt set's file.
    return spreadsheet.cell(", ".join(value) if kind == "list" and value is not None else value)


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


def _parquet(known: Sequence[Field], rows: Iterable[dict[str, Any]], out: BinaryIO) -> None:
    """Variables are JSON text: what they are called differs from row to row."""
    import pyarrow as pa
    from pyarrow import parquet

    types = {
        "text": pa.string(),
        "whole": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "list": pa.list_(pa.string()),
        "mapping": pa.string(),
    }
    schema = pa.schema([(field.name, types[field.kind]) for field in known])
    mappings = [field.name for field in known if field.kind == "mapping"]
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        left = iter(rows)
        while group := [*islice(left, _GROUP)]:
            for row, name in product(group, mappings):
                row[name] = None if row[name] is None else json.dumps(row[name], ensure_ascii=False)
            writer.write_table(pa.Table.from_pylist(group, schema))


_WRITERS: dict[Format, Callable[[Sequence[Field], Iterable[dict[str, Any]], BinaryIO], None]] = {
    "csv": _csv,
    "parquet": _parquet,
    "json": _json_list,
    "jsonl": _json_lines,
}
