"""Prompt sets, kept by content: a set that is there already is not kept again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, exists, select
from sqlalchemy.exc import IntegrityError

from ..prompt_set import PromptSet, Row
from .columns import now
from .database import Database
from .tables import experiments, insert, prompt_sets, prompts

_BATCH = 5000


@dataclass(frozen=True)
class KeptSet:
    """A set without its rows. `rows` is how many it has, `created_at` UTC, ISO 8601."""

    id: str
    name: str
    created_at: str
    rows: int


class PromptSets:
    """The prompt sets in the database. Raises ConfigError when it can't be used. Safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, prompts: PromptSet) -> None:
        """Keep the set at once, whole or not at all. One of the same content stays as it is, with its name."""
        with self._database.writing() as connection:
            keep(connection, prompts)

    def all(self) -> tuple[KeptSet, ...]:
        """Every set, the newest first, but for what judges were asked."""
        e = experiments.c
        of_judge = exists().where(e.prompt_set_id == prompt_sets.c.id, e.judges.is_not(None))
        newest_first = select(prompt_sets).where(~of_judge)
        newest_first = newest_first.order_by(prompt_sets.c.created_at.desc(), prompt_sets.c.id)
        with self._database.reading() as connection:
            return tuple(KeptSet(**row) for row in connection.execute(newest_first).mappings())

    def one(self, id: str) -> KeptSet | None:
        """The set with this id, or None."""
        with self._database.reading() as connection:
            row = connection.execute(select(prompt_sets).where(prompt_sets.c.id == id)).mappings().first()
            return KeptSet(**row) if row else None

    def page(self, id: str, after: int = 0, limit: int = 100) -> tuple[Row, ...]:
        """At most `limit` rows of a set, from the one after number `after`."""
        query = select(prompts).where(prompts.c.set_id == id, prompts.c.number > after)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(prompts.c.number).limit(limit)).mappings()
            return tuple(row(kept) for kept in rows)

    def rows(self, id: str) -> Iterator[Row]:
        """Every row of a set, in its order, read as they are needed."""
        after = 0
        while page := self.page(id, after, _BATCH):
            yield from page
            after = page[-1].number

    def delete(self, id: str) -> bool:
        """Delete a set; False, and nothing is done, where something that was run on it still names it."""
        with self._database.writing() as connection:
            try:
                with connection.begin_nested():
                    connection.execute(delete(prompt_sets).where(prompt_sets.c.id == id))
            except IntegrityError:
                return False
            return True


def keep(connection: Connection, kept: PromptSet) -> None:
    """See PromptSets.keep."""
    row = {"id": kept.id, "name": kept.name, "created_at": now(), "rows": len(kept.rows)}
    new = insert(connection, prompt_sets).on_conflict_do_nothing().returning(prompt_sets.c.id)
    if connection.execute(new, row).first():
        for start in range(0, len(kept.rows), _BATCH):
            values = [_values(kept.id, row) for row in kept.rows[start : start + _BATCH]]
            connection.execute(prompts.insert(), values)


def _values(set_id: str, row: Row) -> dict[str, Any]:
    return {
        "set_id": set_id,
        "number": row.number,
        "prompt": row.prompt,
        "system": row.system,
        "expected": row.expected,
        "tags": json.dumps(row.tags),
        "variables": json.dumps(dict(row.variables)),
    }


def row(kept: RowMapping) -> Row:
    """The prompt in a row of `prompts`."""
    texts = (kept["prompt"], kept["system"], kept["expected"])
    return Row(kept["number"], *texts, tuple(json.loads(kept["tags"])), tuple(json.loads(kept["variables"]).items()))
