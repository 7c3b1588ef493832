"""The texts behind an experiment's figures: the prompts of a page, those with a tag or a text, the calls of a cell."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, or_, select

from ...checks.criteria import CheckResult
from ...prompt_set import Row
from ..calls import LoggedCall, logged
from ..columns import storable
from ..prompt_sets import row
from ..tables import calls, judgements, prompts

_BATCH = 500


@dataclass(frozen=True)
class Judged:
    """What the checks found in an answer, in their order; `passed` is None where they leave it open."""

    passed: bool | None
    found: tuple[CheckResult, ...]


@dataclass(frozen=True)
class OpenedCall:
    """A call with its answer, and what the present checks found in it; None: they have not judged it."""

    call: LoggedCall
    judged: Judged | None


def rows(connection: Connection, set_id: str, numbers: Sequence[int]) -> dict[int, Row]:
    """These prompts of a set, by number."""
    query = select(prompts).where(prompts.c.set_id == set_id, prompts.c.number.in_(numbers))
    return {found["number"]: row(found) for found in connection.execute(query).mappings()}


def with_text(connection: Connection, set_id: str, text: str) -> tuple[int, ...]:
    """The numbers of the prompts that hold the text, whatever the case, in the prompt, its system prompt or what is
    expected."""
    wanted = storable(text[:1000]).lower()
    holds = [func.lower(prompts.c[name]).contains(wanted, autoescape=True) for name in ("prompt", "system", "expected")]
    return tuple(connection.scalars(select(prompts.c.number).where(prompts.c.set_id == set_id, or_(*holds))))


def tagged(connection: Connection, set_id: str, tag: str) -> tuple[int, ...]:
    """The numbers of the prompts with this tag."""
    p = prompts.c
    query = select(p.number, p.tags).where(p.set_id == set_id, p.tags.contains(json.dumps(tag), autoescape=True))
    return tuple(number for number, tags in connection.execute(query) if tag in json.loads(tags))


def tags(connection: Connection, set_id: str) -> dict[str, int]:
    """How many prompts of a set have each tag, by tag."""
    query = select(prompts.c.tags, func.count()).where(prompts.c.set_id == set_id).group_by(prompts.c.tags)
    counts: dict[str, int] = {}
    for kept, count in connection.execute(query):
        for tag in json.loads(kept):
            counts[tag] = counts.get(tag, 0) + count
    return dict(sorted(counts.items()))


def calls_of(
    connection: Connection, experiment_id: str, checks: str, numbers: Sequence[int], slot: int | None = None
) -> tuple[OpenedCall, ...]:
    """The counted calls of these prompts, of one slot or of all; by number, slot and repeat."""
    c = calls.c
    own = [c.prompt_number.in_(numbers)] + ([] if slot is None else [c.slot == slot])
    query = _opened(experiment_id, checks).where(*own).order_by(c.prompt_number, c.slot, c.repeat)
    return tuple(_read(found) for found in connection.execute(query).mappings())


def between(connection: Connection, experiment_id: str, checks: str, first: int, last: int) -> Iterator[OpenedCall]:
    """The counted calls of the prompts from number `first` to `last`, by number, repeat and slot."""
    c = calls.c
    query = _opened(experiment_id, checks).where(c.prompt_number.between(first, last))
    rows = connection.execution_options(yield_per=_BATCH).execute(query.order_by(c.prompt_number, c.repeat, c.slot))
    return (_read(found) for found in rows.mappings())


def _opened(experiment_id: str, checks: str) -> Any:
    """The counted calls; the column `judged` is null where these checks have not judged one."""
    c, j = calls.c, judgements.c
    present = and_(j.call_id == c.id, j.checks == checks)
    query = select(calls, j.call_id.label("judged"), j.passed, j.found).outerjoin(judgements, present)
    return query.where(c.experiment_id == experiment_id, c.prompt_number.is_not(None), c.status != "stopped")


def _read(found: RowMapping) -> OpenedCall:
    judged = None
    if found["judged"] is not None:
        results: Sequence[Any] = json.loads(found["found"])
        judged = Judged(found["passed"], tuple(CheckResult(*one) for one in results))
    return OpenedCall(logged(found), judged)
