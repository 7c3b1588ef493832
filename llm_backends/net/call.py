"""One call as the network sees it: its clock, its attempts, its deadline."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from typing import Literal

import httpcore2
import httpx2

from ..clock import now_ms
from ..types import Target
from .gate import Gate
from .seen import Seen
from .switch import Switch

_current: ContextVar[Call | None] = ContextVar("call", default=None)

DRAIN_MS = 20.0


@dataclass(frozen=True)
class Timeouts:
    """Seconds: to connect, for the next bytes to arrive, and for the whole call."""

    connect_s: float = 10.0
    read_s: float = 60.0
    deadline_s: float = 600.0

    def http(self) -> httpx2.Timeout:
        """The same for an SDK, which knows no deadline."""
        return httpx2.Timeout(self.read_s, connect=self.connect_s)


class DeadlinePassed(httpcore2.ReadTimeout):
    """The call's total time is used up, though bytes may still be arriving."""


class Call(Switch):
    """What the network sees of one call, which can be stopped. Clock readings in milliseconds.

    `t0` is when the first byte of the first request is handed to the socket, or when the connection for it begins to be
    opened. `timed_from` "sdk": the SDK's socket is out of sight, and `t0` is when the SDK was called.
    `new_connection`: it goes over a connection of its own, which is closed with its answer.
    """

    def __init__(self, *, new_connection: bool = False) -> None:
        super().__init__()
        self.new_connection = new_connection
        self.t0: float | None = None
        self.timed_from: Literal["socket", "sdk"] | None = None
        self.started_at: datetime | None = None
        self.build_ms: float | None = None
        self.attempts: list[Seen] = []
        self.deadline_ms: float | None = None
        self.gate: Gate | None = None
        self.held = False
        self._asked_ms: float | None = None
        self._waited_ms = 0.0
        self._deadline_s: float | None = None
        self._drain_until_ms: float | None = None
        self._go = Event()

    @property
    def attempt(self) -> Seen:
        """The latest attempt; one that saw nothing where none was made."""
        return self.attempts[-1] if self.attempts else Seen()

    @property
    def target(self) -> Target | None:
        """Where the latest attempt went."""
        return self.attempt.target

    @property
    def retry_wait_ms(self) -> float:
        """How long the call has waited between its attempts."""
        return self._waited_ms + sum(attempt.waited_ms for attempt in self.attempts)

    @property
    def overdue(self) -> bool:
        """Whether the total deadline has passed (a read that was cut to it may wake a little early)."""
        return self.deadline_ms is not None and now_ms() > self.deadline_ms - 20

    def ask(self) -> None:
        """Say that the SDK is called now: what it needs until `ready` is its own time."""
        self._asked_ms = now_ms()

    def begin(self, target: Target, timeouts: Timeouts) -> None:
        """Start an attempt at `target`."""
        self.attempts.append(Seen(target, now_ms(), self._waited_ms))
        self._waited_ms, self._deadline_s = 0.0, timeouts.deadline_s

    def ready(self) -> bool:
        """Say that the request is built, and wait until the others of its comparison are ready too.

        False where the call has been stopped meanwhile. The total deadline starts here, once: neither others' loading
        nor a second attempt changes it.
        """
        if self.build_ms is None and self._asked_ms is not None:
            self.build_ms = now_ms() - self._asked_ms
        if self.gate is not None and not self._go.is_set():
            self.held = True
            self.gate.arrive(self)
            self._go.wait()
            self.held = False
        if self.deadline_ms is None and self._deadline_s is not None:
            self.deadline_ms = now_ms() + self._deadline_s * 1000
        return not self.stopped

    def go(self) -> None:
        """Let the call go: the gate has opened."""
        self._go.set()

    def leave(self) -> None:
        """Hold up no other call from now on."""
        if self.gate is not None:
            self.gate.arrive(self)

    def start(self, seen_from: Literal["socket", "sdk"] = "socket", at_ms: float | None = None) -> None:
        """Start the attempt's clock, and the call's with the first."""
        at_ms = now_ms() if at_ms is None else at_ms
        if self.t0 is None:
            self.t0, self.timed_from, self.started_at = at_ms, seen_from, datetime.now(UTC)
            self.build_ms = self.build_ms if seen_from == "socket" else None
        if self.attempts and self.attempt.sent_at is None:
            self.attempt.sent_at = at_ms

    def start_unseen(self) -> None:
        """Start the clock of a call in whose stream something came without a byte seen: at the call of the SDK."""
        if self.t0 is None:
            self.leave()
            self.start("sdk", self._asked_ms)

    def wait(self, wait_s: float) -> bool:
        """Wait before another attempt; False, at once, where the deadline leaves no time or the call is stopped."""
        started = now_ms()
        if self.deadline_ms is not None and started + wait_s * 1000 >= self.deadline_ms:
            return False
        self._stop.wait(wait_s)
        self._waited_ms += now_ms() - started
        return not self.stopped

    def stop(self) -> None:
        """Stop the call wherever it is; what had arrived is kept. Idempotent, safe from any thread."""
        super().stop()
        self._go.set()
        self.leave()

    def hold(self, sock: socket.socket) -> None:
        """Remember the socket that carries this call. Raises Stopped."""
        super().hold(sock)
        self._drain_until_ms = None

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
