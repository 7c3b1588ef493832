"""The database: its address, the connections to it, and its tables made or brought up to date when it is first used."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from .. import redact
from ..errors import ConfigError
from .diagnosis import explained
from .migrations import migrate

if TYPE_CHECKING:
    import psycopg


class Database:
    """The database at `url`: `sqlite:///path` or `postgresql://user:password@host/name`. Safe to use from any thread.

    Nothing is opened before it is needed. `place` says where it is, for the analyst.
    """

    def __init__(self, url: str) -> None:
        self.place = _place(url)
        self._url = url
        self._opening = Lock()
        self._engine: Engine | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with. Raises ConfigError when the database can't be read."""
        with self._explained("read"), self.engine().connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a transaction, committed at the end. Raises ConfigError when nothing can be written."""
        with self._explained("written"), self.engine().begin() as connection:
            yield connection

    def engine(self) -> Engine:
        """The engine, its tables up to date. Raises whatever stands in the way."""
        with self._opening:
            if self._engine is None:
                engine = _connected(self._url)
                try:
                    migrate(engine)
                except BaseException:
                    engine.dispose()
                    raise
                self._engine = engine
            return self._engine

    @property
    def is_server(self) -> bool:
        """Whether it is one that several machines can share. Raises ConfigError for an address that is none."""
        return _address(self._url).get_backend_name() == "postgresql"

    @property
    def conninfo(self) -> str:
        """The server's address for other clients, its password in it."""
        return _address(self._url).set(drivername="postgresql").render_as_string(hide_password=False)

    def close(self) -> None:
        """Close every connection that is not in use."""
        if self._engine:
            self._engine.dispose()

    @contextmanager
    def _explained(self, done: str) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as exc:
            raise ConfigError(explained(exc, self.place, done)) from exc


def _place(url: str) -> str:
    """The file's path, or the server and database; never a credential."""
    try:
        address = _address(url)
    except ConfigError:
        return "LLMSELECT_DATABASE_URL"
    if address.get_backend_name() == "sqlite":
        return str(_file(address))
    port = f":{address.port}" if address.port else ""
    return f"{address.host or 'localhost'}{port}/{address.database or ''}"


def _address(url: str) -> URL:
    try:
        address = make_url("postgresql" + url.removeprefix("postgres") if url.startswith("postgres://") else url)
    except ArgumentError as exc:
        raise ConfigError("LLMSELECT_DATABASE_URL is not the address of a database.") from exc
    file_given = address.database not in (None, "", ":memory:")
    if address.get_backend_name() == "postgresql" or address.get_backend_name() == "sqlite" and file_given:
        return address
    raise ConfigError("LLMSELECT_DATABASE_URL must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE.")


def _file(address: URL) -> Path:
    return Path(address.database or "").absolute()


def _connected(url: str) -> Engine:
    """An engine that keeps prompts out of its error messages; it opens no connection yet.

    Raises ConfigError for an address that is none, OSError where the folder for the file can't be made.
    """
    address = _address(url)
    if address.password:
        redact.register(str(address.password))
    if address.get_backend_name() == "postgresql":
        engine = create_engine(
            address.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"connect_timeout": 5, "tcp_user_timeout": 10_000},
        )
        event.listen(engine, "connect", _prepare_postgresql)
    else:
        _file(address).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(address, hide_parameters=True, connect_args={"timeout": 2})
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Another process may be switching to WAL at this moment, and some network drives can't: both work without.
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    # SQLite's own lower() knows ASCII only.
    connection.create_function("lower", 1, lambda value: value and value.lower(), deterministic=True)


def _prepare_postgresql(connection: "psycopg.Connection", _record: object) -> None:
    connection.execute("SET lock_timeout = '2s'")
    connection.commit()
