"""The index: a document for each comparison and each call, kept in the transaction that writes the row.

SQLite has the words in FTS5 without their texts, which stand in their rows already; PostgreSQL has them as a tsvector.
Both are given words that words.py has made, so that both find the same. Documents are numbered in the order of time.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text

from ..tables import documents, search_progress
from ..tables import insert as upsert
from .words import words

TEXTS = {"comparisons": ("prompt", "system"), "calls": ("answer", "reasoning")}
"""The columns that are searched, by table."""


def available(connection: Connection) -> bool:
    """Whether there is an index at all: a SQLite that was built without FTS5 has none."""
    if connection.dialect.name == "postgresql":
        return True
    found = text("SELECT 1 FROM sqlite_master WHERE name = 'search_words'")
    return connection.execute(found).first() is not None


def add(connection: Connection, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Index rows that were written in this transaction; those that are indexed already stay as they are."""
    values = [dict(row) for row in rows]
    if values and available(connection):
        write(connection, table, values, None)


def write(connection: Connection, table: str, rows: Sequence[Mapping[str, Any]], numbers: Sequence[int] | None) -> None:
    """Index rows, under these numbers, or after all that there are."""
    if connection.dialect.name == "postgresql":
        _write_postgresql(connection, table, rows, numbers)
    else:
        _write_sqlite(connection, table, rows, numbers)


def forget(connection: Connection, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Let go of rows that are about to be deleted: their ids and texts."""
    values = list(rows)
    if not values or not available(connection):
        return
    if connection.dialect.name == "sqlite":
        numbers = numbered(connection, [row["id"] for row in values])
        gone = [
            {"words": words_of(table, row), "number": number} for row in values if (number := numbers.get(row["id"]))
        ]
        if gone:
            command = "INSERT INTO search_words(search_words, rowid, words) VALUES ('delete', :number, :words)"
            connection.execute(text(command), gone)
    connection.execute(delete(documents).where(documents.c.ref.in_([row["id"] for row in values])))


def words_of(table: str, row: Mapping[str, Any]) -> str:
    """The words of a row as the index has them."""
    return " ".join(words(" \n ".join(row[name] or "" for name in TEXTS[table])))


def numbered(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """Under which numbers these rows are indexed, those that are."""
    found: dict[str, int] = {}
    for start in range(0, len(ids), 500):
        some = select(documents.c.ref, documents.c.id).where(documents.c.ref.in_(ids[start : start + 500]))
        found |= {row.ref: row.id for row in connection.execute(some)}
    return found


def _write_sqlite(
    connection: Connection, table: str, rows: Sequence[Mapping[str, Any]], numbers: Sequence[int] | None
) -> None:
    if numbers is None:
        known = numbered(connection, [row["id"] for row in rows])
        rows = [row for row in rows if row["id"] not in known]
        reserved = connection.scalar(select(search_progress.c.reserved)) or 0
        first = 1 + max(reserved, connection.scalar(select(func.max(documents.c.id))) or 0)
        numbers = range(first, first + len(rows))
    if not rows:
        return
    pairs = [*zip(numbers, rows, strict=True)]
    connection.execute(insert(documents), [{"id": number, "ref": row["id"], "of": table} for number, row in pairs])
    put = text("INSERT INTO search_words(rowid, words) VALUES (:number, :words)")
    connection.execute(put, [{"number": number, "words": words_of(table, row)} for number, row in pairs])


def _write_postgresql(
    connection: Connection, table: str, rows: Sequence[Mapping[str, Any]], numbers: Sequence[int] | None
) -> None:
    values = [{"ref": row["id"], "of": table, "words": vector(words_of(table, row).split())} for row in rows]
    if numbers is not None:
        values = [value | {"id": number} for value, number in zip(values, numbers, strict=True)]
    connection.execute(upsert(connection, documents).on_conflict_do_nothing(index_elements=["ref"]), values)


def vector(found: Sequence[str]) -> str:
    """Words as PostgreSQL reads a tsvector, with their places; at most 255 places a word are kept by it."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(found, 1):
        kept = places.setdefault(word, [])
        if len(kept) < 255 and place < 16_383:
            kept.append(place)
    return " ".join(f"'{word}':{','.join(map(str, at))}" if at else f"'{word}'" for word, at in places.items())
