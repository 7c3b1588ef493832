"""The switch that stops a call from any thread, whatever the call waits for."""

import socket
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Event, Lock, Thread

import httpcore2


class Stopped(httpcore2.NetworkError):
    """The call was stopped before it could send anything."""


class Switch:
    """Wakes whoever waits on the network, or for work that cannot be interrupted, as soon as it is thrown."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._stop = Event()
        self._aside: SimpleQueue[BaseException | None] = SimpleQueue()
        self._lock = Lock()

    @property
    def stopped(self) -> bool:
        """Whether somebody has stopped the call."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Shut the socket under whoever reads it: the only way to wake a blocked reader. Safe from any thread."""
        with self._lock:
            self._stop.set()
            if self._socket is not None:
                with suppress(OSError):
                    # An SSLSocket's own shutdown would take its TLS state away from the reader; the plain one does not.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        self._aside.put(None)

    def hold(self, sock: socket.socket) -> None:
        """Remember the socket that carries this call."""
        with self._lock:
            if self.stopped:
                raise Stopped("stopped before the request was sent")
            self._socket = sock

    def release(self) -> None:
        """Forget the socket: its connection may go back to the pool and carry somebody else's call."""
        with self._lock:
            self._socket = None

    def aside(self, work: Callable[[], object]) -> None:
        """Do what cannot be interrupted in a thread of its own: return when it has ended or the call is stopped.

        Raises what it raised.
        """

        def run() -> None:
            try:
                work()
            except BaseException as exc:
                self._aside.put(exc)
            else:
                self._aside.put(None)

        if self.stopped:
            return
        Thread(target=run, name="aside", daemon=True).start()
        raised = self._aside.get()
        if raised is not None and not self.stopped:
            raise raised
