"""Indexes the rows from before there was an index: in the background, some at a time, oldest first."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, select, text, tuple_

from ...errors import ConfigError
from ..database import Database
from ..tables import calls, comparisons, search_progress
from . import index

BATCH = 1_000
_TIME = {"calls": calls.c.started_at, "comparisons": comparisons.c.created_at}
_TABLE = {"calls": calls, "comparisons": comparisons}


def fill(database: Database) -> Iterator[float]:
    """Index what is missing, BATCH rows each step; yields what share of it is indexed.

    Never raises: until it has ended, old rows are only not found.
    """
    with suppress(ConfigError):
        share = 0.0
        while share < 1:
            with database.writing() as connection:
                share = _step(connection)
            yield share


def missing(connection: Connection) -> float:
    """What share of the old rows is not indexed yet, 0 to 1."""
    row = connection.execute(select(search_progress)).one()
    return 0.0 if row.done else 1 - (row.next - 1) / max(1, row.reserved)


def _step(connection: Connection) -> float:
    """Index the next rows; 1 once there are none left."""
    lock = search_progress.update().values(id=1)  # others that fill wait here
    connection.execute(lock)
    at = connection.execute(select(search_progress)).one()
    if at.done or not index.available(connection):
        return 1.0
    reached = {"calls": at.calls_to, "comparisons": at.comparisons_to}
    found = sorted(
        (str(row[_TIME[name].name]), str(row["id"]), name, row)
        for name in _TABLE
        for row in _rows(connection, name, reached[name])
    )[:BATCH]
    known = index.numbered(connection, [id for _, id, _, _ in found])
    numbers = {id: at.next + n for n, id in enumerate(id for _, id, _, _ in found if id not in known)}
    for name in _TABLE:
        own = [row for _, _, of, row in found if of == name]
        new = [row for row in own if row["id"] in numbers]
        if new:
            within = at.next + len(numbers) <= at.reserved + 1
            index.write(connection, name, new, [numbers[row["id"]] for row in new] if within else None)
        if own:
            reached[name] = f"{own[-1][_TIME[name].name]} {own[-1]['id']}"
    number = at.next + len(numbers)
    done = len(found) < BATCH
    connection.execute(
        search_progress.update().values(
            next=number, calls_to=reached["calls"], comparisons_to=reached["comparisons"], done=done
        )
    )
    if done and connection.dialect.name == "postgresql":
        connection.execute(text("SELECT gin_clean_pending_list('documents_by_words')"))
        connection.execute(text("ANALYZE documents"))
    return 1.0 if done else min(0.999, (number - 1) / max(1, at.reserved))


def _rows(connection: Connection, name: str, reached: str) -> list[Any]:
    """The next rows of a table in the order of time."""
    table, time = _TABLE[name], _TIME[name]
    query = select(table.c.id, time, *(table.c[column] for column in index.TEXTS[name]))
    if reached:
        moment, _, id = reached.partition(" ")
        query = query.where(tuple_(time, table.c.id) > (moment, id))
    return [*connection.execute(query.order_by(time, table.c.id).limit(BATCH)).mappings()]
