"""The start of a comparison: calls wait here until all that take part are ready to send, and leave together."""

from collections.abc import Iterable
from threading import Lock
from typing import Protocol


class Waiting(Protocol):
    """A call, as the gate sees it."""

    def go(self) -> None:
        """Go on: the gate has opened."""


class Gate:
    """Opens once each of its calls has arrived, its request built, or has left the race. Safe from any thread.

    A connection is opened only behind the gate, so that every call's clock starts at the same moment.
    """

    def __init__(self, calls: Iterable[Waiting]) -> None:
        self._calls = tuple(calls)
        self._missing = set(self._calls)
        self._lock = Lock()

    def arrive(self, call: Waiting) -> None:
        """Wait for this call no longer: it is ready, stopped, or at its end. Idempotent."""
        with self._lock:
            if call not in self._missing:
                return
            self._missing.remove(call)
            last = not self._missing
        if last:
            for each in self._calls:
                each.go()
