"""What is asked of the log: comparisons, calls, and figures by model, summed up in the database."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    RowMapping,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
)

from . import redact
from .log_tables import calls, comparisons, storable
from .stats import between, rank
from .types import CallResult, Route, Status, Target, Usage

_TARGET = tuple(field.name for field in fields(Target))
_USAGE = tuple(field.name for field in fields(Usage))
_RESULT = tuple(field.name for field in fields(CallResult) if field.name in calls.c)
_GROUP = (calls.c.provider, calls.c.model, calls.c.route)
_RANKED = ("ttft_ms", "total_ms", "tpot_ms")
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


@dataclass(frozen=True)
class ModelStats:
    """One model on one route. Percentiles are exact, over the calls that ended well; None where no value is known.

    `cost_usd` sums the known costs, `cost_unknown` counts the calls without one, `cost_per_call_usd` is the mean of the
    known. Tokens are summed over the calls whose usage is known.
    """

    provider: str
    model: str
    route: Route
    calls: int
    ok: int
    errors: int
    stopped: int
    ttft_p50_ms: float | None
    ttft_p95_ms: float | None
    total_p50_ms: float | None
    total_p95_ms: float | None
    tokens_per_s_p50: float | None
    tokens_per_s_p95: float | None
    cost_usd: float | None
    cost_unknown: int
    cost_per_call_usd: float | None
    input_tokens: int | None
    output_tokens: int | None

    @property
    def ref(self) -> str:
        """`provider/model`, the name used in the picker."""
        return f"{self.provider}/{self.model}"


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
    row = {"id": id, "comparison_id": comparison_id, "slot": slot, "user": user}
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


def _with_calls(connection: Connection, query) -> tuple[Comparison, ...]:
    rows = connection.execute(query).mappings().all()
    by_slot = select(calls).where(calls.c.comparison_id.in_([row["id"] for row in rows])).order_by(calls.c.slot)
    found: dict[str, list[LoggedCall]] = {row["id"]: [] for row in rows}
    for row in connection.execute(by_slot).mappings():
        found[row["comparison_id"]].append(_logged(row))
    return tuple(
        Comparison(**dict(row) | {"params": json.loads(row["params"]), "calls": tuple(found[row["id"]])})
        for row in rows
    )


def recent_calls(connection: Connection, filter: Filter, limit: int) -> tuple[LoggedCall, ...]:
    """The calls that the filter lets through, newest first."""
    query = select(calls).where(*_conditions(filter)).order_by(calls.c.started_at.desc(), calls.c.id.desc())
    return tuple(_logged(row) for row in connection.execute(query.limit(limit)).mappings())


def _logged(row: RowMapping) -> LoggedCall:
    usage = None if row["input_tokens"] is None else Usage(**{name: row[name] for name in _USAGE})
    target = Target(**{name: row[name] for name in _TARGET})
    result = CallResult(**{name: row[name] for name in _RESULT} | {"target": target, "usage": usage})
    return LoggedCall(row["id"], row["comparison_id"], row["slot"], row["user"], result)


def by_model(connection: Connection, filter: Filter) -> tuple[ModelStats, ...]:
    """One ModelStats for each provider, model and route that has a call, in that order."""
    scope = [column == bindparam(column.name) for column in _GROUP]
    scope += _conditions(replace(filter, route=None, models=()))
    sums = _sums().where(*scope)
    ranked = {(metric, down): _ranked(metric, down).where(*scope) for metric in _RANKED for down in (False, True)}
    stats = (_model_stats(connection, group, sums, ranked) for group in _groups(connection, filter))
    return tuple(one for one in stats if one.calls)


def _groups(connection: Connection, filter: Filter) -> Iterator[Row]:
    """Each provider, model and route, by leaps from one to the next in the index: DISTINCT would read all of it."""
    key = tuple_(*_GROUP)
    query = select(*_GROUP).order_by(*_GROUP).limit(1)
    group = connection.execute(query).first()
    while group:
        provider, model, route = group
        if filter.route in (None, route) and (not filter.models or f"{provider}/{model}" in filter.models):
            yield group
        group = connection.execute(query.where(key > tuple_(*group))).first()


def _sums() -> Select:
    c = calls.c
    return select(
        func.count().label("calls"),
        *(func.count().filter(c.status == status).label(status) for status in ("ok", "error", "stopped")),
        *(func.sum(column).label(column.name) for column in (c.cost_usd, c.input_tokens, c.output_tokens)),
        func.count(c.cost_usd).label("priced"),
        *(func.count().filter(c.status == "ok", c[metric] > 0).label(metric) for metric in _RANKED),
    )


def _ranked(metric: str, down: bool) -> Select:
    """`take` values of the metric after the first `skip`, upwards or down, over the calls that ended well."""
    column = calls.c[metric]
    query = select(column).where(calls.c.status == "ok", column > 0)
    query = query.order_by(column.desc() if down else column.asc())
    query = query.limit(bindparam("take", type_=Integer)).offset(bindparam("skip", type_=Integer))
    # Without statistics SQLite would rather read the calls by time and sort them.
    return query.with_hint(calls, f"INDEXED BY calls_by_{metric}", "sqlite")


def _model_stats(connection: Connection, group: Row, sums: Select, ranked: Mapping[tuple, Select]) -> ModelStats:
    names = group._asdict()
    row = connection.execute(sums, names).one()

    def quantile(metric: str, q: float, rate: bool = False) -> float | None:
        """stats.percentile of the metric, or of the `rate` 1000 / metric, by walking its index from the nearer end."""
        count = getattr(row, metric)
        if not count:
            return None
        low, share = rank(count, q)
        take = min(2, count - low)
        from_top = low > count // 2
        skip = count - low - take if from_top else low
        # The highest rate has the lowest time.
        found = connection.scalars(ranked[metric, from_top != rate], names | {"take": take, "skip": skip}).all()
        values = [1000 / value for value in found] if rate else found
        return between(min(values), max(values), share)

    return ModelStats(
        **names,
        calls=row.calls,
        ok=row.ok,
        errors=row.error,
        stopped=row.stopped,
        ttft_p50_ms=quantile("ttft_ms", 0.5),
        ttft_p95_ms=quantile("ttft_ms", 0.95),
        total_p50_ms=quantile("total_ms", 0.5),
        total_p95_ms=quantile("total_ms", 0.95),
        tokens_per_s_p50=quantile("tpot_ms", 0.5, rate=True),
        tokens_per_s_p95=quantile("tpot_ms", 0.95, rate=True),
        cost_usd=row.cost_usd,
        cost_unknown=row.calls - row.priced,
        cost_per_call_usd=row.cost_usd / row.priced if row.priced else None,
        input_tokens=None if row.input_tokens is None else int(row.input_tokens),
        output_tokens=None if row.output_tokens is None else int(row.output_tokens),
    )


def _conditions(filter: Filter) -> list[ColumnElement[bool]]:
    c = calls.c
    conditions = []
    if filter.since:
        conditions.append(c.started_at >= _bound(filter.since))
    if filter.until:
        conditions.append(c.started_at < _bound(filter.until))
    if filter.route:
        conditions.append(c.route == filter.route)
    if filter.models:
        names = (ref.partition("/") for ref in filter.models)
        conditions.append(or_(*(and_(c.provider == provider, c.model == model) for provider, _, model in names)))
    if not filter.include_simulated:
        conditions.append(c.simulated.is_(False))
    if filter.status:
        conditions.append(c.status == filter.status)
    return conditions


def _bound(moment: datetime) -> str:
    """A time without its zone, which sorts right before the same time however its UTC is marked."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[: len("2026-01-01T00:00:00.000")]
