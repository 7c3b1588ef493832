"""Tables as files that other programs read: CSV and Parquet, written batch by batch, units in the columns' names."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO, Literal

from . import spreadsheet

Kind = Literal["text", "whole", "number", "flag", "moment", "list", "mapping"]
TableFormat = Literal["csv", "parquet"]
_GROUP = 5_000  # rows of a row group of Parquet, which is held whole


@dataclass(frozen=True)
class Column:
    """A column: its name, with the unit where it has one, what its values are, and what they mean, "" for the obvious.

    A "moment" is an ISO 8601 text, UTC; a "mapping" becomes JSON text in Parquet, since its keys differ by row.
    """

    name: str
    kind: Kind
    meaning: str = ""


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
    """Typed columns; what each means is in its metadata as `meaning`."""
    import pyarrow as pa
    from pyarrow import parquet

    types = {
        "text": pa.string(),
        "whole": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "moment": pa.timestamp("us", tz="UTC"),
        "list": pa.list_(pa.string()),
        "mapping": pa.string(),
    }
    known = [
        pa.field(one.name, types[one.kind], metadata={"meaning": one.meaning} if one.meaning else None)
        for one in columns
    ]
    schema = pa.schema(known)
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        left = iter(rows)
        while group := [*islice(left, _GROUP)]:
            values = {one.name: [_value(one.kind, row[one.name]) for row in group] for one in columns}
            writer.write_table(pa.Table.from_pydict(values, schema))


def _value(kind: Kind, value: Any) -> Any:
    if value is None or kind not in ("mapping", "moment"):
        return value
    return datetime.fromisoformat(value) if kind == "moment" else json.dumps(value, ensure_ascii=False)


def table_bytes(rows: Sequence[Mapping[str, Any]], format: TableFormat) -> bytes:
    """A small table as a file: the columns of its first row, each of the kind that its values are."""
    columns = [Column(name, _kind(name, [row[name] for row in rows])) for name in (rows[0] if rows else ())]
    out = io.BytesIO()
    (write_csv if format == "csv" else write_parquet)(columns, rows, out)
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
