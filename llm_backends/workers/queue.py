"""The queue that workers take shares of experiments from: procrastinate, in the log's own PostgreSQL.

It is kept where the calls are, so that an experiment is queued with what says so or not at all, needs no server beside
the database, and knows which worker has died by the heartbeats of them all.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..experiments.plan_file import from_json
from ..experiments.sharing.lease import Busy
from ..store import experiments
from ..store.sharing import shares
from ..store.sharing.leases import loads

if TYPE_CHECKING:
    import psycopg
    from procrastinate import App, BaseRetryStrategy
    from sqlalchemy import Connection

    from ..store.call_log import CallLog
    from ..store.database import Database

    Share = Callable[..., Awaitable[None]]

QUEUE, TASK = "experiments", "share of an experiment"
WAITS_S = 2.0
"""So long a share waits for the worker whose due it is; then it is anybody's again."""
STALLED_S = 15.0
"""A worker whose heart has not beaten for that long is taken for dead."""
NO_SERVER = (
    "Workers share experiments through PostgreSQL, and {place} is a file on one machine. Set LLMSELECT_DATABASE_URL to "
    "postgresql://USER:PASSWORD@HOST/DATABASE for the workers and for the dashboard, or run the experiment without "
    "workers: it then runs with threads of one process."
)
_SCHEMA_LOCK = 0x4C4C4D54  # any number that no other program on the server is likely to lock


def check(log: "CallLog") -> None:
    """Raises ConfigError where the log is in no database that workers could share."""
    if not log.database.is_server:
        raise ConfigError(NO_SERVER.format(place=log.place))


def workers(log: "CallLog") -> int:
    """How many workers are there now; one that was killed on another machine is counted for half a minute."""
    with log.database.reading() as connection:
        return len(loads(connection))


def queue(log: "CallLog", id: str) -> None:
    """Give the experiment to the workers, those that are there and those that will be; one that is done stays as it is.

    Raises Busy where one process runs it, ConfigError without PostgreSQL and where the queue can't be written.
    """
    check(log)
    with log.database.writing() as connection:
        found = experiments.one(connection, id)
        if found is None:
            raise ConfigError(f"There is no experiment {id}.")
        prepare(connection)
        of = from_json(found.plan).concurrency
        outcome = shares.enqueue(connection, found.id, of)
        if outcome == "busy":
            raise Busy(id)
        if outcome == "queued":
            _defer(connection, found.id, of)


def prepare(connection: "Connection") -> None:
    """Make the queue's tables, once and whole, whoever comes first. A newer procrastinate may need its migrations."""
    from procrastinate.schema import SchemaManager

    own = _driver(connection)
    own.execute("SELECT pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
    if own.execute("SELECT to_regclass('procrastinate_jobs')").fetchone() == (None,):
        own.execute(SchemaManager.get_schema())


def length(connection: "Connection") -> int:
    """How many shares there are to make, those that workers make now among them."""
    found = _driver(connection).execute(
        "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND status IN ('todo', 'doing')", (TASK,)
    )
    return int((found.fetchone() or (0,))[0])


def of_worker(id: str) -> str:
    """The queue of what waits for this worker alone: in the common one others, who must leave it, can be faster."""
    return f"{QUEUE} {id}"


def take_back(connection: "Connection") -> None:
    """Put into the common queue what has waited for one worker in vain: it may have ended, or be full by now."""
    _driver(connection).execute(
        "UPDATE procrastinate_jobs SET queue_name = %s WHERE task_name = %s AND status = 'todo' AND queue_name <> %s "
        "AND scheduled_at < now() - make_interval(secs => %s)",
        (QUEUE, TASK, QUEUE, WAITS_S),
    )


def app(database: "Database", share: "Share", retry: "BaseRetryStrategy") -> "App":
    """The queue as a worker opens it: `share(context, experiment_id, number, of)` is called for each that it takes."""
    from procrastinate import App, PsycopgConnector

    kept = {"connect_timeout": 5, "tcp_user_timeout": 10_000}
    found = App(connector=PsycopgConnector(conninfo=database.conninfo, min_size=1, max_size=4, kwargs=kept))
    found.task(name=TASK, queue=QUEUE, pass_context=True, retry=retry)(share)
    return found


def _defer(connection: "Connection", id: str, of: int) -> None:
    """One job a share, where none waits already. One that is being done may be about to end: the next waits for it."""
    from procrastinate import App, PsycopgConnector

    own = _driver(connection)
    waiting = own.execute("SELECT lock FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo'", (TASK,))
    locks = {lock for (lock,) in waiting}
    unopened = App(connector=PsycopgConnector())
    for number in range(of):
        if (lock := f"{id}/{number}") not in locks:
            job = unopened.configure_task(TASK, queue=QUEUE, lock=lock, connection=own)
            job.defer(experiment_id=id, number=number, of=of)


def _driver(connection: "Connection") -> "psycopg.Connection[Any]":
    found: psycopg.Connection[Any] | None = connection.connection.driver_connection
    assert found is not None
    return found
