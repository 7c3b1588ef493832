"""What a judge is asked about and what it said: the answers of one experiment, and the calls of the one that judges."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection, and_, select

from ..tables import calls, experiments, prompts

_BATCH = 500


@dataclass(frozen=True)
class Said:
    """One call of a judge: the variables of its row say of which answers. `status` is None until it has ended."""

    number: int
    variables: dict[str, str]
    status: str | None
    answer: str


def answered(connection: Connection, experiment_id: str) -> list[tuple[int, int, int, str]]:
    """(prompt number, slot, repeat, call id) of each counted call that ended well, in that order."""
    c = calls.c
    query = select(c.prompt_number, c.slot, c.repeat, c.id)
    query = query.where(c.experiment_id == experiment_id, c.prompt_number.is_not(None), c.status == "ok")
    return sorted((row.prompt_number, row.slot, row.repeat, row.id) for row in connection.execute(query))


def answers(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """The answers of these calls, by id."""
    left = iter(ids)
    found: dict[str, str] = {}
    while batch := list(islice(left, _BATCH)):
        rows = connection.execute(select(calls.c.id, calls.c.answer).where(calls.c.id.in_(batch)))
        found |= {row.id: row.answer for row in rows}
    return found


def said(connection: Connection, judging_id: str) -> Sequence[Said]:
    """What a judge was to be asked, in the order of its rows, with what it has said so far."""
    c, e, p = calls.c, experiments.c, prompts.c
    counted = and_(c.experiment_id == e.id, c.prompt_number == p.number, c.status != "stopped")
    query = (
        select(p.number, p.variables, c.status, c.answer)
        .select_from(experiments)
        .join(prompts, p.set_id == e.prompt_set_id)
        .outerjoin(calls, counted)
        .where(e.id == judging_id)
        .order_by(p.number)
    )
    rows = connection.execute(query)
    return [Said(row.number, json.loads(row.variables), row.status, row.answer or "") for row in rows]
