"""Conversations: comparisons that go on from one another, and the chats among them, which have a name."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Label, func, literal, or_, select, tuple_, update

from .. import comparisons as kept
from ..columns import now, storable
from ..comparisons import Comparison
from ..tables import comparisons, conversations

MOST_TURNS = 5_000


@dataclass(frozen=True)
class Conversation:
    """A chat. Times are UTC, ISO 8601; `turns` counts its messages, those of every branch."""

    id: str
    created_at: str
    updated_at: str
    user: str | None
    title: str
    turns: int


def begin(connection: Connection, title: str, user: str | None) -> str:
    """A new conversation's id."""
    id, at = uuid.uuid4().hex, now()
    row = {"id": id, "created_at": at, "updated_at": at, "user": user, "title": title}
    connection.execute(conversations.insert(), row)
    return id


def rename(connection: Connection, id: str, title: str) -> bool:
    """Give it another name; whether there is one with this id."""
    renamed = update(conversations).where(conversations.c.id == id).values(title=title)
    return connection.execute(renamed).rowcount > 0


def touch(connection: Connection, id: str) -> None:
    """Note that it has gone on."""
    connection.execute(update(conversations).where(conversations.c.id == id).values(updated_at=now()))


def one(connection: Connection, id: str) -> Conversation | None:
    """The conversation with this id."""
    query = select(conversations, _turns()).where(conversations.c.id == id)
    row = connection.execute(query).mappings().first()
    return Conversation(**row) if row else None


def recent(
    connection: Connection, limit: int, before: tuple[str, str] | None, search: str | None, user: str | None
) -> tuple[Conversation, ...]:
    """Those that went on last first. `before` is the (updated_at, id) of the last one seen.

    `search` is looked for in titles and in what was asked, whatever the case.
    """
    c = conversations.c
    query = select(conversations, _turns()).order_by(c.updated_at.desc(), c.id.desc()).limit(limit)
    if before:
        query = query.where(tuple_(c.updated_at, c.id) < before)
    if search:
        wanted = storable(search[:1000])
        asked = select(comparisons.c.id).where(
            comparisons.c.conversation_id == c.id, comparisons.c.prompt.icontains(wanted, autoescape=True)
        )
        query = query.where(or_(c.title.icontains(wanted, autoescape=True), asked.exists()))
    if user is not None:
        query = query.where(c.user == user)
    return tuple(Conversation(**row) for row in connection.execute(query).mappings())


def turns(connection: Connection, id: str) -> tuple[Comparison, ...]:
    """Every turn of every branch, with its call, in the order in which they were asked; MOST_TURNS at most."""
    c = comparisons.c
    query = select(comparisons).where(c.conversation_id == id).order_by(c.created_at, c.id).limit(MOST_TURNS)
    return kept.with_calls(connection, query)


def turn_ids(connection: Connection, id: str) -> list[str]:
    """The ids of all its turns, in the order in which they were asked."""
    k = comparisons.c
    return [*connection.scalars(select(k.id).where(k.conversation_id == id).order_by(k.created_at, k.id))]


def chain(connection: Connection, id: str) -> tuple[Comparison, ...]:
    """This comparison and all that it goes on from, the first one first."""
    ids: list[str] = []
    next_id: str | None = id
    while next_id and next_id not in ids:
        found = _up(connection, next_id)
        ids += [row.id for row in found if row.id not in ids]
        # An older version kept what it goes on from among the parameters only.
        next_id = json.loads(found[-1].params).get("follows") if found else None
    by_id = kept.of_ids(connection, ids)
    return tuple(by_id[id] for id in reversed(ids) if id in by_id)


def path(turns: Sequence[Comparison], leaf: str) -> tuple[Comparison, ...]:
    """The turns from the first one to this one, of all that a conversation has."""
    by_id = {turn.id: turn for turn in turns}
    found: list[Comparison] = []
    at = by_id.get(leaf)
    while at is not None and at not in found:
        found.append(at)
        at = by_id.get(at.parent_id or "")
    return tuple(reversed(found))


def _up(connection: Connection, id: str) -> list[Any]:
    c = comparisons.c
    start = select(c.id, c.parent_id, c.params, literal(0).label("depth")).where(c.id == id)
    above = start.cte("above", recursive=True)
    parent = comparisons.alias()
    step = select(parent.c.id, parent.c.parent_id, parent.c.params, above.c.depth + 1).where(
        parent.c.id == above.c.parent_id, above.c.depth < MOST_TURNS
    )
    above = above.union_all(step)
    return [*connection.execute(select(above).order_by(above.c.depth))]


def _turns() -> Label[int]:
    of = comparisons.c.conversation_id == conversations.c.id
    return select(func.count()).where(of).scalar_subquery().label("turns")
