"""Runs slots side by side, a thread each, so that no slot ever waits for another."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from queue import SimpleQueue
from threading import Event, Thread
from typing import Literal

from ..catalog.prices import cost
from ..clock import now_ms
from ..net.call import Call
from ..slot import Slot
from ..types import CallResult, Delta
from .measure import Phase, measured

MAX_SLOTS = 8

log = logging.getLogger(__name__)


class Lane:
    """The live state of one slot: written by its own thread, read by anybody at any time."""

    def __init__(self, slot: Slot) -> None:
        self.target, self.request, self.retries = slot.backend.target, slot.request, slot.retries
        self.state: Phase | Literal["waiting", "done"] = "waiting"
        self.result: CallResult | None = None
        self.chunks = 0
        self.call = Call()
        self._answer: list[str] = []
        self._reasoning: list[str] = []
        self._started_ms: float | None = None

    @property
    def answer(self) -> str:
        """The visible answer so far."""
        return "".join(self._answer)

    @property
    def reasoning(self) -> str:
        """The model's thinking so far."""
        return "".join(self._reasoning)

    @property
    def elapsed_ms(self) -> float | None:
        """Milliseconds since the request was sent, or the total once done; None before it is sent."""
        if self.result is not None:
            return self.result.total_ms
        return None if self._started_ms is None else now_ms() - self._started_ms

    def accept(self, event: str | Delta | CallResult) -> None:
        """Take in one event of `measured`."""
        if isinstance(event, Delta):
            (self._reasoning if event.reasoning else self._answer).append(event.text)
            self.chunks += 1
        elif isinstance(event, CallResult):
            self.result, self.state = event, "done"
        else:
            self.state = event
            if event == "running" and self._started_ms is None:
                self._started_ms = now_ms()


class Race:
    """Up to MAX_SLOTS slots at once. `on_result(index, result)` is called in the slot's thread when it ends."""

    def __init__(self, slots: Sequence[Slot], on_result: Callable[[int, CallResult], None] | None = None) -> None:
        if not 1 <= len(slots) <= MAX_SLOTS:
            raise ValueError(f"a race takes 1 to {MAX_SLOTS} slots, not {len(slots)}")
        self.lanes = tuple(Lane(slot) for slot in slots)
        self._slots = tuple(slots)
        self._on_result = on_result
        self._events: SimpleQueue[tuple[int, Delta | CallResult]] | None = None
        self._threads: list[Thread] = []
        self._done = [Event() for _ in slots]

    def start(self) -> None:
        """Start every slot; a second call does nothing."""
        if self._threads:
            return
        self._threads = [
            Thread(target=self._run, args=(slot,), name=f"slot-{slot}", daemon=True) for slot in range(len(self.lanes))
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, slot: int | None = None) -> None:
        """Stop one slot, or all: its connection is closed and what had arrived is kept. Idempotent."""
        for lane in self.lanes if slot is None else (self.lanes[slot],):
            lane.call.stop()

    @property
    def finished(self) -> bool:
        """Whether every slot has ended and its result has been handed on."""
        return all(done.is_set() for done in self._done)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until every slot has ended, `timeout_s` seconds at most; say whether they all have."""
        end = None if timeout_s is None else now_ms() + timeout_s * 1000
        return all(done.wait(None if end is None else max(0.0, (end - now_ms()) / 1000)) for done in self._done)

    def events(self) -> Iterator[tuple[int, Delta | CallResult]]:
        """Start, and yield (slot, event) as they come; each slot's last event is its CallResult.

        Leaving the loop early stops what is still running.
        """
        self._events = SimpleQueue()
        self.start()
        left = len(self.lanes)
        try:
            while left:
                slot, event = self._events.get()
                left -= isinstance(event, CallResult)
                yield slot, event
        finally:
            if left:
                self.stop()

    def _run(self, index: int) -> None:
        lane, slot = self.lanes[index], self._slots[index]
        try:
            for event in measured(slot.backend, slot.request, lane.call, slot.retries):
                if isinstance(event, CallResult):
                    event = _priced(event)
                    self._hand_on(index, event)
                lane.accept(event)
                if self._events is not None and not isinstance(event, str):
                    self._events.put((index, event))
        except Exception:
            log.exception("slot %d (%s) failed by a fault of our own", index, lane.target)
        finally:
            self._done[index].set()

    def _hand_on(self, index: int, result: CallResult) -> None:
        try:
            if self._on_result:
                self._on_result(index, result)
        except Exception:
            log.exception("the result of slot %d could not be handed on", index)


def _priced(result: CallResult) -> CallResult:
    usd, source = cost(result.target, result.usage, datetime.fromisoformat(result.started_at))
    return replace(result, cost_usd=usd, price_source=source)


def race(slots: Sequence[Slot]) -> Iterator[tuple[int, Delta | CallResult]]:
    """Run the slots side by side and yield (slot, Delta or CallResult) as they come."""
    return Race(slots).events()
