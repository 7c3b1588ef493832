"""The start of a comparison: calls wait here until all that take part are ready to send, and leave together."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .call import Call


class Gate:
    """Opens once each of its calls has arrived, its request built, or has left the race. Safe from any thread.

    A connection is opened only behind the gate, so that every call's clock starts at the same moment.
    """

    def __init__(self, calls: Iterable[Call]) -> None:
        self._calls = tuple(calls)
        self._missing = set(self._calls)
        self._lock = Lock()
        for call in self._calls:
            call.gate = self

    def arrive(self, call: Call) -> None:
        """Wait for this call no longer: it is ready, stopped, or at its end. Idempotent."""
        with self._lock:
            if call not in self._missing:
                return
            self._missing.remove(call)
            last = not self._missing
        if last:
            for each in self._calls:
                each.go()
