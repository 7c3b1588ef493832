"""Tables as files that other programs read: CSV and Parquet, written batch by batch, units in the columns' names."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from . import spreadsheet

if TYPE_CHECKING:
    from pyarrow import Schema, Table
    from pyarrow.parquet import ParquetWriter

Kind = Literal["text", "whole", "number", "flag", "moment", "list", "mapping"]
TableFormat = Literal["csv", "parquet"]
_BATCH = 5_000  # rows that are held as Python's own values
_GROUP_ROWS, _GROUP_BYTES = 100_000, 32_000_000  # a row group of Parquet, held whole: whichever is reached first


@dataclass(frozen=True)
class Column:
    """A column: its name, with the unit where it has one, what its values are, and what they mean, "" for the obvious.

    A "moment" is an ISO 8601 text, UTC; a "mapping" becomes JSON text in Parquet, since its keys differ by row. `unit`
    is one of metrics.py.
    """

    name: str
    kind: Kind
    meaning: str = ""
    unit: str = ""


def write_table(
    columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], format: TableFormat, out: BinaryIO
) -> None:
    """Write the rows as they come; a few thousand are held at once."""
    (write_csv if format == "csv" else write_parquet)(columns, rows, out)


def write_csv(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], out: BinaryIO) -> None:
    """UTF-8 with the mark by which spreadsheets know it; no cell can be taken for a formula: spreadsheet.py."""
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    lines = csv.writer(text)
    lines.writerow([column.name for column in columns])
    for row in rows:
        lines.writerow([_cell(column.kind, row[column.name]) for column in columns])
    text.detach()


def _cell(kind: Kind, value: Any) -> Any:
    # Tags are read back so from a prompt set's file.
    return spreadsheet.cell(", ".join(value) if kind == "list" and value is not None else value)


def write_parquet(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], out: BinaryIO) -> None:
    """Typed columns; what each means is in its metadata as `meaning`, in which unit as `unit`."""
    from pyarrow import parquet

    schema = _schema(columns)
    waiting: list[Table] = []
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in _batches(columns, rows, schema):
            waiting.append(batch)
            if _rows(waiting) >= _GROUP_ROWS or sum(one.nbytes for one in waiting) >= _GROUP_BYTES:
                _write_group(writer, waiting)
        if waiting:
            _write_group(writer, waiting)


def _schema(columns: Sequence[Column]) -> "Schema":
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "whole": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "moment": pa.timestamp("us", tz="UTC"),
        "list": pa.list_(pa.string()),
        "mapping": pa.string(),
    }
    told = [{name: said for name in ("meaning", "unit") if (said := getattr(one, name))} for one in columns]
    known = zip(columns, told, strict=True)
    return pa.schema([pa.field(one.name, types[one.kind], metadata=of or None) for one, of in known])


def _batches(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], schema: "Schema") -> Iterator["Table"]:
    import pyarrow as pa

    left = iter(rows)
    while batch := [*islice(left, _BATCH)]:
        yield pa.Table.from_pydict({one.name: _values(one, batch) for one in columns}, schema)


def _values(column: Column, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    values = [row[column.name] for row in rows]
    if column.kind == "moment":
        return [value and datetime.fromisoformat(value) for value in values]
    if column.kind == "mapping":
        return [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
    return values


def _rows(tables: Sequence["Table"]) -> int:
    return sum(len(one) for one in tables)


def _write_group(writer: "ParquetWriter", waiting: "list[Table]") -> None:
    import pyarrow as pa

    writer.write_table(pa.concat_tables(waiting), row_group_size=_rows(waiting))
    waiting.clear()


def table_bytes(rows: Sequence[Mapping[str, Any]], format: TableFormat, names: Sequence[str] = ()) -> bytes:
    """A small table as a file: the columns of its first row, each of the kind that its values are.

    `names` are the columns of a table that has no row.
    """
    columns = [Column(name, _kind(name, [row[name] for row in rows])) for name in (rows[0] if rows else names)]
    out = io.BytesIO()
    write_table(columns, rows, format, out)
    return out.getvalue()


def _kind(name: str, values: Sequence[Any]) -> Kind:
    """By the values that are known; a column of which none is known holds numbers if its name ends in a unit."""
    known = {type(value) for value in values if value is not None}
    if known <= {bool} and known:
        return "flag"
    if known <= {int} and known:
        return "whole"
    if known <= {int, float} and (known or name.endswith(("_ms", "_usd", "_n", "_tokens"))):
        return "number"
    return "moment" if name == "time_utc" else "text"
