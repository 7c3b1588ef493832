"""`export`: the whole log as a file for DuckDB, pandas or a spreadsheet."""

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..clock import now_ms
from ..files.whole import whole
from ..settings import Settings
from .common import OK, refuse

if TYPE_CHECKING:
    from ..store.call_log import Filter
    from ..store.database import Database
    from .common import Commands

FORMATS = ("parquet", "csv")
REFRESH_S = 0.5


def add(commands: "Commands") -> None:
    """Add the command with its options."""
    export = commands.add_parser("export", help="every call of the log as Parquet or CSV, for other programs")
    add = export.add_argument
    add("-o", "--out", type=_path, metavar="FILE", help="default: standard output, as is -")
    add("--format", choices=FORMATS, help="default: as the file's name ends, else parquet")
    add("--force", action="store_true", help="replace the file if it is there")
    add("--since", type=moment, metavar="TIME", help="only calls from then on: 2026-11-25 or 2026-11-25T13:00, UTC")
    add("--until", type=moment, metavar="TIME", help="only calls before then; a date is the beginning of that day")
    add("-m", "--models", nargs="+", action="extend", default=[], metavar="PROVIDER/MODEL", help="only calls of these")
    add("--simulated", action="store_true", help="calls of the sandbox too (default: they are left out)")
    kinds = export.add_mutually_exclusive_group()
    kinds.add_argument("--everyday", dest="experiments", action="store_false", help="no calls of experiments")
    kinds.add_argument("--experiments", action="store_true", help="only calls of experiments")
    add(
        "--answers",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="prompts, system prompts, answers and reasoning too (default: left out; they may be private, and are most "
        "of the log's size)",
    )
    export.set_defaults(run=run, experiments=None)


def moment(text: str) -> datetime:
    """A date or a time, UTC unless it says another zone. Raises ArgumentTypeError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(f"{text} is no date or time such as 2026-11-25 or 2026-11-25T13:00") from exc
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _path(text: str) -> Path | None:
    return None if text == "-" else Path(text)


def run(options: argparse.Namespace, config: Settings) -> int:
    """Write the file; the exit code."""
    from ..store.call_log import CallLog

    path: Path | None = options.out
    ending = path.suffix[1:].lower() if path else ""
    format = options.format or (ending if ending in FORMATS else "parquet")
    if reason := _unusable(options, path, format):
        return refuse(reason)
    with closing(CallLog(config.database_url)) as log:
        if path is None:
            count = _write(options, log.database, format, sys.stdout.buffer)
        else:
            try:
                with whole(path) as out:
                    count = _write(options, log.database, format, out)
            except OSError as exc:
                return refuse(f"{path} cannot be written: {exc.strerror or exc}. Nothing is left of it.")
    left_out = "" if options.simulated else ", simulated ones left out"
    print(f"{count:,} calls{f' in {path}' if path else ''}{left_out}", file=sys.stderr)
    return OK


def _unusable(options: argparse.Namespace, path: Path | None, format: str) -> str | None:
    """Why these options can't be carried out."""
    for model in options.models:
        if not all(model.partition("/")):
            return f"{model} is no model: name it PROVIDER/MODEL"
    if options.since and options.until and options.since >= options.until:
        return "--since must be before --until"
    if path is None:
        at_terminal = format == "parquet" and sys.stdout.isatty()
        return "Parquet is no text: name a file with --out" if at_terminal else None
    if path.exists() and not path.is_file():
        return f"{path} is no file that could be replaced: name another, or - for standard output"
    return f"{path} is there already: --force replaces it" if path.exists() and not options.force else None


def _write(options: argparse.Namespace, database: "Database", format: Any, out: BinaryIO) -> int:
    from ..files.tables import write_table
    from ..insights.export import columns, rows

    passing = _Passing(rows(database, _filter(options), texts=options.answers))
    write_table(columns(texts=options.answers), passing, format, out)
    return passing.count


def _filter(options: argparse.Namespace) -> "Filter":
    from ..store.call_log import Filter

    return Filter(
        since=options.since,
        until=options.until,
        models=tuple(options.models),
        include_simulated=options.simulated,
        experiments=options.experiments,
    )


class _Passing:
    """Rows as they pass; a terminal is told how far they are."""

    def __init__(self, rows: Iterator[dict[str, Any]]) -> None:
        self.count, self._rows = 0, rows

    def __iter__(self) -> Iterator[dict[str, Any]]:
        terminal, told_ms = sys.stderr.isatty(), now_ms()
        for row in self._rows:
            self.count += 1
            yield row
            if terminal and now_ms() - told_ms > REFRESH_S * 1000:
                told_ms = now_ms()
                _tell(f"{self.count:,} calls, up to {row['started_at_utc'][:16].replace('T', ' ')} UTC")
        if terminal:
            _tell("")


def _tell(line: str) -> None:
    width = shutil.get_terminal_size().columns - 1
    print(f"\r{line[:width]:{width}}\r", end="", file=sys.stderr, flush=True)
