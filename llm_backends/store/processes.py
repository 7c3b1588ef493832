"""Which processes have the database open: each says so every now and then, so that others know which runs go on."""

import os
import socket
import sys
import uuid
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import Connection, Select, delete, select

from .columns import now
from .tables import insert, processes

SEEN_EVERY_S = 10.0
_GONE_AFTER = timedelta(seconds=30)
_FORGOTTEN_AFTER = timedelta(days=1)

_open_here: set[str] = set()


class Process:
    """One that has the database open, as the others see it; `id` is its own each time that it opens it.

    `room` is for a worker: how many shares of experiments it takes at once.
    """

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self.room: int | None = None
        self._started_at = now()
        _open_here.add(self.id)

    def seen(self, connection: Connection) -> None:
        """Say that the process lives."""
        row = {"id": self.id, "host": socket.gethostname(), "pid": os.getpid(), "started_at": self._started_at}
        changed = {"seen_at": now(), "room": self.room}
        statement = insert(connection, processes).on_conflict_do_update(index_elements=["id"], set_=changed)
        connection.execute(statement, row | changed)

    def closed(self, connection: Connection) -> None:
        """Say that the process is done with the database; forget those that never did."""
        _open_here.discard(self.id)
        old = processes.c.seen_at < now(_FORGOTTEN_AFTER)
        connection.execute(delete(processes).where((processes.c.id == self.id) | old))


def alive(connection: Connection) -> Select[str]:
    """Selects the ids of those that were seen lately and are not known to have ended since."""
    p = processes.c
    return select(p.id).where(p.seen_at >= now(_GONE_AFTER), p.id.not_in(of_this_machine(connection, alive=False)))


def of_this_machine(connection: Connection, *, alive: bool) -> list[str]:
    """The ids of those of this machine that run, or of those that have ended without saying so."""
    p = processes.c
    here = connection.execute(select(p.id, p.pid).where(p.host == socket.gethostname())).all()
    return [row.id for row in here if _runs(row.id, row.pid) == alive]


def _runs(id: str, pid: int) -> bool:
    """Whether a process of this machine may be running still."""
    if pid == os.getpid():  # or had that number before, as in a container that was started again
        return id in _open_here
    if sys.platform != "win32":  # where this would end it
        with suppress(PermissionError):
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return False
    return True
