"""Judgements: what an experiment's checks found in its answers, a row for each call that has ended."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, func, select

from ..checks.checks import Judgement
from ..types import CallResult, Target
from .calls import Place
from .tables import calls, experiments, insert, judgements, prompts

_READ = (
    *("id", "experiment_id", "prompt_number", "repeat", "slot", "provider", "model", "route", "status", "started_at"),
    *("answer", "ttft_ms", "total_ms", "cost_usd"),
)


@dataclass(frozen=True)
class Kept:
    """A call that has ended: what checks look at, and what its row expects."""

    id: str
    place: Place
    slot: int
    result: CallResult
    expected: str | None


def row(call_id: str, place: Place, slot: int, checks: str, judgement: Judgement) -> dict[str, Any]:
    """The values of a row in `judgements`; `checks` is what checks_id says of their list."""
    return {
        "call_id": call_id,
        "experiment_id": place.experiment_id,
        "prompt_number": place.prompt_number,
        "repeat": place.repeat,
        "slot": slot,
        "checks": checks,
        "passed": judgement.passed,
        "found": json.dumps([[one.passed, one.reason, one.found] for one in judgement.found]),
    }


def keep(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write these, in place of what other checks had found."""
    if rows:
        new = insert(connection, judgements)
        found = {name: new.excluded[name] for name in ("checks", "passed", "found")}
        connection.execute(new.on_conflict_do_update(index_elements=["call_id"], set_=found), list(rows))


def unjudged(connection: Connection, experiment_id: str, checks: str) -> list[str]:
    """The ids of all calls that have ended and that these checks have not judged, in the order of their prompts.

    All at once: to ask for a batch after the other, PostgreSQL would go through what is left for each of them.
    """
    c, j = calls.c, judgements.c
    query = (
        select(c.id)
        .outerjoin(judgements, and_(j.call_id == c.id, j.checks == checks))
        .where(c.experiment_id == experiment_id, c.prompt_number.is_not(None), c.status != "stopped")
        .where(j.call_id.is_(None))
        .order_by(c.prompt_number, c.repeat, c.slot)
    )
    return list(connection.scalars(query))


def read(connection: Connection, call_ids: Sequence[str]) -> tuple[Kept, ...]:
    """These calls of experiments; some hundreds at a time."""
    c, row = calls.c, prompts.c
    query = (
        select(*(c[name] for name in _READ), row.expected)
        .join(experiments, experiments.c.id == c.experiment_id)
        .outerjoin(prompts, and_(row.set_id == experiments.c.prompt_set_id, row.number == c.prompt_number))
        .where(c.id.in_(call_ids))
    )
    return tuple(_kept(found) for found in connection.execute(query))


def left(connection: Connection, experiment_id: str, checks: str) -> int:
    """How many calls have ended and are not judged by these checks."""
    c, j = calls.c, judgements.c
    ended = select(func.count()).where(
        c.experiment_id == experiment_id, c.prompt_number.is_not(None), c.status != "stopped"
    )
    judged = select(func.count()).where(j.experiment_id == experiment_id, j.checks == checks)
    return connection.execute(ended).scalar_one() - connection.execute(judged).scalar_one()


def _kept(found: Any) -> Kept:
    result = CallResult(
        Target(found.provider, found.model, found.route),
        found.status,
        found.started_at,
        answer=found.answer,
        ttft_ms=found.ttft_ms,
        total_ms=found.total_ms,
        cost_usd=found.cost_usd,
    )
    return Kept(
        found.id, Place(found.experiment_id, found.prompt_number, found.repeat), found.slot, result, found.expected
    )
