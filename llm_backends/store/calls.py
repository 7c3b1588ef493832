"""Calls: how they become rows, and how they are found again."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    RowMapping,
    Select,
    and_,
    bindparam,
    case,
    not_,
    or_,
    select,
    true,
)

from .. import redact
from ..types import Attempt, CallResult, Route, Status, Target, Usage
from .tables import calls

_TARGET = tuple(field.name for field in fields(Target))
_USAGE = tuple(field.name for field in fields(Usage))
_RESULT = tuple(field.name for field in fields(CallResult) if field.name in calls.c)
_ATTEMPT = frozenset(field.name for field in fields(Attempt))
_NAME_LENGTH = 200
"""In characters; PostgreSQL refuses a row whose indexed columns come to more than 2700 bytes."""

GROUP = (calls.c.provider, calls.c.model, calls.c.route)
Group = Row[Any, Any, Any]
Query = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Filter:
    """Which calls are meant. `since` and `until` are times with a time zone; `until` itself is left out.

    `models` are names as in the picker, `provider/model`; `endpoints` are hosts; None among them, or among the
    deployments, means the calls that have none. An empty tuple means all, None in its place leaves it open.
    `experiments`: only the calls of experiments, or none of them; `streamed`: only those asked for as a stream, or not
    so; `opened`: only those that had to open a connection, or those on an open one.
    """

    since: datetime | None = None
    until: datetime | None = None
    routes: tuple[Route, ...] = ()
    models: tuple[str, ...] = ()
    include_simulated: bool = False
    statuses: tuple[Status, ...] = ()
    experiments: bool | None = None
    providers: tuple[str, ...] = ()
    endpoints: tuple[str | None, ...] = ()
    deployments: tuple[str | None, ...] = ()
    streamed: bool | None = None
    opened: bool | None = None


ALL = Filter()


@dataclass(frozen=True)
class Place:
    """Which call of an experiment it is. A warm-up, which no result counts, has no prompt and no repeat."""

    experiment_id: str
    prompt_number: int | None = None
    repeat: int | None = None


_PLACE = tuple(field.name for field in fields(Place))


@dataclass(frozen=True)
class LoggedCall:
    """A call as it was logged: one of a comparison, or one of an experiment with its place there."""

    id: str
    comparison_id: str | None
    slot: int
    user: str | None
    result: CallResult
    place: Place | None = None


def row(
    comparison_id: str | None, slot: int, user: str | None, result: CallResult, id: str, place: Place | None = None
) -> dict[str, Any]:
    """The values of a row in `calls`."""
    row: dict[str, Any] = {"id": id, "comparison_id": comparison_id, "slot": slot, "user": user}
    row |= {name: getattr(place, name, None) for name in _PLACE}
    row |= {name: getattr(result, name) for name in _RESULT}
    row |= {name: getattr(result.target, name) for name in _TARGET}
    row |= {name: getattr(result.usage, name, None) for name in _USAGE}
    row |= {name: row[name][:_NAME_LENGTH] for name in ("provider", "model")}
    row["error_message"] = result.error_message and redact.hide(result.error_message)
    row["tries"] = json.dumps([asdict(attempt) for attempt in result.tries])
    return row


def recent(connection: Connection, filter: Filter, limit: int) -> tuple[LoggedCall, ...]:
    """The calls that the filter lets through, newest first."""
    query = select(calls).where(*conditions(filter)).order_by(calls.c.started_at.desc(), calls.c.id.desc()).limit(limit)
    if not filter.models:
        return tuple(logged(row) for row in connection.execute(query).mappings())
    # One by one: a rare model's newest calls are found at once in the index by model, and far down in that by time.
    one = query.where(*(column == bindparam(column.name) for column in GROUP))
    found = [
        logged(row)
        for group in groups(connection, filter)
        for row in connection.execute(one, group._asdict()).mappings()
    ]
    return tuple(sorted(found, key=lambda call: (call.result.started_at, call.id), reverse=True)[:limit])


_Timed = Literal["ttft_ms", "ttfat_ms", "tpot_ms", "total_ms"]
Behind = Literal["failed", "stopped", "priced", "unpriced", "counted", "uncounted", _Timed]
"""What calls are that a figure is of; of a time: those that ended well and have it."""


def behind(
    connection: Connection, filter: Filter, what: Behind | None, near: tuple[str, float] | None, limit: int
) -> tuple[LoggedCall, ...]:
    """Some of the calls that a figure is of: those that are `what`, the newest first.

    With `near` (a time's column, its value) they ended well, and their times are the nearest to the value, ascending.
    """
    c = calls.c
    of: dict[Behind | None, ColumnElement[bool]] = {
        None: true(),
        "failed": c.status == "error",
        "stopped": c.status == "stopped",
        "priced": c.cost_usd.is_not(None),
        "unpriced": c.cost_usd.is_(None),
        "counted": c.input_tokens.is_not(None),
        "uncounted": c.input_tokens.is_(None),
    }
    of |= {time: and_(c.status == "ok", c[time] > 0) for time in get_args(_Timed)}
    query = select(calls).where(*conditions(filter), of[what])
    if near is None:
        orders = [query.order_by(c.started_at.desc(), c.id.desc()).limit(limit)]
    else:
        column, value = c[near[0]], near[1]
        well = query.where(c.status == "ok", column > 0)
        below = well.where(column <= value).order_by(column.desc()).limit(limit)
        orders = [below, well.where(column > value).order_by(column).limit(limit)]
    of_group = [column == bindparam(column.name) for column in GROUP]
    found = [
        logged(row)
        for group in groups(connection, filter)
        for order in orders
        for row in connection.execute(order.where(*of_group), group._asdict()).mappings()
    ]
    if near is None:
        return tuple(sorted(found, key=lambda call: (call.result.started_at, call.id), reverse=True)[:limit])
    name, value = near
    nearest = sorted(found, key=lambda call: abs(getattr(call.result, name) - value))[:limit]
    return tuple(sorted(nearest, key=lambda call: getattr(call.result, name)))


def of_comparisons(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[LoggedCall, ...]]:
    """The calls of each of these comparisons, by slot."""
    found: dict[str, list[LoggedCall]] = {id: [] for id in ids}
    by_slot = select(calls).where(calls.c.comparison_id.in_(ids)).order_by(calls.c.slot)
    for row in connection.execute(by_slot).mappings():
        found[row["comparison_id"]].append(logged(row))
    return {id: tuple(calls) for id, calls in found.items()}


def logged(row: RowMapping) -> LoggedCall:
    """The call in a row of `calls`."""
    values = {name: row[name] for name in _RESULT}
    values["target"] = Target(**{name: row[name] for name in _TARGET})
    values["usage"] = None if row["input_tokens"] is None else Usage(**{name: row[name] for name in _USAGE})
    values["tries"] = tuple(_attempt(values) for values in json.loads(row["tries"]))
    place = Place(**{name: row[name] for name in _PLACE}) if row["experiment_id"] else None
    return LoggedCall(row["id"], row["comparison_id"], row["slot"], row["user"], CallResult(**values), place)


def _attempt(values: dict[str, Any]) -> Attempt:
    """An attempt without what only a newer version knows of it."""
    return Attempt(**{name: value for name, value in values.items() if name in _ATTEMPT})


def groups(connection: Connection, filter: Filter) -> Iterator[Group]:
    """Each provider, model and route, by leaps from one to the next in the index: DISTINCT would read all of it."""
    group = connection.execute(select(*GROUP).order_by(*GROUP).limit(1)).first()
    while group:
        provider, model, route = group
        of_models = not filter.models or f"{provider}/{model}" in filter.models
        if of_models and provider in (filter.providers or (provider,)) and route in (filter.routes or (route,)):
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
    wanted: list[ColumnElement[bool]] = []
    if filter.since:
        wanted.append(c.started_at >= bound(filter.since))
    if filter.until:
        wanted.append(c.started_at < bound(filter.until))
    for column, chosen in (
        (c.provider, filter.providers),
        (c.route, filter.routes),
        (c.endpoint_host, filter.endpoints),
        (c.deployment, filter.deployments),
        (c.status, filter.statuses),
    ):
        if chosen:
            named = column.in_([name for name in chosen if name is not None])
            wanted.append(or_(named, column.is_(None)) if None in chosen else named)
    if not filter.include_simulated:
        wanted.append(c.simulated.is_(False))
    if filter.experiments is not None:
        wanted.append(c.experiment_id.is_not(None) if filter.experiments else c.experiment_id.is_(None))
    if filter.streamed is not None:
        wanted.append(c.streamed.is_(filter.streamed))
    if filter.opened is not None:
        wanted.append(OPENED if filter.opened else not_(OPENED))
    return wanted


OPENED = case((calls.c.timed_from == "socket", calls.c.connect_ms.is_not(None)))
"""Whether a call had to open a connection; null where that can't be seen."""


def bound(moment: datetime) -> str:
    """A time without its zone, which sorts right before the same time however its UTC is marked."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[: len("2026-01-01T00:00:00.000")]
