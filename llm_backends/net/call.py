"""One call as the network saw it: its times, its deadline, and the switch that stops it from any thread."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Event, Lock

import httpcore2
import httpx2

from ..clock import now_ms
from ..types import Target

# An SDK takes milliseconds to build a request, and threads share one interpreter: built side by side, eight requests
# would each count the others' building as their own latency. So they are built in turn, the clock starting with each.
_turn = Lock()
_current: ContextVar["Call | None"] = ContextVar("call", default=None)

DRAIN_MS = 20.0
TURN_S = 0.1
REQUEST_ID_HEADERS = ("apim-request-id", "x-request-id", "request-id", "x-ms-request-id", "mistral-correlation-id")


@dataclass(frozen=True)
class Timeouts:
    """Seconds: to connect, for the next bytes to arrive, and for the whole call."""

    connect_s: float = 10.0
    read_s: float = 60.0
    deadline_s: float = 600.0

    def http(self) -> httpx2.Timeout:
        """The same for an SDK, which knows no deadline."""
        return httpx2.Timeout(self.read_s, connect=self.connect_s)


class Stopped(httpcore2.NetworkError):
    """The call was stopped before it could send anything."""


class DeadlinePassed(httpcore2.ReadTimeout):
    """The call's total time is used up, though bytes may still be arriving."""


class NotAnApi(httpx2.RemoteProtocolError):
    """The endpoint answered with a web page or a redirect."""


class Call:
    """What the network saw of one call, and the switch that stops it. Clock readings in milliseconds."""

    def __init__(self) -> None:
        self.deadline_ms: float | None = None
        self.connect_ms: float | None = None
        self.headers_at: float | None = None
        self.arrived_at: float | None = None
        self.status: int | None = None
        self.headers: httpx2.Headers = httpx2.Headers()
        self.error_body: object = None
        self.target: Target | None = None
        self.began_ms: float | None = None
        self.attempts = 0
        self.failed_hosts: list[str] = []
        self.retry_wait_ms = 0.0
        self._stop = Event()
        self._has_turn = False
        self._drain_until_ms: float | None = None
        self._socket: socket.socket | None = None
        self._lock = Lock()

    @property
    def request_id(self) -> str | None:
        """The provider's id for this call, where it sent one."""
        return next((self.headers[name] for name in REQUEST_ID_HEADERS if name in self.headers), None)

    @property
    def overdue(self) -> bool:
        """Whether the total deadline has passed (a read that was cut to it may wake a little early)."""
        return self.deadline_ms is not None and now_ms() > self.deadline_ms - 20

    @property
    def stopped(self) -> bool:
        """Whether somebody has stopped the call."""
        return self._stop.is_set()

    def begin(self, target: Target, timeouts: Timeouts) -> None:
        """Start an attempt at `target` and forget what an earlier one saw.

        The total deadline starts once: a second attempt gets no more time.
        """
        self.target, self.began_ms = target, now_ms()
        self.connect_ms = self.headers_at = self.arrived_at = self.status = self.error_body = None
        self.headers = httpx2.Headers()
        if self.deadline_ms is None:
            self.deadline_ms = self.began_ms + timeouts.deadline_s * 1000

    def wait(self, wait_s: float) -> bool:
        """Wait before another attempt; False, at once, where the deadline leaves no time or the call is stopped."""
        started = now_ms()
        if self.deadline_ms is not None and started + wait_s * 1000 >= self.deadline_ms:
            return False
        self._stop.wait(wait_s)
        self.retry_wait_ms += now_ms() - started
        return not self.stopped

    def take_turn(self) -> None:
        """Wait until no other call is building its request, TURN_S at most: somebody's slow token must delay nobody."""
        self._has_turn = _turn.acquire(timeout=TURN_S)

    def end_turn(self) -> None:
        """Let the next call build its request. Idempotent; the transport does it as soon as this one is on its way."""
        if self._has_turn:
            self._has_turn = False
            _turn.release()

    def stop(self) -> None:
        """Shut the socket under whoever reads it: the only way to wake a blocked reader. Safe from any thread."""
        with self._lock:
            self._stop.set()
            if self._socket is not None:
                with suppress(OSError):
                    # An SSLSocket's own shutdown would take its TLS state away from the reader; the plain one does not.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def hold(self, sock: socket.socket) -> None:
        """Remember the socket that carries this call."""
        with self._lock:
            if self.stopped:
                raise Stopped("stopped before the request was sent")
            self._socket, self._drain_until_ms = sock, None

    def release(self) -> None:
        """Forget the socket: its connection may go back to the pool and carry somebody else's call."""
        with self._lock:
            self._socket = None

    def limit(self, timeout: float | None) -> float | None:
        """The read timeout in seconds, cut to what the deadline leaves."""
        end = self._drain_until_ms or self.deadline_ms
        if end is None:
            return timeout
        left = (end - now_ms()) / 1000
        if left <= 0:
            raise DeadlinePassed("deadline passed")
        return left if timeout is None else min(timeout, left)

    def drain(self, rest: Iterator[bytes]) -> None:
        """Read what is left of an answer, for DRAIN_MS at most, so that its connection can be used again.

        The openai SDK stops reading at `[DONE]`, before the end of the HTTP body, and would close the connection.
        """
        if not self.stopped:
            self._drain_until_ms = now_ms() + DRAIN_MS
            with suppress(httpx2.HTTPError, httpcore2.ReadTimeout):
                for _ in rest:
                    pass

    def note(self, response: httpx2.Response) -> None:
        """Take the facts off the response's head; read the body only of an error."""
        self.headers_at = self.arrived_at or now_ms()
        self.status, self.headers = response.status_code, response.headers
        if response.status_code >= 400:
            response.read()
            with suppress(ValueError):
                self.error_body = json.loads(response.content)
        elif response.status_code >= 300:
            raise NotAnApi(f"a redirect to {httpx2.URL(response.headers.get('location', '')).host or 'nowhere'}")
        elif response.headers.get("content-type", "").startswith("text/html"):
            raise NotAnApi("a web page instead of an answer")


@contextmanager
def current(call: Call) -> Iterator[None]:
    """Make this the call that the thread's sockets report to."""
    token = _current.set(call)
    try:
        yield
    finally:
        _current.reset(token)


def current_call() -> Call | None:
    """The thread's current call; None where nobody measures."""
    return _current.get()
