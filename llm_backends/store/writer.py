"""The writer: rows are taken at once and written by a thread of their own, however long that takes."""

import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import Table
from sqlalchemy.exc import OperationalError

from ..errors import ConfigError
from .database import Database
from .diagnosis import explained
from .processes import SEEN_EVERY_S, Process
from .rollups import days
from .search import index
from .tables import calls, insert, metadata

MAX_WAITING_CHARS = 64_000_000
"""The text that may wait in memory, in characters, each row counted as 1000 more. Rows beyond it are not kept."""

_BATCH = 500
_FIRST_RETRY_S, _LAST_RETRY_S = 0.25, 10.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Row:
    """A row that waits; its values are made by the writer thread. The id makes writing it twice harmless."""

    table: Table
    id: str
    size: int
    values: Callable[[str], dict[str, Any]]


class Writer:
    """Writes rows of any table to the database, in the order in which tables refer to each other.

    Taking a row never waits and never raises. What stands in the way of writing is told in `problem`, rows wait in
    memory meanwhile (at most MAX_WAITING_CHARS) and are written as soon as that is possible. A row is committed as soon
    as the writer gets to it, so a killed process loses at most what had not been committed. Safe to use from several
    threads.
    """

    def __init__(self, database: Database) -> None:
        self.process = Process()
        self._database = database
        self._changed = threading.Condition()
        self._waiting: deque[_Row] = deque()
        self._waiting_chars = 0
        self._taken = self._done = 0  # how many rows ever were; those that were lost are done too
        self._lost: set[str] = set()
        self._failure: str | None = None
        self._refusal: str | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._write_all, name="database writer", daemon=True)
        self._thread.start()

    def take(
        self,
        table: Table,
        values: Callable[[str], dict[str, Any]],
        chars: int,
        part_of: str | None = None,
        id: str | None = None,
    ) -> str:
        """The id that the row will have; `values` makes its values of that, in the writer's thread.

        `chars` is roughly the text in it. A row is not kept where the one with the id `part_of` was not. With an `id`
        of the caller's, a row that is there already stays as it is.
        """
        row = _Row(table, id or uuid.uuid4().hex, chars + 1000, values)
        with self._changed:
            full = self._waiting_chars + row.size > MAX_WAITING_CHARS
            if full or self._closed.is_set() or part_of in self._lost:
                self._lost.add(row.id)
                self._refusal = "too much was waiting" if full else self._refusal or "the log was closed"
            else:
                self._waiting.append(row)
                self._waiting_chars += row.size
                self._taken += 1
                self._changed.notify_all()
        return row.id

    @property
    def problem(self) -> str | None:
        """What keeps rows from being written and what to do about it, for the analyst; None when all is well."""
        with self._changed:
            waiting, lost, failure = len(self._waiting), len(self._lost), self._failure
        sentences = []
        if failure:
            rows = "1 row waits" if waiting == 1 else f"{waiting} rows wait"
            told = (
                f"{rows} in memory and will be written as soon as that works." if waiting else "Nothing waits so far."
            )
            sentences.append(f"{failure} {told}")
        if lost:
            rows = "1 row is" if lost == 1 else f"{lost} rows are"
            sentences.append(f"{rows} missing from the call log at {self._database.place}: {self._refusal}.")
        return " ".join(sentences) or None

    def flush(self, timeout_s: float) -> bool:
        """Wait until every row that was taken before is written, or lost; False when that took too long."""
        with self._changed:
            taken = self._taken
            return self._changed.wait_for(lambda: self._done >= taken, timeout_s)

    @property
    def closed(self) -> bool:
        """Whether nothing is written any more."""
        return self._closed.is_set()

    def lost(self, id: str) -> bool:
        """Whether the row with this id could not be kept."""
        with self._changed:
            return id in self._lost

    def close(self, timeout_s: float) -> None:
        """Write what waits, within `timeout_s`, and stop. Idempotent."""
        if self._closed.is_set():
            return
        if not self.flush(timeout_s):
            problem = self.problem or f"Rows wait for {self._database.place}."
            _log.warning("%s It is closed now: they are lost.", problem)
        self._closed.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join(timeout_s)

    def _write_all(self) -> None:
        self._until_it_works(partial(self._write, []))
        while not self._closed.is_set():
            batch = self._next_batch()
            if self._until_it_works(partial(self._write, batch)):
                with self._changed:
                    for row in batch:
                        self._waiting.popleft()
                        self._waiting_chars -= row.size
                    self._done += len(batch)
                    self._changed.notify_all()
        if not self._failure:
            with suppress(Exception), self._database.writing() as connection:  # others will see it some seconds later
                self.process.closed(connection)

    def _next_batch(self) -> list[_Row]:
        """The rows that wait, once there are some; none when the log is closed or the process must be seen."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed.is_set(), SEEN_EVERY_S)
            return list(islice(self._waiting, _BATCH))

    def _until_it_works(self, write: Callable[[], None]) -> bool:
        """Try, less and less often, until it works; False when the log was closed first."""
        pause_s = _FIRST_RETRY_S
        while not self._closed.is_set():
            try:
                write()
            except Exception as exc:  # whatever it is, this thread must live and the rows must wait
                self._failure = explained(exc, self._database.place, "written")
                self._closed.wait(pause_s)
                pause_s = min(2 * pause_s, _LAST_RETRY_S)
            else:
                self._failure = None
                return True
        return False

    def _write(self, rows: list[_Row]) -> None:
        """Write these rows, and that the process lives, in one transaction; by themselves where one is refused."""
        try:
            with self._database.engine().begin() as connection:
                self.process.seen(connection)
                for table in metadata.sorted_tables:
                    values = [row.values(row.id) for row in rows if row.table is table]
                    if values:
                        connection.execute(insert(connection, table).on_conflict_do_nothing(), values)
                    if values and table.name in index.TEXTS:
                        index.add(connection, table.name, values)
                    if values and table is calls:
                        days.forget(connection, {row["started_at"][: len("2026-11-25")] for row in values})
        except (OperationalError, ConfigError, OSError):
            raise
        except Exception as exc:
            if not rows:
                raise
            if len(rows) == 1:
                self._write([])  # raises if the database is at fault; if not, it is the row that can't be stored
                self._refuse(rows[0], exc)
            else:
                for row in rows:
                    self._write([row])

    def _refuse(self, row: _Row, exc: Exception) -> None:
        _log.error("A row of %s was refused.", row.table.name, exc_info=exc)
        with self._changed:
            self._lost.add(row.id)
            self._refusal = f"the database refused them ({type(exc).__name__})"
