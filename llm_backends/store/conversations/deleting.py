"""Deletes comparisons with all that hangs on them: calls, votes, what search knows, and the rollups of their days."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, delete, select

from ..database import Database
from ..rollups import days
from ..search import index
from ..tables import calls, comparisons, conversations, experiments, places, votes

_SOME = 500


def delete_comparisons(connection: Connection, ids: Sequence[str]) -> int:
    """Delete these, as far as they are there; how many were. What goes on from them stays, and begins there."""
    gone = 0
    for start in range(0, len(ids), _SOME):
        gone += _delete(connection, ids[start : start + _SOME])
    return gone


def conversation(connection: Connection, id: str) -> int:
    """Delete a conversation with every turn of every branch; how many there were."""
    turns = [*connection.scalars(select(comparisons.c.id).where(comparisons.c.conversation_id == id))]
    gone = delete_comparisons(connection, turns)
    connection.execute(delete(conversations).where(conversations.c.id == id))
    return gone


def experiment(database: Database, id: str) -> Iterator[int]:
    """Delete an experiment's calls, some each step, and last itself and those that judge it; yields how many are gone.

    Stopped in the middle, what is left can be deleted later. Raises ConfigError where it can't be written.
    """
    e, gone = experiments.c, 0
    with database.reading() as connection:
        own = [*connection.scalars(select(e.id).where(e.judges == id)), id]
    for one in own:
        while True:
            with database.writing() as connection:
                some = [*connection.scalars(select(calls.c.id).where(calls.c.experiment_id == one).limit(_SOME))]
                if not some:
                    connection.execute(delete(experiments).where(e.id == one))
                    break
                _delete_calls(connection, calls.c.id.in_(some))
            gone += len(some)
            yield gone


def _delete(connection: Connection, ids: Sequence[str]) -> int:
    k = comparisons.c
    asked = connection.execute(select(k.id, k.prompt, k.system).where(k.id.in_(ids))).mappings().all()
    index.forget(connection, "comparisons", [dict(row) for row in asked])
    _delete_calls(connection, calls.c.comparison_id.in_(ids))
    connection.execute(delete(comparisons).where(k.id.in_(ids)))
    return len(asked)


def _delete_calls(connection: Connection, which: ColumnElement[bool]) -> None:
    """And every vote that ranks one of them: of what is left of it nobody could say what it meant."""
    c = calls.c
    made = connection.execute(select(c.id, c.answer, c.reasoning, c.started_at).where(which)).mappings().all()
    index.forget(connection, "calls", [dict(row) for row in made])
    cast = [*connection.scalars(select(places.c.vote_id).join(calls, c.id == places.c.call_id).where(which).distinct())]
    for start in range(0, len(cast), _SOME):
        some = cast[start : start + _SOME]
        connection.execute(delete(places).where(places.c.vote_id.in_(some)))
        connection.execute(delete(votes).where(votes.c.id.in_(some)))
    days.forget(connection, {row["started_at"][: len("2026-11-25")] for row in made})
    connection.execute(delete(calls).where(which))
