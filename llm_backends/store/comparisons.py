"""Comparisons: how they become rows, and how they are found again, each with its calls."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, tuple_, update

from . import processes
from .calls import LoggedCall, Query, of_comparisons
from .columns import storable
from .tables import calls, comparisons


@dataclass(frozen=True)
class Comparison:
    """A comparison of `slots` calls, with those that have ended, by slot. Times are UTC, ISO 8601.

    `revealed_at` is when the names were shown, of a comparison whose plan is blind; `parent_id` is the comparison that
    it goes on from.
    """

    id: str
    created_at: str
    user: str | None
    prompt: str
    system: str | None
    params: dict[str, Any]
    slots: int
    calls: tuple[LoggedCall, ...]
    revealed_at: str | None = None
    parent_id: str | None = None
    conversation_id: str | None = None


def row(
    created_at: str,
    user: str | None,
    prompt: str,
    system: str | None,
    params: Mapping[str, Any],
    slots: int,
    process: str,
    id: str,
    conversation_id: str | None = None,
) -> dict[str, Any]:
    """The values of a row in `comparisons`; its parent is what the parameters say that it follows."""
    return {
        "id": id,
        "created_at": created_at,
        "user": user,
        "prompt": prompt,
        "system": system,
        "params": json.dumps(params, default=str),
        "slots": slots,
        "process": process,
        "parent_id": params.get("follows"),
        "conversation_id": conversation_id,
    }


def recent(
    connection: Connection, limit: int, before: str | None, search: str | None, user: str | None
) -> tuple[Comparison, ...]:
    """Newest first; `before` is the id of the last one seen."""
    query = select(comparisons).order_by(comparisons.c.created_at.desc(), comparisons.c.id.desc()).limit(limit)
    if before:
        key = select(comparisons.c.created_at, comparisons.c.id).where(comparisons.c.id == before)
        query = query.where(tuple_(comparisons.c.created_at, comparisons.c.id) < key.scalar_subquery())
    if search:
        wanted = storable(search[:1000])  # SQLite refuses a pattern of more than 50,000 bytes
        columns = (comparisons.c.prompt, comparisons.c.system)
        query = query.where(or_(*(column.icontains(wanted, autoescape=True) for column in columns)))
    if user is not None:
        query = query.where(comparisons.c.user == user)
    return with_calls(connection, query)


def one(connection: Connection, id: str) -> Comparison | None:
    """The comparison with this id, or None."""
    return next(iter(with_calls(connection, select(comparisons).where(comparisons.c.id == id))), None)


def of_ids(connection: Connection, ids: Sequence[str]) -> dict[str, Comparison]:
    """Those of these that are there, with their calls, by id."""
    return {one.id: one for one in with_calls(connection, select(comparisons).where(comparisons.c.id.in_(ids)))}


def reveal(connection: Connection, id: str, at: str) -> bool:
    """Note that the names of this comparison are shown from now on; whether they were hidden until now."""
    c = comparisons.c
    hidden = (c.id == id, c.revealed_at.is_(None))
    return connection.execute(update(comparisons).where(*hidden).values(revealed_at=at)).rowcount > 0


def revealed(connection: Connection, id: str) -> bool:
    """Whether the names of this comparison have been shown."""
    return connection.execute(select(comparisons.c.revealed_at).where(comparisons.c.id == id)).scalar() is not None


def interrupted(connection: Connection, since: str, opened_at: str, process: str) -> tuple[Comparison, ...]:
    """Comparisons since a time that have fewer calls than slots and that no process runs any more, newest first.

    Of those that name no process, from older versions, the ones begun before `opened_at`. `process` is the one asking.
    """
    c = comparisons.c
    ended = select(func.count()).where(calls.c.comparison_id == c.id).scalar_subquery()
    abandoned = and_(c.process != process, c.process.not_in(processes.alive(connection)))
    left = or_(and_(c.process.is_(None), c.created_at < opened_at), abandoned)
    query = select(comparisons).where(c.created_at >= since, left, c.slots > ended)
    return with_calls(connection, query.order_by(c.created_at.desc(), c.id.desc()))


def with_calls(connection: Connection, query: Query) -> tuple[Comparison, ...]:
    """The comparisons that a query of their table finds, each with its calls."""
    rows = connection.execute(query).all()
    found = of_comparisons(connection, [row.id for row in rows])
    return tuple(
        Comparison(
            id=row.id,
            created_at=row.created_at,
            user=row.user,
            prompt=row.prompt,
            system=row.system,
            params=json.loads(row.params),
            slots=row.slots,
            calls=found[row.id],
            revealed_at=row.revealed_at,
            parent_id=row.parent_id,
            conversation_id=row.conversation_id,
        )
        for row in rows
    )
