"""The desk: hands out calls in order, each as soon as its endpoint, the budget and the order allow it."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Condition

from ..types import CallResult
from .budget import Budget, Limit
from .endpoint import Endpoint
from .order import Block

AHEAD = 8
"""A block begins at most so many x concurrency blocks after the oldest that has not ended: a slow or held endpoint is
waited for, so that what is compared was asked at about the same time."""


@dataclass(eq=False)
class _Open:
    """A block of which calls have not ended yet."""

    left: int
    warm_up: bool = False


@dataclass(frozen=True)
class Item:
    """One call to make. `prompt` is a position; `repeat` None marks a warm-up; `usd` is what it is expected to cost."""

    prompt: int
    repeat: int | None
    slot: int
    block: _Open = field(compare=False)
    usd: float = 0.0


class Desk:
    """Calls come from `blocks`, but for those that `done` knows; `usd(prompt, slot)` is what one is expected to cost.

    `endpoints` are by slot; slots of one endpoint share the object. Safe from any thread.
    """

    def __init__(
        self,
        blocks: Iterator[Block],
        warm_up: Sequence[tuple[int, int]],
        endpoints: Sequence[Endpoint],
        budget: Budget,
        done: Callable[[int, int, int], bool],
        usd: Callable[[int, int], float],
        may_send: Callable[[], bool],
        ahead: int = AHEAD,
    ) -> None:
        self.changed = Condition()
        self.passed: Limit | None = None
        self._blocks, self._endpoints, self._budget = blocks, endpoints, budget
        self._done, self._usd, self._may_send = done, usd, may_send
        self._ahead = ahead * max(endpoint.limit for endpoint in endpoints)
        self._open: deque[_Open] = deque()
        self._waiting: dict[Endpoint, deque[Item]] = {endpoint: deque() for endpoint in endpoints}
        self._exhausted = self._closed = False
        if warm_up:
            first = _Open(len(warm_up), warm_up=True)
            self._open.append(first)
            for prompt, slot in warm_up:
                self._waiting[endpoints[slot]].append(Item(prompt, None, slot, first))

    def take(self, endpoint: Endpoint) -> Item | None:
        """The next call for this endpoint, waited for; None where there is no more or the desk has closed."""
        with self.changed:
            while not self._closed:
                self._fill()
                waiting = self._waiting[endpoint]
                if not waiting and self._exhausted:
                    return None
                pause_s = None
                if waiting:
                    pause_s = endpoint.held_s or (None if self._may_send() else 1.0)
                    if not pause_s and (item := self._afforded(waiting)):
                        return item
                self.changed.wait(pause_s)
            return None

    def ended(self, item: Item, result: CallResult, *, counts: bool) -> None:
        """The call has ended and is logged, or was stopped and is still to be made. `counts`: the result has it."""
        with self.changed:
            self._budget.settle(item.usd, item.slot, result, counts=counts)
            item.block.left -= result.status != "stopped"
            while self._open and not self._open[0].left:
                self._open.popleft()
            self.changed.notify_all()

    def close(self) -> None:
        """Hand out no more."""
        with self.changed:
            self._closed = True
            self.changed.notify_all()

    def wake(self) -> None:
        """Something that is waited for may have changed."""
        with self.changed:
            self.changed.notify_all()

    @property
    def finished(self) -> bool:
        """Whether every call of the plan has ended."""
        with self.changed:
            return self._exhausted and not self._open

    def _afforded(self, waiting: deque[Item]) -> Item | None:
        """The first that waits, paid for in advance; None where that takes the end of another call, or more budget."""
        first = waiting[0]
        usd = self._usd(first.prompt, first.slot)
        passed = self._budget.passed(usd)
        if passed is None:
            self._budget.reserve(usd)
            waiting.popleft()
            return Item(first.prompt, first.repeat, first.slot, first.block, usd)
        if self._budget.idle:
            self.passed, self._closed = passed, True
            self.changed.notify_all()
        return None

    def _fill(self) -> None:
        """Open further blocks, as far ahead as is fair; none before the warm-ups have ended."""
        while not self._exhausted and len(self._open) < self._ahead and not (self._open and self._open[0].warm_up):
            block = next(self._blocks, None)
            if block is None:
                self._exhausted = True
                self.changed.notify_all()
                return
            slots = [slot for slot in block.slots if not self._done(block.prompt, block.repeat, slot)]
            if slots:
                opened = _Open(len(slots))
                self._open.append(opened)
                for slot in slots:
                    self._waiting[self._endpoints[slot]].append(Item(block.prompt, block.repeat, slot, opened))
