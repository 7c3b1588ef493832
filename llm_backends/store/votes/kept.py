"""Votes as rows: one in `votes`, and one in `places` for each answer that it ranks."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, delete, exists, select

from ...types import Target
from ..columns import now
from ..tables import calls, insert, places, votes
from .vote import CastVote, Vote, VoteFilter

_CAST = ("id", "comparison_id", "experiment_id", "prompt_number", "blind", "all_bad", "tag", "reason", "judge", "user")


def cast(connection: Connection, vote: Vote) -> bool:
    """Keep the vote; False where one with its id is there already, which then stays as it is."""
    row = {name: getattr(vote, name) for name in _CAST} | {"created_at": now()}
    if not connection.execute(insert(connection, votes).on_conflict_do_nothing().returning(votes.c.id), row).first():
        return False
    ranked = [
        {"vote_id": vote.id, "call_id": call, "place": place}
        for place, group in enumerate(vote.ballot, 1)
        for call in group
    ]
    connection.execute(places.insert(), ranked)
    return True


def known(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Which of these votes are kept already."""
    found: set[str] = set()
    for start in range(0, len(ids), 500):
        found |= {*connection.scalars(select(votes.c.id).where(votes.c.id.in_(ids[start : start + 500])))}
    return found


def answers(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Which of these calls are still in the log."""
    wanted, found = [*ids], set[str]()
    for start in range(0, len(wanted), 500):
        found |= {*connection.scalars(select(calls.c.id).where(calls.c.id.in_(wanted[start : start + 500])))}
    return found


def take_back(connection: Connection, id: str, user: str | None) -> bool:
    """Delete this vote of this user's; whether there was one."""
    own = votes.c.user.is_(None) if user is None else votes.c.user == user
    if not connection.execute(select(votes.c.id).where(votes.c.id == id, own)).first():
        return False
    connection.execute(delete(places).where(places.c.vote_id == id))
    connection.execute(delete(votes).where(votes.c.id == id))
    return True


def found(connection: Connection, filter: VoteFilter) -> tuple[CastVote, ...]:
    """The votes that the filter asks for, oldest first."""
    wanted = select(votes).where(*_conditions(filter)).order_by(votes.c.created_at, votes.c.id)
    rows = connection.execute(wanted).all()
    c = calls.c
    whose = (
        select(places, c.provider, c.model, c.route, c.endpoint_host, c.deployment, c.simulated)
        .join(calls, c.id == places.c.call_id)
        .join(votes, votes.c.id == places.c.vote_id)
        .where(*_conditions(filter))
        .order_by(places.c.vote_id, places.c.place, places.c.call_id)
    )
    ballots: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    targets: dict[str, dict[str, Target]] = defaultdict(dict)
    for row in connection.execute(whose):
        ballots[row.vote_id][row.place].append(row.call_id)
        targets[row.vote_id][row.call_id] = Target(
            row.provider, row.model, row.route, row.endpoint_host, row.deployment, row.simulated
        )
    return tuple(
        CastVote(
            Vote(ballot=tuple(map(tuple, ballots[row.id].values())), **{name: getattr(row, name) for name in _CAST}),
            row.created_at,
            targets[row.id],
        )
        for row in rows
    )


def _conditions(filter: VoteFilter) -> list[ColumnElement[bool]]:
    c = votes.c
    judged = c.judge.is_(None) if filter.judge is None else c.judge.is_not(None)
    conditions = [judged if filter.judge in (None, "any") else c.judge == filter.judge]
    for name in ("blind", "tag", "comparison_id", "experiment_id", "user"):
        if (value := getattr(filter, name)) is not None:
            conditions.append(c[name] == value)
    if filter.since is not None:
        conditions.append(c.created_at >= filter.since)
    if filter.until is not None:
        conditions.append(c.created_at < filter.until)
    if filter.simulated is not None:
        ranked = select(places.c.vote_id).join(calls, calls.c.id == places.c.call_id)
        of_sandbox = exists(ranked.where(places.c.vote_id == c.id, calls.c.simulated))
        conditions.append(of_sandbox if filter.simulated else ~of_sandbox)
    return conditions
