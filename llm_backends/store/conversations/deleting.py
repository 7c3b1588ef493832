"""Deletes comparisons with all that hangs on them: calls, votes, what search knows, and the rollups of their days."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from ..rollups import days
from ..search import index
from ..tables import calls, comparisons, conversations, places, votes

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


def _delete(connection: Connection, ids: Sequence[str]) -> int:
    c, k = calls.c, comparisons.c
    asked = connection.execute(select(k.id, k.prompt, k.system).where(k.id.in_(ids))).mappings().all()
    answered = select(c.id, c.answer, c.reasoning, c.started_at).where(c.comparison_id.in_(ids))
    made = connection.execute(answered).mappings().all()
    index.forget(connection, "comparisons", [dict(row) for row in asked])
    index.forget(connection, "calls", [dict(row) for row in made])
    cast = select(votes.c.id).where(votes.c.comparison_id.in_(ids))
    connection.execute(delete(places).where(places.c.vote_id.in_(cast)))
    connection.execute(delete(votes).where(votes.c.comparison_id.in_(ids)))
    days.forget(connection, {row["started_at"][: len("2026-11-25")] for row in made})
    connection.execute(delete(calls).where(c.comparison_id.in_(ids)))
    connection.execute(delete(comparisons).where(k.id.in_(ids)))
    return len(asked)
