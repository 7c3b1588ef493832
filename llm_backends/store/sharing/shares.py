"""How processes share an experiment: they take shares of it under leases, and reserve what each call may cost."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, func, select, update

from ..experiments import Counts, State, Tally, Wanted, tallies
from ..tables import experiments, holds, insert, leases
from . import leases as held
from .leases import LEASE_S, WHOLE, Share, after, drop_ended, drop_over, seconds_until

Claim = Literal["taken", "busy", "over"]


@dataclass(frozen=True)
class Use:
    """What a process has made of its share since it took it, and what is in flight, at what it is expected to cost."""

    made: int = 0
    spent_usd: float = 0.0
    in_flight: int = 0
    reserved_usd: float = 0.0


@dataclass(frozen=True)
class Refusal:
    """The limit that one more call would pass. `final`: nothing is in flight anywhere that could leave more."""

    limit: Literal["usd", "calls"]
    final: bool


def enqueue(connection: Connection, id: str, of: int) -> Literal["queued", "busy", "done"]:
    """Say that workers will take the experiment in so many shares; "busy" where it is held otherwise."""
    found = _locked(connection, id)
    if found is None or found.state == "done":
        return "done"
    drop_over(connection, id)
    others = connection.scalars(select(leases.c.shares).where(leases.c.experiment_id == id)).all()
    if any(shares != of for shares in others):
        return "busy"
    _write(connection, id, state="running" if others else "queued", reason=None, wanted=None)
    return "queued"


def claim(connection: Connection, id: str, process: str, share: Share = WHOLE, *, queued: bool = False) -> Claim:
    """Take the lease on a share for this process, where nobody holds it; from then on the experiment is running.

    "busy": another process holds that share, or others where all of it is asked for. `queued`: it is taken only while
    workers are wanted; "over" says that they are not any more.
    """
    found = _locked(connection, id)
    drop_over(connection, id)
    row = leases.c
    others = connection.execute(select(row.share, row.shares).where(row.experiment_id == id)).all()
    if found is None or queued and not _workers_wanted(connection, id, found, bool(others)):
        return "over"
    if any(other.shares != share.of for other in others):
        return "over" if queued else "busy"
    if any(other.share == share.number for other in others):
        return "busy"
    values = {"holder": process, "lease_until": after(connection, LEASE_S)}
    connection.execute(
        leases.insert(), values | {"experiment_id": id, "share": share.number, "shares": share.of} | asdict(Use())
    )
    if share.of > 1:
        recount(connection, id)
    _write(connection, id, state="running", **({} if others else {"reason": None, "wanted": None}))
    return "taken"


def _workers_wanted(connection: Connection, id: str, found: Row[Any, Any, Any, Any], others: bool) -> bool:
    if found.wanted and not others:  # who was asked to pause it has ended without
        _write(connection, id, state=found.wanted, wanted=None)
    return found.state in ("queued", "running") and not found.wanted


def renew(
    connection: Connection, id: str, process: str, share: Share, counts: Counts | None, use: Use
) -> Wanted | Literal["lost"] | None:
    """Hold the lease for longer; what somebody wants of the experiment, "lost" where another holds the share.

    `counts`, where this process makes all of it, says how far it is.
    """
    mine = update(leases).where(held.own(id, share, process))
    if connection.execute(mine.values(asdict(use) | {"lease_until": after(connection, LEASE_S)})).rowcount == 0:
        return "lost"
    if counts:
        _write(connection, id, **asdict(counts))
    wanted: Wanted | None = connection.scalar(select(experiments.c.wanted).where(experiments.c.id == id))
    return wanted


def release(
    connection: Connection, id: str, process: str, share: Share, state: State, reason: str | None, counts: Counts
) -> None:
    """Give the lease back, and write how it ended.

    While others hold shares the experiment goes on; where this one was paused or stopped they are asked to pause too.
    """
    found = _locked(connection, id)
    if found is None or connection.execute(delete(leases).where(held.own(id, share, process))).rowcount == 0:
        return
    drop_over(connection, id)
    if share.of == 1:
        _write(connection, id, state=state, reason=reason, wanted=None, **asdict(counts))
        return
    counts = recount(connection, id)
    asked = state in ("paused", "stopped")
    reason = found.reason or (reason if asked else None)
    others = connection.scalar(select(func.count()).where(leases.c.experiment_id == id))
    if counts.ended == found.total:
        _write(connection, id, state="done", reason=None, wanted=None)
    elif others:
        _write(connection, id, reason=reason, wanted=found.wanted or ("paused" if asked else None))
    else:
        left = state if asked else found.wanted or ("paused" if reason else "queued")
        _write(connection, id, state=left, reason=reason, wanted=None)


def bury(connection: Connection, id: str) -> set[int]:
    """Forget the leases of those who are known to have ended; the numbers of their shares, told once."""
    _locked(connection, id)
    if numbers := drop_ended(connection, id):
        recount(connection, id)
    return numbers


def recount(connection: Connection, id: str) -> Counts:
    """Write how far a shared experiment is, as its calls tell, and how much of each holder's use is among them.

    A call's row is written before its holder tells of it, so one may be counted twice until the next time, never less.
    """
    _locked(connection, id)
    row = leases.c
    mine = update(leases).where(row.experiment_id == id)
    connection.execute(mine.values(counted_made=row.made, counted_usd=row.spent_usd))
    counts = counted(tallies(connection, id))
    _write(connection, id, **asdict(counts))
    return counts


def counted(found: Mapping[int, Tally]) -> Counts:
    """What the tallies by slot come to; an answer of unknown cost counts as the dearest of its slot."""
    all_of = found.values()
    return Counts(
        ended=sum(tally.ended for tally in all_of),
        failed=sum(tally.failed for tally in all_of),
        spent_usd=sum(tally.spent_usd + tally.unpriced * tally.most_usd for tally in all_of),
        made=sum(tally.calls for tally in all_of),
    )


def reserve(
    connection: Connection,
    id: str,
    process: str,
    share: Share,
    use: Use,
    usd: float,
    limits: tuple[float | None, int | None],
) -> Refusal | None:
    """Reserve one more call at `usd` beside this process's use, within the limits in USD and calls; None: it may go."""
    _locked(connection, id)
    mine = update(leases).where(held.own(id, share, process))
    connection.execute(mine.values(asdict(use)))
    refusal = _refused(connection, id, usd, limits)
    if refusal:  # those who ended without a word may have left more
        drop_over(connection, id)
        recount(connection, id)
        refusal = _refused(connection, id, usd, limits)
    if refusal is None:
        more = replace(use, in_flight=use.in_flight + 1, reserved_usd=use.reserved_usd + usd)
        connection.execute(mine.values(asdict(more)))
    return refusal


def _refused(connection: Connection, id: str, usd: float, limits: tuple[float | None, int | None]) -> Refusal | None:
    row, experiment = leases.c, experiments.c
    since = select(
        func.coalesce(func.sum(row.made - row.counted_made + row.in_flight), 0),
        func.coalesce(func.sum(row.spent_usd - row.counted_usd + row.reserved_usd), 0.0),
        func.coalesce(func.sum(row.in_flight), 0),
    )
    made, spent_usd, in_flight = connection.execute(since.where(row.experiment_id == id)).one()
    before = connection.execute(select(experiment.made, experiment.spent_usd).where(experiment.id == id)).one()
    most_usd, most_calls = limits
    if most_calls is not None and before.made + int(made) + 1 > most_calls:
        return Refusal("calls", final=not in_flight)
    if most_usd is not None and before.spent_usd + float(spent_usd) + usd > most_usd:
        return Refusal("usd", final=not in_flight)
    return None


def hold(connection: Connection, id: str, endpoint: str, seconds: float) -> None:
    """Tell the others that an endpoint asked to be left alone for that long."""
    until = {"until": after(connection, seconds)}
    statement = insert(connection, holds).on_conflict_do_update(
        index_elements=["experiment_id", "endpoint"], set_=until
    )
    connection.execute(statement, {"experiment_id": id, "endpoint": endpoint} | until)


def held_endpoints(connection: Connection, id: str) -> dict[str, float]:
    """The endpoints that asked to be left alone, with the seconds that are left."""
    found = connection.execute(select(holds.c.endpoint, holds.c.until).where(holds.c.experiment_id == id))
    left = {endpoint: seconds_until(connection, until) for endpoint, until in found}
    return {endpoint: seconds for endpoint, seconds in left.items() if seconds > 0}


def _locked(connection: Connection, id: str) -> Row[Any, Any, Any, Any] | None:
    """The experiment's row, which no other transaction changes before this one ends."""
    e = experiments.c
    connection.execute(update(experiments).where(e.id == id).values(id=id))
    return connection.execute(select(e.state, e.reason, e.wanted, e.total).where(e.id == id)).first()


def _write(connection: Connection, id: str, **values: object) -> None:
    connection.execute(update(experiments).where(experiments.c.id == id).values(values))
