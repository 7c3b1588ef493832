"""Rollups: the cells of each day that is over, kept, so that a million calls need not be read for their figures."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, select, text

from ...errors import ConfigError
from ..calls import Filter, bound
from ..columns import now
from ..database import Database
from ..tables import calls, insert, rollups
from .unpacked import Unpacked

if TYPE_CHECKING:
    from pyarrow import Table

_BATCH = 50_000
HOURLY = timedelta(days=3)
"""Up to so long a time is told by the hour, and read from its calls."""


def read(connection: Connection, filter: Filter, unpacked: Unpacked) -> "Table":
    """The cells, by UTC day or (up to HOURLY) by hour, of the calls between the filter's `since` and `until`.

    Its other conditions are not looked at. Whole days come from their rollups, some of which may be `unpacked` already;
    what has none is read from the calls.
    """
    from . import cells

    if short(filter):
        return cells.joined(_from_calls(connection, _text(filter.since, ""), _text(filter.until, "~"), cells.BY_HOUR))
    return cells.joined(_by_day(connection, _text(filter.since, ""), _text(filter.until, "~"), unpacked))


def short(filter: Filter) -> bool:
    """Whether its time is so short that cells are by the hour."""
    return filter.since is not None and (filter.until or datetime.now(UTC)) - filter.since <= HOURLY


def behind(connection: Connection) -> list[str]:
    """The days that are over and have calls but no rollup, oldest first."""
    from .cells import FORMAT

    kept = set(connection.scalars(select(rollups.c.day).where(rollups.c.format == FORMAT)))
    return [day for day in _days(connection, kept) if day < _today()]


def roll_up(database: Database) -> Iterator[float]:
    """Make the rollups that are missing, one day each step; yields what share of them is made.

    Never raises: without them all is read from the calls, only more slowly.
    """
    with suppress(ConfigError):
        with database.reading() as connection:
            missing = behind(connection)
        for done, day in enumerate(missing):
            yield done / len(missing)
            with database.writing() as connection:
                _roll_up(connection, day)


def forget(connection: Connection, days: set[str]) -> None:
    """Let go of what these days came to, since a call of them is written, changed or deleted in this transaction."""
    connection.execute(delete(rollups).where(rollups.c.day.in_(sorted(days))))


def _roll_up(connection: Connection, day: str) -> None:
    from . import cells

    # No call may be written between the reading of the day and the end of this transaction. In SQLite a transaction
    # that has begun to write keeps others from it. PostgreSQL's writers all call `forget`, which waits for this lock.
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE rollups IN SHARE ROW EXCLUSIVE MODE"))
    forget(connection, {day})
    table = cells.joined(_from_calls(connection, day, _next(day), cells.BY_DAY))
    row = {"day": day, "format": cells.FORMAT, "cells": cells.packed(table)}
    connection.execute(insert(connection, rollups).on_conflict_do_nothing(), row)


def _by_day(connection: Connection, since: str, until: str, unpacked: Unpacked) -> Iterator["Table"]:
    """The cells from `since` on, to before `until`: of whole days as they are kept, and of all between them."""
    from . import cells

    reached = since
    for day, table in unpacked.read(connection, since, until).items():
        if _next(day) > until:
            break
        yield from _from_calls(connection, reached, day, cells.BY_DAY)
        yield table
        reached = _next(day)
    yield from _from_calls(connection, reached, until, cells.BY_DAY)


def _from_calls(connection: Connection, since: str, until: str, stretch: int) -> Iterator["Table"]:
    from . import cells

    if since >= until:
        return
    within = cells.query(stretch).where(calls.c.started_at >= since, calls.c.started_at < until)
    result = connection.execute(within.execution_options(yield_per=_BATCH))
    for rows in result.partitions(_BATCH):
        yield cells.made(rows)


def _days(connection: Connection, but: set[str]) -> Iterator[str]:
    """Each day that has calls, those in `but` left out, by leaps from one to the next in the index by time."""
    reached = ""
    first = select(calls.c.started_at).order_by(calls.c.started_at).limit(1)
    while found := connection.scalar(first.where(calls.c.started_at >= reached)):
        day = found[: len("2026-11-25")]
        if day not in but:
            yield day
        reached = _next(day)
        while reached in but:
            reached = _next(reached)


def _next(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _today() -> str:
    return now()[: len("2026-11-25")]


def _text(moment: datetime | None, otherwise: str) -> str:
    """The time as the log has it; only the day where it is the day's beginning."""
    return bound(moment).removesuffix("T00:00:00.000") if moment else otherwise
