"""Rows of the log: how comparisons and calls become rows, and how they are found again."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    RowMapping,
    Select,
    bindparam,
    delete,
    func,
    or_,
    select,
    tuple_,
)

from .. import redact
from ..types import CallResult, Route, Status, Target, Usage
from .tables import calls, comparisons, preferences, storable

_TARGET = tuple(field.name for field in fields(Target))
_USAGE = tuple(field.name for field in fields(Usage))
_RESULT = tuple(field.name for field in fields(CallResult) if field.name in calls.c)
GROUP = (calls.c.provider, calls.c.model, calls.c.route)
Group = Row[Any, Any, Any]
Query = Select[*tuple[Any, ...]]
_NAME_LENGTH = 200
"""In characters; PostgreSQL refuses a row whose indexed columns come to more than 2700 bytes."""


@dataclass(frozen=True)
class Filter:
    """Which calls are meant. `since` and `until` are times with a time zone; `until` itself is left out.

    `models` are names as in the picker, `provider/model`; none means all. None in another field leaves it open.
    """

    since: datetime | None = None
    until: datetime | None = None
    route: Route | None = None
    models: tuple[str, ...] = ()
    include_simulated: bool = False
    status: Status | None = None


ALL = Filter()


@dataclass(frozen=True)
class LoggedCall:
    """A call as it was logged."""

    id: str
    comparison_id: str
    slot: int
    user: str | None
    result: CallResult


@dataclass(frozen=True)
class Comparison:
    """A comparison of `slots` calls, with those that have ended, by slot. `created_at` is UTC, ISO 8601."""

    id: str
    created_at: str
    user: str | None
    prompt: str
    system: str | None
    params: dict[str, Any]
    slots: int
    calls: tuple[LoggedCall, ...]


def now(ago: timedelta = timedelta(0)) -> str:
    """The time of day, or a time before it, as the log writes it: UTC, ISO 8601 with milliseconds."""
    return (datetime.now(UTC) - ago).isoformat(timespec="milliseconds")


def comparison_row(
    created_at: str,
    user: str | None,
    prompt: str,
    system: str | None,
    params: Mapping[str, Any],
    slots: int,
    *,
    id: str,
) -> dict[str, Any]:
    """The values of a row in `comparisons`."""
    return {
        "id": id,
        "created_at": created_at,
        "user": user,
        "prompt": prompt,
        "system": system,
        "params": json.dumps(params, default=str),
        "slots": slots,
    }


def call_row(comparison_id: str, slot: int, user: str | None, result: CallResult, *, id: str) -> dict[str, Any]:
    """The values of a row in `calls`."""
    row: dict[str, Any] = {"id": id, "comparison_id": comparison_id, "slot": slot, "user": user}
    row |= {name: getattr(result, name) for name in _RESULT}
    row |= {name: getattr(result.target, name) for name in _TARGET}
    row |= {name: getattr(result.usage, name, None) for name in _USAGE}
    row |= {name: row[name][:_NAME_LENGTH] for name in ("provider", "model")}
    row["error_message"] = result.error_message and redact.hide(result.error_message)
    return row


def recent_comparisons(
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
    return _with_calls(connection, query)


def comparison(connection: Connection, id: str) -> Comparison | None:
    """The comparison with this id, or None."""
    return next(iter(_with_calls(connection, select(comparisons).where(comparisons.c.id == id))), None)


def interrupted(connection: Connection, since: str, until: str) -> tuple[Comparison, ...]:
    """Comparisons opened between two times that have fewer calls than slots, newest first."""
    c = comparisons.c
    ended = select(func.count()).where(calls.c.comparison_id == c.id).scalar_subquery()
    query = select(comparisons).where(c.created_at >= since, c.created_at < until, c.slots > ended)
    return _with_calls(connection, query.order_by(c.created_at.desc(), c.id.desc()))


def _with_calls(connection: Connection, query: Query) -> tuple[Comparison, ...]:
    rows = connection.execute(query).mappings().all()
    by_slot = select(calls).where(calls.c.comparison_id.in_([row["id"] for row in rows])).order_by(calls.c.slot)
    found: dict[str, list[LoggedCall]] = {row["id"]: [] for row in rows}
    for row in connection.execute(by_slot).mappings():
        found[row["comparison_id"]].append(_logged(row))
    return tuple(
        Comparison(**dict(row) | {"params": json.loads(row["params"]), "calls": tuple(found[row["id"]])})
        for row in rows
    )


def preferences_of(connection: Connection, user: str | None) -> dict[str, Any]:
    """A user's choices by name."""
    rows = connection.execute(select(preferences).where(preferences.c.user == (user or "")))
    return {row.name: json.loads(row.value) for row in rows}


def prefer(connection: Connection, chosen: Mapping[str, Any], user: str | None) -> None:
    """Put these choices in the place of earlier ones of the same names; None only takes one away."""
    owner = user or ""
    connection.execute(delete(preferences).where(preferences.c.user == owner, preferences.c.name.in_(list(chosen))))
    rows = [
        {"user": owner, "name": name, "value": json.dumps(value)} for name, value in chosen.items() if value is not None
    ]
    if rows:
        connection.execute(preferences.insert(), rows)


def recent_calls(connection: Connection, filter: Filter, limit: int) -> tuple[LoggedCall, ...]:
    """The calls that the filter lets through, newest first."""
    query = select(calls).where(*conditions(filter)).order_by(calls.c.started_at.desc(), calls.c.id.desc()).limit(limit)
    if not filter.models:
        return tuple(_logged(row) for row in connection.execute(query).mappings())
    # One by one: a rare model's newest calls are found at once in the index by model, and far down in that by time.
    one = query.where(*(column == bindparam(column.name) for column in GROUP))
    found = [
        _logged(row)
        for group in groups(connection, filter)
        for row in connection.execute(one, group._asdict()).mappings()
    ]
    return tuple(sorted(found, key=lambda call: (call.result.started_at, call.id), reverse=True)[:limit])


def _logged(row: RowMapping) -> LoggedCall:
    usage = None if row["input_tokens"] is None else Usage(**{name: row[name] for name in _USAGE})
    target = Target(**{name: row[name] for name in _TARGET})
    result = CallResult(**{name: row[name] for name in _RESULT} | {"target": target, "usage": usage})
    return LoggedCall(row["id"], row["comparison_id"], row["slot"], row["user"], result)


def groups(connection: Connection, filter: Filter) -> Iterator[Group]:
    """Each provider, model and route, by leaps from one to the next in the index: DISTINCT would read all of it."""
    group = connection.execute(select(*GROUP).order_by(*GROUP).limit(1)).first()
    while group:
        provider, model, route = group
        if filter.route in (None, route) and (not filter.models or f"{provider}/{model}" in filter.models):
            yield group
        group = _after(connection, group)


def _after(connection: Connection, group: Group) -> Group | None:
    # The next route, else the next model, else the next provider: comparing all three at once makes SQLite read the
    # whole group.
    for depth in (2, 1, 0):
        same = (column == value for column, value in zip(GROUP[:depth], group, strict=False))
        query = select(*GROUP).where(*same, GROUP[depth] > group[depth]).order_by(*GROUP).limit(1)
        if found := connection.execute(query).first():
            return found
    return None


def conditions(filter: Filter) -> list[ColumnElement[bool]]:
    """What the filter asks of a call, apart from its models: `groups` yields only those."""
    c = calls.c
    wanted = []
    if filter.since:
        wanted.append(c.started_at >= _bound(filter.since))
    if filter.until:
        wanted.append(c.started_at < _bound(filter.until))
    if filter.route:
        wanted.append(c.route == filter.route)
    if not filter.include_simulated:
        wanted.append(c.simulated.is_(False))
    if filter.status:
        wanted.append(c.status == filter.status)
    return wanted


def _bound(moment: datetime) -> str:
    """A time without its zone, which sorts right before the same time however its UTC is marked."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[: len("2026-01-01T00:00:00.000")]
