"""The whole log, call by call in the order in which they began, with what was asked, in batches."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, or_, select, tuple_

from ..calls import Filter, Query, conditions
from ..database import Database
from ..tables import calls, comparisons, experiments, prompts

_BATCH = 5_000
ANSWERS = ("answer", "reasoning")

Record = dict[str, Any]


def read(database: Database, filter: Filter, *, texts: bool) -> Iterator[list[Record]]:
    """Rows of `calls` as dicts, some thousand at a time, each batch read by itself: none is there twice, and nothing is
    locked meanwhile. Raises ConfigError where the database can't be read.

    With `texts` also the columns ANSWERS and what was asked: `compared`, `compared_system` and `params` of a
    comparison's call; `prompt`, `system`, `expected` and `variables` of an experiment's, as they are in its set.
    """
    query, after = _query(filter, texts), None
    while True:
        batch = query if after is None else query.where(tuple_(calls.c.started_at, calls.c.id) > after)
        with database.reading() as connection:
            result = connection.execute(batch)
            names = [*result.keys()]
            rows = result.all()
        if rows:
            yield [dict(zip(names, row, strict=True)) for row in rows]
        if len(rows) < _BATCH:
            return
        after = (rows[-1].started_at, rows[-1].id)


def _query(filter: Filter, texts: bool) -> Query:
    c = calls.c
    known = [column for column in c if texts or column.name not in ANSWERS]
    query = select(*known)
    if texts:
        asked = (
            comparisons.c.prompt.label("compared"),
            comparisons.c.system.label("compared_system"),
            comparisons.c.params,
            *(prompts.c[name] for name in ("prompt", "system", "expected", "variables")),
        )
        of_set = and_(prompts.c.set_id == experiments.c.prompt_set_id, prompts.c.number == c.prompt_number)
        joined = calls.outerjoin(comparisons, comparisons.c.id == c.comparison_id)
        joined = joined.outerjoin(experiments, experiments.c.id == c.experiment_id).outerjoin(prompts, of_set)
        query = select(*known, *asked).select_from(joined)
    query = query.where(*conditions(filter))
    if filter.models:
        pairs = (ref.partition("/") for ref in filter.models)
        query = query.where(or_(*(and_(c.provider == provider, c.model == model) for provider, _, model in pairs)))
    # Without statistics SQLite would rather look models up, and sort all their calls for every batch.
    query = query.with_hint(calls, "INDEXED BY calls_by_time", "sqlite")
    return query.order_by(c.started_at, c.id).limit(_BATCH)
