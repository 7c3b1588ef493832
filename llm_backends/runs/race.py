"""Runs slots side by side, a thread each: prepared first, sent off together, and then none waits for another."""

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Literal

from ..clock import now_ms
from ..net.call import Call
from ..net.gate import Gate
from ..slot import Slot
from ..types import CallResult, Delta
from .measure import Phase, measured

log = logging.getLogger(__name__)


class Lane:
    """The live state of one slot: written by its own thread, read by anybody at any time."""

    def __init__(self, slot: Slot) -> None:
        self.target, self.request, self.retries = slot.backend.target, slot.request, slot.retries
        self.prices = slot.prices
        self.phase: Phase | Literal["waiting"] = "waiting"
        self.result: CallResult | None = None
        self.chunks = 0
        self.call = Call()
        self._answer: list[str] = []
        self._reasoning: list[str] = []

    @property
    def state(self) -> Phase | Literal["waiting", "ready", "done"]:
        """What the slot does; "ready": its request is built, and waits for the other slots' to be."""
        if self.result is not None:
            return "done"
        return "ready" if self.call.held else self.phase

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
        return None if self.call.t0 is None else now_ms() - self.call.t0

    def accept(self, event: Phase | Delta | CallResult) -> None:
        """Take in one event of `measured`."""
        if isinstance(event, Delta):
            (self._reasoning if event.reasoning else self._answer).append(event.text)
            self.chunks += 1
        elif isinstance(event, CallResult):
            self.result = event
        else:
            self.phase = event

    def broken(self) -> CallResult:
        """The result of a slot that a fault of our own has left without one."""
        message = f"LLMSelect itself failed on {self.target}. The server's log has more; please report it."
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        return CallResult(self.target, "error", at, self.answer, self.reasoning, None, "Exception", message)


class Race:
    """Slots that start together. Results are as measured: what a call cost is no business of a race.

    `followed` keeps every event from the first for `events`, also where somebody else starts the race.
    """

    def __init__(self, slots: Sequence[Slot], *, followed: bool = False) -> None:
        if not slots:
            raise ValueError("a race takes at least one slot")
        self.lanes = tuple(Lane(slot) for slot in slots)
        self._slots = tuple(slots)
        gate = Gate(lane.call for lane in self.lanes)
        for lane in self.lanes:
            lane.call.gate = gate
        self._events: SimpleQueue[tuple[int, Delta | CallResult]] | None = SimpleQueue() if followed else None
        self._ended: SimpleQueue[tuple[int, CallResult]] = SimpleQueue()
        self._starting = Lock()
        self._threads: list[Thread] = []
        self._done = [Event() for _ in slots]

    def start(self) -> None:
        """Prepare every slot, and send all off together; a second call, from whichever thread, does nothing."""
        with self._starting:
            if self._threads:
                return
            self._threads = [
                Thread(target=self._run, args=(index, slot), name=f"slot-{index}", daemon=True)
                for index, slot in enumerate(self._slots)
            ]
        self._slots = ()  # a race that has ended is kept for a while, and must not keep a backend's key with it
        for thread in self._threads:
            thread.start()

    def stop(self, slot: int | None = None) -> None:
        """Stop one slot, or all: its connection is closed and what had arrived is kept. Idempotent."""
        for lane in self.lanes if slot is None else (self.lanes[slot],):
            lane.call.stop()

    @property
    def finished(self) -> bool:
        """Whether every slot has ended."""
        return all(done.is_set() for done in self._done)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until every slot has ended, `timeout_s` seconds at most; say whether they all have."""
        end = None if timeout_s is None else now_ms() + timeout_s * 1000
        return all(done.wait(None if end is None else max(0.0, (end - now_ms()) / 1000)) for done in self._done)

    def events(self) -> Iterator[tuple[int, Delta | CallResult]]:
        """Start, and yield (slot, event) as they come; each slot's last event is its CallResult.

        Leaving the loop early stops what is still running. Raises ValueError where the race has been started already,
        and was not made to be followed.
        """
        if self._events is None:
            if self._threads:
                raise ValueError("a race that is already under way can be followed only if it was made so")
            self._events = SimpleQueue()
        events = self._events
        self.start()
        left = len(self.lanes)
        try:
            while left:
                slot, event = events.get()
                left -= isinstance(event, CallResult)
                yield slot, event
        finally:
            if left:
                self.stop()

    def ended(self) -> Iterator[list[tuple[int, CallResult]]]:
        """Start, and yield the slots that have ended, with their results; those that ended meanwhile at once."""
        self.start()
        left = len(self.lanes)
        while left:
            batch = [self._ended.get()]
            while not self._ended.empty():
                batch.append(self._ended.get())
            left -= len(batch)
            yield batch

    def _run(self, index: int, slot: Slot) -> None:
        lane = self.lanes[index]
        try:
            for event in measured(slot.backend, slot.request, lane.call, slot.retries):
                self._tell(index, event)
        except Exception:
            log.exception("slot %d (%s) failed by a fault of our own", index, lane.target)
        finally:
            if lane.result is None:
                self._tell(index, lane.broken())
            lane.call.leave()
            self._done[index].set()

    def _tell(self, index: int, event: Phase | Delta | CallResult) -> None:
        self.lanes[index].accept(event)
        if isinstance(event, CallResult):
            self._ended.put((index, event))
        if self._events is not None and not isinstance(event, str):
            self._events.put((index, event))
