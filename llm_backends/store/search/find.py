"""Finds what holds the words of a query: newest first, by the page, each with the part of the text that was hit."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    cast,
    column,
    exists,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.dialects import postgresql

from ...types import Status
from ..calls import bound
from ..tables import calls, comparisons, documents
from . import index
from .words import Query, excerpt, holds

Where = Literal["prompt", "system prompt", "answer", "reasoning"]
_NEAR = 4_000
_FEW = 20_000
_WHERE: Mapping[str, Where] = {
    "prompt": "prompt",
    "system": "system prompt",
    "answer": "answer",
    "reasoning": "reasoning",
}


@dataclass(frozen=True)
class Wanted:
    """Which texts are looked through. Empty and None leave it open; `until` itself is left out."""

    since: datetime | None = None
    until: datetime | None = None
    models: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()
    experiments: bool | None = None
    simulated: bool | None = None
    user: str | None = None


@dataclass(frozen=True)
class Hit:
    """A text that holds all that was asked for. `number` is its place in the index, for the next page.

    A call's hit has its model, unless that is still hidden for a blind vote; it is of a comparison, or of an
    experiment's prompt. `excerpt` is in pieces: (text, whether it was looked for).
    """

    number: int
    of: Literal["comparisons", "calls"]
    id: str
    at: str
    comparison_id: str | None
    conversation_id: str | None
    experiment_id: str | None
    prompt_number: int | None
    slot: int | None
    model: str | None
    where: Where
    excerpt: tuple[tuple[str, bool], ...]


def find(
    connection: Connection, asked: Query, wanted: Wanted, before: int | None = None, limit: int = 20
) -> tuple[Hit, ...]:
    """The newest hits, of those before the one with this number. None where there is no index."""
    if not index.available(connection):
        return ()
    ids = _in_postgresql if connection.dialect.name == "postgresql" else _in_sqlite
    query = select(documents.c.id, documents.c.ref, documents.c.of).where(*_conditions(wanted)).limit(limit)
    return _hits(connection, asked, ids(connection, query, asked, before, limit))


def _in_sqlite(connection: Connection, query: Any, asked: Query, before: int | None, limit: int) -> Any:
    """FTS5 yields its hits in the order of their numbers."""
    fts = table("search_words", column("rowid"))
    query = query.select_from(fts.join(documents, documents.c.id == fts.c.rowid)).order_by(fts.c.rowid.desc())
    query = query.where(literal_column("search_words").op("MATCH")(match(asked)))
    return connection.execute(query if before is None else query.where(fts.c.rowid < before)).all()


def _in_postgresql(connection: Connection, query: Any, asked: Query, before: int | None, limit: int) -> Any:
    """A common word's hits are met soon on the way from the newest; the few hits of a rare one are gathered and sorted.

    PostgreSQL itself takes the way from the newest for a word that it doesn't know, and reads a million rows.
    """
    d = documents.c
    holds_it = d.words.op("@@")(cast(tsquery(asked), postgresql.TSQUERY))
    top = before if before is not None else (connection.scalar(select(func.max(d.id))) or 0) + 1
    query = query.where(d.id < top).order_by(d.id.desc())
    with _without(connection, "bitmapscan", "seqscan"):
        near = connection.execute(query.where(holds_it, d.id >= top - _NEAR)).all()
    if len(near) == limit:
        return near
    with _without(connection, "seqscan", "indexscan", "indexonlyscan"):
        few = connection.scalars(select(d.id).where(holds_it).limit(_FEW + 1)).all()
    if len(few) <= _FEW:
        return connection.execute(query.where(d.id.in_(few))).all()
    with _without(connection, "bitmapscan", "seqscan"):
        return connection.execute(query.where(holds_it)).all()


@contextmanager
def _without(connection: Connection, *ways: str) -> Iterator[None]:
    """Keep the planner from these ways for a while."""
    for way in ways:
        connection.execute(text(f"SET LOCAL enable_{way} = off"))
    yield
    for way in ways:
        connection.execute(text(f"SET LOCAL enable_{way} = on"))


def match(asked: Query) -> str:
    """The query in FTS5's language: strings of nothing but words, so that none is an operator."""
    parts = [f'"{" ".join(phrase)}"' for phrase in asked.phrases]
    return " ".join(parts) + (" *" if asked.open else "")


def tsquery(asked: Query) -> str:
    """The query as PostgreSQL reads a tsquery: quoted words, so that none is an operator."""
    parts = [" <-> ".join(f"'{word}'" for word in phrase) for phrase in asked.phrases]
    return " & ".join(f"({part})" for part in parts[:-1]) + (" & " if parts[:-1] else "") + _last(parts[-1], asked)


def _last(part: str, asked: Query) -> str:
    return f"({part}:*)" if asked.open else f"({part})"


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    if wanted == Wanted():
        return []
    return [or_(_call(wanted), _comparison(wanted))]


def _call(wanted: Wanted) -> ColumnElement[bool]:
    c, k = calls.c, comparisons.c
    conditions = of_a_call(wanted)
    if wanted.models:
        # That a model's answers hold a word would tell which of those in a blind comparison is its.
        waits = (k.id == c.comparison_id, k.revealed_at.is_(None), k.params.contains('"blind":'))
        conditions.append(~exists(select(literal(1)).where(*waits)))
    if wanted.experiments is not None:
        conditions.append(c.experiment_id.is_not(None) if wanted.experiments else c.experiment_id.is_(None))
    if wanted.user is not None:
        conditions.append(c.user == wanted.user)
    within = _within(wanted, c.started_at)
    found = select(c.id).where(c.id == documents.c.ref, *conditions, *within)
    return and_(documents.c.of == "calls", exists(found))


def of_a_call(wanted: Wanted, by_index: bool = False) -> list[ColumnElement[bool]]:
    """What is asked of a call itself: without `by_index`, of one that is found by its id or its comparison's.

    SQLite would go through all calls of a model for each, as it doesn't know how many there are.
    """
    c = calls.c
    provider, name = (c.provider, c.model) if by_index else (func.coalesce(c.provider, ""), func.coalesce(c.model, ""))
    conditions: list[ColumnElement[bool]] = []
    if wanted.models:
        refs = [ref.partition("/") for ref in wanted.models]
        conditions.append(or_(*(and_(provider == of, name == model) for of, _, model in refs)))
    if wanted.statuses:
        conditions.append(c.status.in_(wanted.statuses))
    if wanted.simulated is not None:
        conditions.append(c.simulated.is_(wanted.simulated))
    return conditions


def _comparison(wanted: Wanted) -> ColumnElement[bool]:
    if wanted.experiments:
        return false()
    k = comparisons.c
    conditions = _within(wanted, k.created_at)
    if wanted.user is not None:
        conditions.append(k.user == wanted.user)
    if of_calls := of_a_call(wanted):
        conditions.append(exists(select(literal(1)).where(calls.c.comparison_id == k.id, *of_calls)))
    return and_(documents.c.of == "comparisons", exists(select(k.id).where(k.id == documents.c.ref, *conditions)))


def _within(wanted: Wanted, time: ColumnElement[str]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.since:
        conditions.append(time >= bound(wanted.since))
    if wanted.until:
        conditions.append(time < bound(wanted.until))
    return conditions


def _hits(connection: Connection, asked: Query, rows: Any) -> tuple[Hit, ...]:
    c, k = calls.c, comparisons.c
    by_table = {of: [row.ref for row in rows if row.of == of] for of in ("calls", "comparisons")}
    of_calls = select(
        *(c.id, c.started_at.label("at"), c.comparison_id, c.experiment_id, c.prompt_number, c.slot),
        *(c.provider, c.model, c.answer, c.reasoning),
    ).where(c.id.in_(by_table["calls"]))
    of_calls = of_calls.add_columns(k.conversation_id).outerjoin(comparisons, k.id == c.comparison_id)
    asked_of = select(k.id, k.created_at.label("at"), k.prompt, k.system, k.conversation_id)
    of_comparisons = asked_of.where(k.id.in_(by_table["comparisons"]))
    found: dict[str, dict[str, Any]] = {}
    for query, ids in ((of_calls, by_table["calls"]), (of_comparisons, by_table["comparisons"])):
        if ids:
            found |= {row["id"]: dict(row) for row in connection.execute(query).mappings()}
    hidden = blind(connection, {row["comparison_id"] for row in found.values() if row.get("comparison_id")})
    for row in found.values():
        row["model"] = None if row.get("comparison_id") in hidden else f"{row.get('provider')}/{row.get('model')}"
    return tuple(_hit(asked, row.id, row.of, found[row.ref]) for row in rows if row.ref in found)


def blind(connection: Connection, ids: Iterable[str]) -> frozenset[str]:
    """Those of these comparisons whose names are still hidden for a blind vote."""
    k = comparisons.c
    query = select(k.id, k.params).where(k.id.in_([*ids]), k.revealed_at.is_(None))
    return frozenset(row.id for row in connection.execute(query) if "blind" in json.loads(row.params))


def _hit(asked: Query, number: int, of: Literal["comparisons", "calls"], row: Mapping[str, Any]) -> Hit:
    names = [name for name in index.TEXTS[of] if row[name]] or [index.TEXTS[of][0]]
    name = next((name for name in names if holds(row[name], asked)), names[0])
    is_call = of == "calls"
    return Hit(
        number=number,
        of=of,
        id=row["id"],
        at=row["at"],
        comparison_id=row["comparison_id"] if is_call else row["id"],
        conversation_id=row["conversation_id"],
        experiment_id=row["experiment_id"] if is_call else None,
        prompt_number=row["prompt_number"] if is_call else None,
        slot=row["slot"] if is_call else None,
        model=row["model"] if is_call else None,
        where=_WHERE[name],
        excerpt=excerpt(row[name] or "", asked),
    )
