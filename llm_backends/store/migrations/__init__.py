"""Makes the tables, or brings those of an older version up to date: with Alembic, by the revisions in versions/."""

from threading import Lock

from sqlalchemy import Column, Connection, Engine, MetaData, PrimaryKeyConstraint, String, Table, inspect, select, text

from ...errors import ConfigError
from ..search.prepare import prepare
from ..tables import metadata, schema_version

HEAD = "0012"
"""The latest revision, that of tables.py. Stated here, since Alembic takes a tenth of a second to import."""

_FIRST = "0001"
_LOCK_ID = 0x4C4C4D53  # any number that no other program on the server is likely to lock
_alembic_in_use = Lock()  # Alembic keeps what it works on in its modules

# As Alembic makes it.
_alembic_version = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def migrate(engine: Engine) -> None:
    """Make the tables, or bring them up to date, whole or not at all; safe when several processes do it at once.

    Raises ConfigError when the database was written by a newer version, SQLAlchemy's errors when it can't be used.
    """
    with engine.connect() as connection:
        if revision(connection) == HEAD:
            return
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK_ID})
        found = revision(connection)
        if found is None:
            _make(connection)
        elif found < HEAD:
            _upgrade(connection, found)
        elif found > HEAD:
            raise ConfigError(
                f"The call log was written by a newer LLMSelect (its tables have version {found}, this one knows "
                f"{HEAD}): update LLMSelect, or set LLMSELECT_DATABASE_URL to another database."
            )


def revision(connection: Connection) -> str | None:
    """The revision of the tables in the database, None where there are none."""
    tables = inspect(connection)
    if tables.has_table(_alembic_version.name):
        return connection.scalar(select(_alembic_version.c.version_num))
    return _FIRST if tables.has_table(schema_version.name) else None


def _make(connection: Connection) -> None:
    metadata.create_all(connection, checkfirst=False)
    prepare(connection, old=0)
    connection.execute(schema_version.insert(), {"version": 2})
    _alembic_version.create(connection)
    connection.execute(_alembic_version.insert(), {"version_num": HEAD})


def _upgrade(connection: Connection, found: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", f"{__name__.rpartition('.')[0]}:migrations")
    with _alembic_in_use:
        command.stamp(config, found)  # the first version did not say so itself
        command.upgrade(config, HEAD)
