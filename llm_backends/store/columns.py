"""How text and times are kept, the same in SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Dialect, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

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
        return restored(value)


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


def restored(value: str | None) -> str | None:
    """The text that was made `storable`."""
    return None if value is None else value.replace(_NULL_BYTE, "\0")


def now(ago: timedelta = timedelta(0)) -> str:
    """The time of day, or a time before it, as every table has it: UTC text in ISO 8601 with milliseconds.

    It sorts as it reads, comes back as it was written whatever the server's time zone, and SQLite has no type for it.
    """
    return (datetime.now(UTC) - ago).isoformat(timespec="milliseconds")
