"""Where the log is kept: its tables and indexes, the connection to its database, and the migration of older ones."""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    URL,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Dialect,
    Double,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError
from sqlalchemy.types import TypeEngine

from .. import redact
from ..errors import ConfigError

if TYPE_CHECKING:
    import psycopg

_NULL_BYTE = "\ufdd0"


class Exact(TypeDecorator[str]):
    """Text that comes back from SQLite and PostgreSQL as it went in, and never makes them refuse a row.

    PostgreSQL refuses a null byte and SQLite's functions and shell stop at one, so it is kept as U+FDD0, which Unicode
    sets aside for a program's own use. Halves of a surrogate pair that came in two pieces are joined; a half that has
    no other can't be written as UTF-8 by anybody and becomes U+FFFD.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.replace(_NULL_BYTE, "\0")


class Name(Exact):
    """Exact text that is compared byte by byte, so that both databases sort and search it alike, and fast."""

    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text(collation="C" if dialect.name == "postgresql" else None))


def storable(value: str) -> str:
    """The text in the form that `Exact` keeps in the database."""
    try:
        value.encode()
    except UnicodeEncodeError:
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value.replace("\0", _NULL_BYTE)


metadata = MetaData()

# The choices of the Settings page, as JSON. There is no user `""`: it stands for everybody where there are no users.
preferences = Table(
    "preferences",
    metadata,
    Column("user", Name, primary_key=True),
    Column("name", Name, primary_key=True),
    Column("value", Exact, nullable=False),
)

schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))

# Times of day are UTC text in ISO 8601 with milliseconds, in both databases: it sorts as it reads, comes back as it was
# written whatever the server's time zone, and SQLite has no type for it anyway.
comparisons = Table(
    "comparisons",
    metadata,
    Column("id", Name, primary_key=True),
    Column("created_at", Name, nullable=False),
    Column("user", Name),
    Column("prompt", Exact, nullable=False),
    Column("system", Exact),
    Column("params", Text, nullable=False),
    Column("slots", Integer, nullable=False),
    Index("comparisons_by_time", "created_at", "id"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", Name, primary_key=True),
    Column("comparison_id", Name, ForeignKey("comparisons.id"), nullable=False),
    Column("slot", Integer, nullable=False),
    Column("user", Name),
    Column("started_at", Name, nullable=False),
    *(Column(name, Name, nullable=False) for name in ("provider", "model", "route")),
    *(Column(name, Name) for name in ("deployment", "endpoint_host")),
    Column("status", Name, nullable=False),
    *(Column(name, Name) for name in ("error_type", "error_message", "finish_reason")),
    *(Column(name, Exact, nullable=False) for name in ("answer", "reasoning")),
    *(
        Column(name, BigInteger)
        for name in ("input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens")
    ),
    *(
        Column(name, Double)
        for name in ("load_ms", "connect_ms", "headers_ms", "ttft_ms", "ttfat_ms", "total_ms", "tpot_ms")
    ),
    Column("chunks", BigInteger, nullable=False),
    *(Column(name, Double) for name in ("gap_p50_ms", "gap_p95_ms", "gap_max_ms")),
    Column("attempts", Integer, nullable=False),
    Column("retry_wait_ms", Double, nullable=False),
    Column("failed_over_from", Name),
    Column("detour_ms", Double),
    Column("cost_usd", Double),
    Column("price_source", Name),
    Column("simulated", Boolean, nullable=False),
    Column("request_id", Name),
    Index("calls_by_comparison", "comparison_id", "slot"),
    Index("calls_by_time", "started_at", "id"),
    # The first holds every column that by_model sums, so that a million answers need not be read for their numbers. The
    # others list a model's calls by one of the times: a percentile is some steps away from the nearer end.
    Index(
        "calls_by_model",
        *("provider", "model", "route", "started_at", "simulated", "status"),
        *("cost_usd", "input_tokens", "output_tokens", "ttft_ms", "total_ms", "tpot_ms"),
    ),
    *(
        Index(f"calls_by_{metric}", "provider", "model", "route", "status", metric, "started_at", "simulated")
        for metric in ("ttft_ms", "total_ms", "tpot_ms")
    ),
)

# UPGRADES[0] takes version 1 to version 2, and so on: SQL that both databases understand. A new database is made from
# the tables above, which must match what the upgrades lead to.
UPGRADES: tuple[tuple[str, ...], ...] = ()

_LOCK_ID = 0x4C4C4D53  # any number that no other program on the server is likely to lock


def connected(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://user:password@host/name`; opens no connection yet.

    Prompts stay out of its error messages. Raises ConfigError for any other address, OSError where the folder for the
    file can't be made.
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
        Path(address.database or "").absolute().parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(address, hide_parameters=True, connect_args={"timeout": 2})
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def place(url: str) -> str:
    """Where the log is, for the analyst: the file's path, or the server and database; never a credential."""
    try:
        address = _address(url)
    except ConfigError:
        return "LLMSELECT_DATABASE_URL"
    if address.get_backend_name() == "sqlite":
        return str(Path(address.database or "").absolute())
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


def migrate(engine: Engine, upgrades: Sequence[Sequence[str]] = UPGRADES) -> None:
    """Make the tables, or bring those of an older version up to date; safe when several processes do it at once.

    Raises ConfigError when the database was written by a newer version, SQLAlchemy's errors when it can't be used.
    """
    latest = 1 + len(upgrades)
    with engine.connect() as connection:
        if _version(connection) == latest:
            return
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK_ID})
        version = _version(connection)
        if version > latest:
            raise ConfigError(
                f"The call log was written by a newer LLMSelect (its tables have version {version}, this one knows "
                f"{latest}): update LLMSelect, or set LLMSELECT_DATABASE_URL to another database."
            )
        if version == 0:
            metadata.create_all(connection, checkfirst=False)
            connection.execute(schema_version.insert(), {"version": latest})
            return
        for statement in (statement for step in upgrades[version - 1 :] for statement in step):
            connection.exec_driver_sql(statement)
        connection.execute(schema_version.update(), {"version": latest})


def _version(connection: Connection) -> int:
    """The version of the tables in the database, 0 where there are none."""
    if not inspect(connection).has_table(schema_version.name):
        return 0
    return connection.scalar(select(schema_version.c.version)) or 0
