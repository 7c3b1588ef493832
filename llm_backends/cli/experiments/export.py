"""`experiment export`: every call of an experiment as a file, or a page to mail."""

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ...files.whole import whole
from ...settings import Settings
from ..common import OK, refuse
from .common import add_id, found, opened_log, refuse_id

if TYPE_CHECKING:
    from ...results.columns import Columns
    from ...store.database import Database
    from ..common import Commands

FORMATS = ("csv", "parquet", "json", "jsonl", "html")


def add(commands: "Commands") -> None:
    """Add the command with its options."""
    export = commands.add_parser("export", help="every call of one as a file, or a page to mail")
    add_id(export)
    export.add_argument("--format", choices=FORMATS, help="default: as the file's name ends, else csv")
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: standard output")
    export.set_defaults(run=run)


def run(options: argparse.Namespace, config: Settings) -> int:
    """Write the file; the exit code."""
    from ...results.columns import read

    ending = options.output.suffix[1:].lower() if options.output else ""
    format = options.format or (ending if ending in FORMATS else "csv")
    if options.output is None and format == "parquet" and sys.stdout.isatty():
        return refuse("Parquet is no text: name a file with -o")
    with closing(opened_log(config)) as log:
        one = found(log, options.id)
        if one is None:
            return refuse_id(options.id)
        columns = read(log.database, one)
        try:
            told = _to_file(columns, log.database, format, options.output)
        except OSError as exc:
            return refuse(f"{options.output} cannot be written: {exc.strerror or exc}")
    if options.output:
        print(f"{told} in {options.output}", file=sys.stderr)
    return OK


def _to_file(columns: "Columns", database: "Database", format: str, path: Path | None) -> str:
    """What was written."""
    if path is None:
        return _write(columns, database, format, sys.stdout.buffer)
    with whole(path) as out:
        return _write(columns, database, format, out)


def _write(columns: "Columns", database: "Database", format: str, out: BinaryIO) -> str:
    from ...results.files import write
    from ...results.report import report

    if format == "html":
        out.write(report(columns, database).encode())
        return "1 page"
    count = write(columns, database, format, out)  # type: ignore[arg-type]  # one of FORMATS
    return f"{count:,} calls"
