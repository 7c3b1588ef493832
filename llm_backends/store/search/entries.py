"""What there is in the log, newest first and by the page: comparisons, conversations and experiments in one list."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, exists, func, literal, select, tuple_

from .. import comparisons as kept
from ..calls import bound
from ..comparisons import Comparison
from ..conversations.kept import Conversation
from ..tables import calls, comparisons, conversations, experiments
from .find import Wanted, blind, of_a_call

Kind = Literal["comparison", "conversation", "experiment"]
KINDS: tuple[Kind, ...] = ("comparison", "conversation", "experiment")
_FEW = 4_000
Place = tuple[str, str]
"""Where in the list something is: (its time, its id)."""


@dataclass(frozen=True)
class Entry:
    """One thing in the list. `at` is UTC, ISO 8601: when it began, of a conversation when it last went on.

    One of `comparison`, `conversation` and `experiment` is there. `hidden`: its names are hidden for a blind vote.
    """

    kind: Kind
    id: str
    at: str
    title: str
    comparison: Comparison | None = None
    conversation: Conversation | None = None
    experiment: dict[str, Any] | None = None
    hidden: bool = False

    @property
    def place(self) -> Place:
        return self.at, self.id


def entries(
    connection: Connection, kinds: Iterable[Kind], wanted: Wanted, before: Place | None = None, limit: int = 20
) -> tuple[Entry, ...]:
    """The newest of these kinds, of those before this place."""
    sources = {"comparison": _comparisons, "conversation": _conversations, "experiment": _experiments}
    found = [entry for kind in kinds for entry in sources[kind](connection, wanted, before, limit)]
    return tuple(sorted(found, key=lambda entry: entry.place, reverse=True)[:limit])


def _comparisons(connection: Connection, wanted: Wanted, before: Place | None, limit: int) -> Sequence[Entry]:
    k = comparisons.c
    query = select(comparisons).where(k.conversation_id.is_(None), *_between(wanted, before, k.created_at, k.id))
    few = _few(connection, wanted)
    asked = _asked(wanted, calls.c.comparison_id == k.id) if few is None else [k.id.in_(few)]
    query = query.where(*asked, *_own(wanted, k.user))
    found = kept.with_calls(connection, query.order_by(k.created_at.desc(), k.id.desc()).limit(limit))
    hidden = blind(connection, [one.id for one in found if "blind" in one.params])
    return [Entry("comparison", one.id, one.created_at, one.prompt, one, hidden=one.id in hidden) for one in found]


def _few(connection: Connection, wanted: Wanted) -> list[str] | None:
    """What the calls of these models are of, where they are few; else some are met soon on the way from the newest."""
    if not wanted.models:
        return None
    of = select(calls.c.comparison_id).where(*of_a_call(wanted, by_index=True), calls.c.comparison_id.is_not(None))
    if wanted.since:
        of = of.where(calls.c.started_at >= bound(wanted.since))
    found = connection.scalars(of.limit(_FEW + 1)).all()
    return None if len(found) > _FEW else [*{id for id in found if id}]


def _conversations(connection: Connection, wanted: Wanted, before: Place | None, limit: int) -> Sequence[Entry]:
    v, k = conversations.c, comparisons.c
    turns = select(func.count()).where(k.conversation_id == v.id).scalar_subquery().label("turns")
    query = select(conversations, turns).where(*_between(wanted, before, v.updated_at, v.id), *_own(wanted, v.user))
    if conditions := of_a_call(wanted):
        asked = select(literal(1)).join(calls, calls.c.comparison_id == k.id)
        query = query.where(exists(asked.where(k.conversation_id == v.id, *conditions)))
    rows = connection.execute(query.order_by(v.updated_at.desc(), v.id.desc()).limit(limit)).mappings()
    found = [Conversation(**row) for row in rows]
    return [Entry("conversation", one.id, one.updated_at, one.title, conversation=one) for one in found]


def _experiments(connection: Connection, wanted: Wanted, before: Place | None, limit: int) -> Sequence[Entry]:
    e = experiments.c
    query = select(experiments).where(e.judges.is_(None), *_between(wanted, before, e.created_at, e.id))
    asked = _asked(wanted, calls.c.experiment_id == e.id)
    if wanted.models:  # the index of models has which experiments their calls are of
        of = select(calls.c.experiment_id).where(*of_a_call(wanted, by_index=True), calls.c.experiment_id.is_not(None))
        asked = [e.id.in_(of)]
    query = query.where(*asked, *_own(wanted, e.user))
    rows = connection.execute(query.order_by(e.created_at.desc(), e.id.desc()).limit(limit)).mappings()
    return [
        Entry("experiment", row["id"], row["created_at"], row["name"], experiment=dict(row) | {"plan": _plan(row)})
        for row in rows
    ]


def _plan(row: Any) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(row["plan"])
    return plan


def _between(
    wanted: Wanted, before: Place | None, time: ColumnElement[str], id: ColumnElement[str]
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.since:
        conditions.append(time >= bound(wanted.since))
    if wanted.until:
        conditions.append(time < bound(wanted.until))
    if before:
        conditions.append(tuple_(time, id) < before)
    return conditions


def _own(wanted: Wanted, user: ColumnElement[str]) -> list[ColumnElement[bool]]:
    return [] if wanted.user is None else [user == wanted.user]


def _asked(wanted: Wanted, of: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    conditions = of_a_call(wanted)
    return [exists(select(literal(1)).where(of, *conditions))] if conditions else []
