"""Reads a prompt set from a file's bytes or a pasted table; what can't be used is told by row."""

import codecs
import json
import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from ..prompt_set import PromptSet, Row
from .records import OWN, Record, Records, RowFault, of_json_lines, of_parquet, of_table, unusable

MAX_ROWS = 100_000
MAX_CELL_CHARS = 2**20

_TAG_ENDS = re.compile("[,;]")


@dataclass(frozen=True)
class Reading:
    """What came of it: the set of the rows that can be used, None where there are none, and why others can't."""

    prompts: PromptSet | None
    faults: tuple[RowFault, ...] = ()


def read(content: bytes, file_name: str) -> Reading:
    """Read a .csv, .tsv, .txt (a table), .jsonl, .ndjson or .parquet file. The set has the file's name.

    Text is UTF-8, or UTF-16 with a byte order mark. Columns: `prompt`, and where there are `system`, `expected` and
    `tags` (separated by commas or semicolons); any other is a variable. A formula is text like any other.
    """
    path = PurePath(file_name)
    kind = path.suffix.lower()
    if kind == ".parquet":
        return _reading(of_parquet(content), path.stem)
    if kind not in (".csv", ".tsv", ".txt", ".jsonl", ".ndjson"):
        return Reading(None, (RowFault(None, None, "unknown kind"),))
    try:
        text = _decoded(content)
    except UnicodeDecodeError:
        return Reading(None, (RowFault(None, None, "not UTF-16"),))
    if kind in (".jsonl", ".ndjson"):
        return _reading(of_json_lines(text), path.stem)
    return _reading(of_table(text, "," if kind == ".csv" else "\t"), path.stem)


def read_pasted(text: str, name: str = "Pasted") -> Reading:
    """Read a table that was pasted: with tabs, as spreadsheets copy it, or with commas."""
    return _reading(of_table(text.removeprefix("\ufeff"), "\t"), name)


def _decoded(content: bytes) -> str:
    """The text; bytes that are not UTF-8 become halves of characters, so that the row they are in can be told."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    return content.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")


def _reading(records: Records, name: str) -> Reading:
    rows: list[Row] = []
    faults: list[RowFault] = []
    for count, record in enumerate(records, 1):
        made = RowFault(None, None, "too many rows") if count > MAX_ROWS else _made(record, len(rows) + 1)
        if isinstance(made, Row):
            rows.append(made)
        elif made.row is None:
            return Reading(None, (made,))
        else:
            faults.append(made)
    if not rows and not faults:
        faults.append(RowFault(None, None, "no rows"))
    return Reading(PromptSet.of(name, rows) if rows else None, tuple(faults))


def _made(record: Record | RowFault, number: int) -> Row | RowFault:
    """The row, or the first fault in it."""
    if isinstance(record, RowFault):
        return record
    cells = {
        name: value if isinstance(value, str) else _text(value)
        for name, value in record.cells.items()
        if value is not None
    }
    together = "".join((*cells, *cells.values()))
    if len(together) > MAX_CELL_CHARS or unusable(together):
        for name, text in cells.items():
            if reason := "too long" if len(text) > MAX_CELL_CHARS else unusable(name + text):
                return RowFault(record.row, name, reason)
    if "\r" in together:
        cells = {name: text.replace("\r\n", "\n").replace("\r", "\n") for name, text in cells.items()}
    return _prompt_fault(record, cells) or Row(
        number,
        cells["prompt"],
        _given(cells.get("system")),
        _given(cells.get("expected")),
        _tags(record.cells["tags"] if isinstance(record.cells.get("tags"), list) else cells.get("tags")),
        tuple(sorted([(name, text) for name, text in cells.items() if name not in OWN])),
    )


def _prompt_fault(record: Record, cells: dict[str, str]) -> RowFault | None:
    for name in ("prompt", "system"):
        if isinstance(record.cells.get(name), dict | list):
            return RowFault(record.row, name, "no text")
    if cells.get("prompt", "").strip():
        return None
    return RowFault(record.row, "prompt", "empty" if "prompt" in record.cells else "no column")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return json.dumps(value, ensure_ascii=False, default=str)


def _given(text: str | None) -> str | None:
    return text if text and text.strip() else None


def _tags(given: list[Any] | str | None) -> tuple[str, ...]:
    """Each tag once."""
    if not given:
        return ()
    tags = _TAG_ENDS.split(given) if isinstance(given, str) else map(str, given)
    return tuple(dict.fromkeys([tag.strip() for tag in tags if tag.strip()]))
