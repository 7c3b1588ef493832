"""Waiting for an exact moment while watching whether the client is still there."""

import select
import socket
import time

_HUNG_UP = getattr(select, "POLLRDHUP", select.POLLIN)
"""Without POLLRDHUP (not Linux) any readable byte means the end: a waiting client has nothing to send."""


class ClientGone(Exception):
    """The client closed its side, or the sandbox is closing."""


class Line:
    """One client's connection, to wait on."""

    def __init__(self, connection: socket.socket):
        self._poll = select.poll()
        self._poll.register(connection, _HUNG_UP)

    def wait(self, until: float | None) -> None:
        """Return at that time.perf_counter(), or never for None. Raises ClientGone as soon as the line is cut."""
        while until is None or (left := until - time.perf_counter()) > 0:
            if until is not None and left < 0.001:  # poll counts in whole milliseconds
                time.sleep(left)
            elif self._poll.poll(None if until is None else int(left * 1000)):
                raise ClientGone
