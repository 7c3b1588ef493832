"""Experiments: how they become rows, how far they are, and what their calls came to."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from .columns import now
from .sharing.leases import drop_over, holders
from .tables import calls, experiments, leases

State = Literal["ready", "queued", "running", "paused", "stopped", "done"]
"""One that is "queued" waits for workers, all of it or what they have not taken yet."""
Wanted = Literal["paused", "stopped"]


@dataclass(frozen=True)
class Counts:
    """How far an experiment is: calls that have ended, those of them that failed, and the USD spent so far.

    `made` are all that were made, warm-ups and stopped calls among them; it is kept where workers share the experiment.
    """

    ended: int = 0
    failed: int = 0
    spent_usd: float = 0.0
    made: int = 0


@dataclass(frozen=True)
class Experiment:
    """An experiment of `total` calls, as it was last written. `created_at` is UTC, ISO 8601.

    `reason` says why it is paused. `holders` is how many processes run it now; one that is "running" and not held was
    interrupted. `judges` is the experiment whose answers its own compare, see judging/judge/.
    """

    id: str
    created_at: str
    user: str | None
    name: str
    plan: dict[str, Any]
    prompt_set_id: str
    state: State
    reason: str | None
    holders: int
    total: int
    counts: Counts
    judges: str | None = None

    @property
    def held(self) -> bool:
        """Whether a process runs it now."""
        return self.holders > 0


@dataclass(frozen=True)
class Tally:
    """What the calls of one slot came to, warm-ups and stopped calls included in all but `ended` and `failed`.

    `priced`, `counted` and `timed` say how many calls the cost, the tokens and the time are of; `unpriced` are answers
    whose cost is unknown.
    """

    calls: int = 0
    ended: int = 0
    failed: int = 0
    priced: int = 0
    unpriced: int = 0
    spent_usd: float = 0.0
    most_usd: float = 0.0
    counted: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    timed: int = 0
    total_ms: float = 0.0


def add(
    connection: Connection,
    name: str,
    plan: Mapping[str, Any],
    prompt_set_id: str,
    total: int,
    user: str | None = None,
    judges: str | None = None,
) -> str:
    """Keep a new experiment on a set that is kept; its id."""
    id = uuid.uuid4().hex
    row = {"id": id, "created_at": now(), "user": user, "name": name, "plan": json.dumps(plan), "state": "ready"}
    place = {"prompt_set_id": prompt_set_id, "total": total, "judges": judges}
    connection.execute(experiments.insert(), row | place | asdict(Counts()))
    return id


def one(connection: Connection, id: str) -> Experiment | None:
    """The experiment with this id, or with the only id that begins so; None where there is none."""
    begins = experiments.c.id.startswith(id, autoescape=True)
    found = connection.execute(select(experiments).where(begins).limit(2)).all()
    exact = [row for row in found if row.id == id] or found
    return _read(connection, exact)[0] if len(exact) == 1 else None


def recent(connection: Connection, limit: int = 50, user: str | None = None) -> tuple[Experiment, ...]:
    """The newest first."""
    query = select(experiments).order_by(experiments.c.created_at.desc(), experiments.c.id.desc()).limit(limit)
    if user is not None:
        query = query.where(experiments.c.user == user)
    return _read(connection, connection.execute(query).all())


def earlier(connection: Connection, one: Experiment, limit: int = 20) -> tuple[Experiment, ...]:
    """Those on the same prompts that were made before this one, the newest first; of the same user, if it has one."""
    e = experiments.c
    query = select(experiments).where(e.prompt_set_id == one.prompt_set_id, e.created_at < one.created_at)
    if one.user is not None:
        query = query.where(e.user == one.user)
    return _read(connection, connection.execute(query.order_by(e.created_at.desc(), e.id.desc()).limit(limit)).all())


def judging(connection: Connection, id: str) -> tuple[Experiment, ...]:
    """Those that judge the answers of this one, the newest first."""
    e = experiments.c
    query = select(experiments).where(e.judges == id).order_by(e.created_at.desc(), e.id.desc())
    return _read(connection, connection.execute(query).all())


def want(connection: Connection, id: str, wanted: Wanted) -> None:
    """Ask whoever runs the experiment to pause or stop it; one that nobody runs is so at once."""
    asked = update(experiments).where(experiments.c.id == id, experiments.c.state != "done")
    connection.execute(asked.values(wanted=wanted))  # before it looks who holds it, so that nobody begins to meanwhile
    drop_over(connection, id)
    if not connection.scalar(select(func.count()).where(leases.c.experiment_id == id)):
        connection.execute(asked.values(state=wanted, wanted=None))


def replan(connection: Connection, id: str, plan: Mapping[str, Any]) -> None:
    """Keep another plan, whose limits differ."""
    connection.execute(update(experiments).where(experiments.c.id == id).values(plan=json.dumps(plan)))


def ended(connection: Connection, id: str) -> Iterator[tuple[int, int, int]]:
    """(prompt number, repeat, slot) of each call that has ended; those that were stopped have not."""
    c = calls.c
    query = select(c.prompt_number, c.repeat, c.slot)
    query = query.where(c.experiment_id == id, c.prompt_number.is_not(None), c.status != "stopped")
    rows = connection.execution_options(yield_per=10_000).execute(query)
    return ((row.prompt_number, row.repeat, row.slot) for row in rows)


def tallies(connection: Connection, id: str) -> dict[int, Tally]:
    """What the calls came to, by slot."""
    c = calls.c
    in_plan = and_(c.prompt_number.is_not(None), c.status != "stopped")

    def total(column: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.coalesce(func.sum(column), 0)

    query = select(
        c.slot,
        func.count().label("calls"),
        func.count().filter(in_plan).label("ended"),
        func.count().filter(in_plan, c.status == "error").label("failed"),
        func.count(c.cost_usd).label("priced"),
        func.count().filter(c.status == "ok", c.cost_usd.is_(None)).label("unpriced"),
        total(c.cost_usd).label("spent_usd"),
        func.coalesce(func.max(c.cost_usd), 0).label("most_usd"),
        func.count(c.input_tokens).label("counted"),
        total(c.input_tokens).label("input_tokens"),
        total(c.output_tokens).label("output_tokens"),
        func.count(c.total_ms).label("timed"),
        total(c.total_ms).label("total_ms"),
    )
    rows = connection.execute(query.where(c.experiment_id == id).group_by(c.slot))
    return {row["slot"]: _tally(dict(row)) for row in rows.mappings()}


def _tally(row: dict[str, Any]) -> Tally:
    """PostgreSQL's sums of whole numbers are Decimals, and a sum of nothing is a whole number."""
    del row["slot"]
    floats: dict[str, Any] = {name: float(row.pop(name)) for name in ("spent_usd", "most_usd", "total_ms")}
    whole: dict[str, Any] = {name: int(value) for name, value in row.items()}
    return Tally(**whole, **floats)


def _read(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Experiment, ...]:
    held = holders(connection, [row.id for row in rows])
    return tuple(
        Experiment(
            id=row.id,
            created_at=row.created_at,
            user=row.user,
            name=row.name,
            plan=json.loads(row.plan),
            prompt_set_id=row.prompt_set_id,
            state=row.state,
            reason=row.reason,
            holders=held.get(row.id, 0),
            total=row.total,
            counts=Counts(row.ended, row.failed, row.spent_usd, row.made),
            judges=row.judges,
        )
        for row in rows
    )
