"""The one HTTP client under every SDK: it stamps times, stops a call from any thread and enforces the total deadline.

The SDKs know nothing of it. A thread that makes a call sets it as the current one, and the sockets it writes to and
reads from report to that call.
"""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock
from urllib.request import getproxies, proxy_bypass

import httpcore2
import httpx2

from .clock import now_ms
from .once import once

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
        self.stopped = False
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

    def arm(self, timeouts: Timeouts) -> None:
        """Start the total deadline, once: a second attempt does not get more time."""
        if self.deadline_ms is None:
            self.deadline_ms = now_ms() + timeouts.deadline_s * 1000

    def take_turn(self) -> None:
        """Wait until no other call is building its request, TURN_S at most: somebody's slow token must delay nobody."""
        self._has_turn = _turn.acquire(timeout=TURN_S)

    def end_turn(self) -> None:
        """Let the next call build its request. Idempotent; the transport does it as soon as the request is built."""
        if self._has_turn:
            self._has_turn = False
            _turn.release()

    def stop(self) -> None:
        """Shut the socket under whoever reads it: the only way to wake a blocked reader. Safe from any thread."""
        with self._lock:
            self.stopped = True
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


def current_call() -> Call:
    """The thread's current call, or a fresh one where nobody measures."""
    return _current.get() or Call()


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        call = _current.get()
        if call is None:
            return self._inner.read(max_bytes, timeout)
        data = self._inner.read(max_bytes, call.limit(timeout))
        call.arrived_at = now_ms()
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if call := _current.get():
            call.hold(self._inner.get_extra_info("socket"))
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(self, *args, **kwargs) -> httpcore2.NetworkStream:
        started = now_ms()
        stream = _Stream(self._inner.start_tls(*args, **kwargs))
        if (call := _current.get()) and call.connect_ms is not None:
            call.connect_ms += now_ms() - started
        return stream

    def get_extra_info(self, info: str):
        return self._inner.get_extra_info(info)


class _Body(httpx2.SyncByteStream):
    """A response's body that leaves its connection usable where the reader closes it a little early."""

    def __init__(self, inner: httpx2.SyncByteStream, call: Call) -> None:
        self._inner, self._call, self._chunks = inner, call, iter(inner)

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:  # noqa: UP028 - `yield from` would close them with this generator, before the drain
            yield chunk

    def close(self) -> None:
        self._call.drain(self._chunks)
        self._inner.close()


class _Network(httpcore2.SyncBackend):
    def connect_tcp(self, *args, **kwargs) -> httpcore2.NetworkStream:
        started = now_ms()
        stream = super().connect_tcp(*args, **kwargs)
        if call := _current.get():
            call.connect_ms = now_ms() - started
        return _Stream(stream)


class _Transport(httpx2.HTTPTransport):
    def __init__(self, proxy: str | None = None) -> None:
        # A slot must never wait for a connection, and an analyst who reads an answer should find the next call's open.
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=120)
        super().__init__(limits=limits, proxy=proxy)
        self._pool._network_backend = _Network()  # httpx2 has no parameter for it; a test holds this line

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = super().handle_request(request)
        if call := _current.get():
            try:
                call.note(response)
            except BaseException:
                response.close()
                raise
            if not response.is_closed:
                response.stream = _Body(response.stream, call)
        return response


class _Proxied(httpx2.BaseTransport):
    """Chooses by host, as the environment's proxy variables say; a loopback host is always direct."""

    def __init__(self) -> None:
        self._direct = _Transport()
        proxies = getproxies()
        self._by_scheme = {scheme: _Transport(proxies[scheme]) for scheme in ("http", "https") if scheme in proxies}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if call := _current.get():
            call.end_turn()
        host = request.url.host
        through = self._by_scheme.get(request.url.scheme)
        if through is None or host in ("localhost", "127.0.0.1", "::1") or proxy_bypass(host):
            return self._direct.handle_request(request)
        return through.handle_request(request)

    def close(self) -> None:
        for transport in (self._direct, *self._by_scheme.values()):
            transport.close()


@once
def client() -> httpx2.Client:
    """The process's HTTP client, shared by every SDK so that connections stay open between calls.

    It follows no redirect: only `Authorization` would be taken off at another host, not the vendors' own key headers.
    """
    return httpx2.Client(transport=_Proxied(), timeout=Timeouts().http(), follow_redirects=False)
