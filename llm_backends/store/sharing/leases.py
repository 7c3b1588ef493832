"""Leases: which process makes which share of an experiment, and until when nobody may take that over."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select

from ..processes import alive, of_this_machine
from ..tables import leases, processes

LEASE_S = 30.0
"""How long a lease holds: as long as nobody may take over from a process that is not known to have ended."""


@dataclass(frozen=True, order=True)
class Share:
    """Which blocks of an experiment are meant: each `of`-th of its order, from `number` on. 0 of 1 is all of it."""

    number: int = 0
    of: int = 1


WHOLE = Share()


@dataclass(frozen=True)
class Load:
    """What a live worker holds, each as (experiment, share), and how many shares it takes at once."""

    room: int
    held: tuple[tuple[str, Share], ...] = ()


def own(id: str, share: Share, process: str) -> ColumnElement[bool]:
    """This process's lease on the share."""
    row = leases.c
    return and_(row.experiment_id == id, row.share == share.number, row.shares == share.of, row.holder == process)


def over(connection: Connection) -> ColumnElement[bool]:
    """Whether a lease no longer holds: its time is over, or its process has ended on this machine.

    A time further ahead than any lease lasts was written by a clock that has been set back since: it tells nothing. The
    process is then taken for alive only where it is seen to live, on this machine.
    """
    row = leases.c
    past, beyond = row.lease_until < after(connection, 0), row.lease_until > after(connection, 2 * LEASE_S)
    unseen = row.holder.not_in(of_this_machine(connection, alive=True))
    return or_(past, and_(beyond, unseen), _ended(connection))


def drop_over(connection: Connection, id: str) -> None:
    """Forget the experiment's leases that no longer hold."""
    connection.execute(delete(leases).where(leases.c.experiment_id == id, over(connection)))


def holders(connection: Connection, ids: list[str]) -> dict[str, int]:
    """How many processes hold each of these experiments, those that nobody holds left out."""
    row = leases.c
    query = select(row.experiment_id, func.count(row.holder.distinct()))
    query = query.where(row.experiment_id.in_(ids), ~over(connection)).group_by(row.experiment_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def loads(connection: Connection) -> dict[str, Load]:
    """What each live worker holds, by its process."""
    row, process = leases.c, processes.c
    held = defaultdict[str, list[tuple[str, Share]]](list)
    for id, number, of, holder in connection.execute(
        select(row.experiment_id, row.share, row.shares, row.holder).where(~over(connection))
    ):
        held[holder].append((id, Share(number, of)))
    living = select(process.id, process.room).where(process.room.is_not(None), process.id.in_(alive(connection)))
    return {id: Load(room, tuple(sorted(held[id]))) for id, room in connection.execute(living)}


def orphaned(connection: Connection) -> set[str]:
    """The experiments of which a holder is known to have ended, on this machine."""
    row = leases.c
    return set(connection.scalars(select(row.experiment_id).where(_ended(connection))))


def drop_ended(connection: Connection, id: str) -> set[int]:
    """Forget the experiment's leases whose holders are known to have ended; the numbers of their shares."""
    mine = and_(leases.c.experiment_id == id, _ended(connection))
    return set(connection.scalars(delete(leases).where(mine).returning(leases.c.share)))


def after(connection: Connection, seconds: float) -> str:
    """The time of day that many seconds from now, by the one clock that all who share the database go by."""
    return (_now(connection) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def seconds_until(connection: Connection, moment: str) -> float:
    """How far ahead a moment is that `after` made."""
    return (datetime.fromisoformat(moment) - _now(connection)).total_seconds()


def _ended(connection: Connection) -> ColumnElement[bool]:
    return leases.c.holder.in_(of_this_machine(connection, alive=False))


def _now(connection: Connection) -> datetime:
    if connection.dialect.name == "postgresql":
        moment: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return moment.astimezone(UTC)
    return datetime.now(UTC)
