"""The log of every call: rows are taken at once and written by a thread of their own, however long that takes."""

import atexit
import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from ..errors import ConfigError
from ..types import CallResult
from . import calls as log_queries
from . import figures as log_figures
from .calls import ALL, Comparison, Filter, LoggedCall
from .diagnosis import explained
from .figures import ModelStats
from .tables import calls, comparisons, connected, migrate, place

__all__ = ["CallLog", "Comparison", "Filter", "LoggedCall", "ModelStats"]

MAX_WAITING_CHARS = 64_000_000
"""The text that may wait in memory, in characters, each row counted as 1000 more. Rows beyond it are not kept."""

_BATCH = 500
_FIRST_RETRY_S, _LAST_RETRY_S = 0.25, 10.0
_INSERT: dict[str, Callable[[Table], postgresql.Insert | sqlite.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Row:
    """A row that waits; its values are made by the writer thread. The id makes writing it twice harmless."""

    table: Table
    id: str
    size: int
    values: Callable[..., dict[str, Any]]


class CallLog:
    """The log in the database at `url`: `sqlite:///path` or `postgresql://user:password@host/name`.

    Taking a row never waits and never raises. What stands in the way of writing is told in `problem`, rows wait in
    memory meanwhile (at most MAX_WAITING_CHARS) and are written as soon as that is possible. A row is committed as soon
    as the writer gets to it, so a killed process loses at most what had not been committed. Queries raise ConfigError
    when the database can't be read. Safe to use from several threads.
    """

    def __init__(self, url: str):
        self.place = place(url)
        self._url = url
        self._opened_at = log_queries.now()
        self._opening = threading.Lock()
        self._engine: Engine | None = None
        self._changed = threading.Condition()
        self._waiting: deque[_Row] = deque()
        self._waiting_chars = 0
        self._lost: set[str] = set()
        self._failure: str | None = None
        self._refusal: str | None = None
        self._closed = threading.Event()
        self._writer = threading.Thread(target=self._write_all, name="call log", daemon=True)
        self._writer.start()
        atexit.register(self.close)

    def open_comparison(
        self, prompt: str, system: str | None, params: Mapping[str, Any], slots: int, user: str | None = None
    ) -> str:
        """The id for a comparison that will have `slots` calls."""
        row = partial(log_queries.comparison_row, log_queries.now(), user, prompt, system, dict(params), slots)
        return self._take(comparisons, len(prompt) + len(system or ""), row)

    def record(self, comparison_id: str, slot: int, result: CallResult, user: str | None = None) -> None:
        """Take a call that has ended."""
        row = partial(log_queries.call_row, comparison_id, slot, user, result)
        self._take(calls, len(result.answer) + len(result.reasoning), row, part_of=comparison_id)

    def _take(self, table: Table, chars: int, values: Callable[..., dict[str, Any]], part_of: str | None = None) -> str:
        row = _Row(table, uuid.uuid4().hex, chars + 1000, values)
        with self._changed:
            full = self._waiting_chars + row.size > MAX_WAITING_CHARS
            if full or self._closed.is_set() or part_of in self._lost:
                self._lost.add(row.id)
                self._refusal = "too much was waiting" if full else self._refusal or "the log was closed"
            else:
                self._waiting.append(row)
                self._waiting_chars += row.size
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
            sentences.append(f"{failure} {rows} in memory and will be written as soon as that works.")
        if lost:
            rows = "1 row is" if lost == 1 else f"{lost} rows are"
            sentences.append(f"{rows} missing from the call log at {self.place}: {self._refusal}.")
        return " ".join(sentences) or None

    def check(self) -> None:
        """Find out whether rows can be written, by writing one and taking it back. Raises ConfigError if not."""
        with self._explained("written"):
            self._probe()

    def flush(self, timeout_s: float) -> bool:
        """Wait until nothing waits any more; False when that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, timeout_s)

    def close(self, timeout_s: float = 3.0) -> None:
        """Write what waits, within `timeout_s`, and stop. Idempotent; runs by itself when the program ends."""
        if self._closed.is_set():
            return
        atexit.unregister(self.close)
        if not self.flush(timeout_s):
            _log.warning("%s It is closed now: they are lost.", self.problem or f"Rows wait for {self.place}.")
        self._closed.set()
        with self._changed:
            self._changed.notify_all()
        self._writer.join(timeout_s)
        if self._engine:
            self._engine.dispose()

    def recent_comparisons(
        self, limit: int = 50, before: str | None = None, search: str | None = None, user: str | None = None
    ) -> tuple[Comparison, ...]:
        """Comparisons with their calls, newest first; `before` is the id of the last one seen.

        `search` is looked for in prompts and system prompts, whatever the case.
        """
        with self._reading() as connection:
            return log_queries.recent_comparisons(connection, limit, before, search, user)

    def comparison(self, id: str) -> Comparison | None:
        """One comparison with its calls; None when there is none with this id (or it is not written yet)."""
        with self._reading() as connection:
            return log_queries.comparison(connection, id)

    def interrupted(self, days: float = 7) -> tuple[Comparison, ...]:
        """Comparisons of the last days that began before this log was opened and lack calls, newest first."""
        with self._reading() as connection:
            return log_queries.interrupted(connection, log_queries.now(timedelta(days=days)), self._opened_at)

    def calls(self, filter: Filter = ALL, limit: int = 200) -> tuple[LoggedCall, ...]:
        """Calls, newest first."""
        with self._reading() as connection:
            return log_queries.recent_calls(connection, filter, limit)

    def by_model(self, filter: Filter = ALL) -> tuple[ModelStats, ...]:
        """Counts, percentiles and costs for each model on each route, made in the database."""
        with self._reading() as connection:
            return log_figures.by_model(connection, filter)

    def preferences(self, user: str | None = None) -> dict[str, Any]:
        """What this user, or everybody where there are no users, has chosen on the Settings page, by name."""
        with self._reading() as connection:
            return log_queries.preferences_of(connection, user)

    def prefer(self, chosen: Mapping[str, Any], user: str | None = None) -> None:
        """Keep these choices at once; None takes one back. Raises ConfigError when they can't be written."""
        with self._explained("written"), self._ready().begin() as connection:
            log_queries.prefer(connection, chosen, user)

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        with self._explained("read"), self._ready().connect() as connection:
            yield connection

    @contextmanager
    def _explained(self, done: str) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as exc:
            raise ConfigError(explained(exc, self.place, done)) from exc

    def _ready(self) -> Engine:
        """The engine, with its tables made. Raises what stands in the way."""
        with self._opening:
            if self._engine is None:
                engine = connected(self._url)
                try:
                    migrate(engine)
                except BaseException:
                    engine.dispose()
                    raise
                self._engine = engine
            return self._engine

    def _probe(self) -> None:
        row = log_queries.comparison_row(log_queries.now(), None, "", None, {}, 0, id=uuid.uuid4().hex)
        with self._ready().connect() as connection:
            connection.execute(comparisons.insert(), row)
            connection.rollback()

    def _write_all(self) -> None:
        self._until_it_works(self._probe)
        while batch := self._next_batch():
            if self._until_it_works(partial(self._write, batch)):
                with self._changed:
                    for row in batch:
                        self._waiting.popleft()
                        self._waiting_chars -= row.size
                    self._changed.notify_all()

    def _next_batch(self) -> list[_Row]:
        """The rows that wait, once there are some; none when the log is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed.is_set())
            return [] if self._closed.is_set() else list(islice(self._waiting, _BATCH))

    def _until_it_works(self, write: Callable[[], None]) -> bool:
        """Try, less and less often, until it works; False when the log was closed first."""
        pause_s = _FIRST_RETRY_S
        while not self._closed.is_set():
            try:
                write()
            except Exception as exc:  # whatever it is, this thread must live and the rows must wait
                self._failure = explained(exc, self.place, "written")
                self._closed.wait(pause_s)
                pause_s = min(2 * pause_s, _LAST_RETRY_S)
            else:
                self._failure = None
                return True
        return False

    def _write(self, rows: list[_Row]) -> None:
        engine = self._ready()
        insert = _INSERT[engine.dialect.name]
        try:
            with engine.begin() as connection:
                for table in (comparisons, calls):  # a call refers to its comparison
                    values = [row.values(id=row.id) for row in rows if row.table is table]
                    if values:
                        connection.execute(insert(table).on_conflict_do_nothing(), values)
        except OperationalError:
            raise
        except Exception as exc:
            if len(rows) == 1:
                self._probe()  # raises if the database is at fault; if not, it is the row that can't be stored
                self._refuse(rows[0], exc)
            for row in rows if len(rows) > 1 else ():
                self._write([row])

    def _refuse(self, row: _Row, exc: Exception) -> None:
        _log.error("A row of %s was refused.", row.table.name, exc_info=exc)
        with self._changed:
            self._lost.add(row.id)
            self._refusal = f"the database refused them ({type(exc).__name__})"
