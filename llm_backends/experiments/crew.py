"""The threads that make an experiment's calls, and the one that sees each row safe before its call counts as ended."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Lock, Semaphore, Thread
from typing import TYPE_CHECKING

from ..checks.checks import Judge, checks_id, to_json
from ..checks.criteria import Check
from ..net.call import Call
from ..store.calls import Place
from ..types import CallResult
from .asking import Asking, asked, call_id
from .desk import Desk, Item
from .endpoint import HERE, Endpoint
from .prompts import Prompts

if TYPE_CHECKING:
    from ..store.call_log import CallLog

_log = logging.getLogger(__name__)
_here = Lock()


@dataclass(frozen=True)
class Made:
    """A call that has been made; its row with the id `row` may not be written yet."""

    item: Item
    result: CallResult
    row: str


class Crew:
    """Makes the calls that the desk hands out, until it hands out no more.

    For each endpoint as many threads as it takes calls at once. While rows can't be written no more calls are made than
    that, so that a database that is away holds the experiment up. `ended` is told of each call whose row is written,
    and whether it could be kept; `fault` of a fault of our own; `held` of an endpoint that asked to be left alone.
    """

    def __init__(
        self,
        log: "CallLog",
        experiment_id: str,
        prompts: Prompts,
        asking: Asking,
        desk: Desk,
        user: str | None,
        ended: Callable[[Made, bool], None],
        fault: Callable[[], None],
        held: Callable[[Endpoint], None],
        checks: Sequence[Check] = (),
    ) -> None:
        self._log, self._id, self._user = log, experiment_id, user
        self._prompts, self._asking, self._desk = prompts, asking, desk
        self._ended, self._fault, self._held = ended, fault, held
        self.check_by(checks)
        self._lock = Lock()
        self._calls: set[Call] = set()
        self._cut = False
        endpoints = dict.fromkeys(asking.endpoints)
        self._made: SimpleQueue[Made | None] = SimpleQueue()
        self._room = Semaphore(2 * sum(endpoint.limit for endpoint in endpoints))
        self._threads = [
            Thread(target=self._work, args=(endpoint,), name=f"{endpoint.name}-{n}", daemon=True)
            for endpoint in endpoints
            for n in range(endpoint.limit)
        ]
        self._keeping = Thread(target=self._keep, name=f"keep-{experiment_id[:8]}", daemon=True)

    def check_by(self, checks: Sequence[Check]) -> None:
        """Judge each call that ends from now on by these; none where there are none."""
        self._judging = (Judge(checks), checks_id([to_json(check) for check in checks])) if checks else None

    @property
    def running(self) -> int:
        """How many calls are in flight."""
        return len(self._calls)

    def start(self) -> None:
        """Begin."""
        for thread in (self._keeping, *self._threads):
            thread.start()

    def finished(self, timeout_s: float) -> bool:
        """Wait for all to end, `timeout_s` seconds at most; say whether every call is made and its row written."""
        working = next((thread for thread in self._threads if thread.is_alive()), None)
        if working:
            working.join(timeout_s)
            return False
        if self._keeping.is_alive():
            self._made.put(None)
            self._keeping.join()
        return True

    def cut(self) -> None:
        """Stop the calls in flight, and any that would still be made."""
        with self._lock:
            self._cut = True
            calls = tuple(self._calls)
        for call in calls:
            call.stop()

    def _work(self, endpoint: Endpoint) -> None:
        try:
            while self._room.acquire() and (item := self._desk.take(endpoint)):
                with self._turn(endpoint):
                    made = self._make(item)
                self._made.put(made)
        except Exception:
            _log.exception("experiment %s failed by a fault of our own", self._id)
            self._fault()

    @contextmanager
    def _turn(self, endpoint: Endpoint) -> Iterator[None]:
        """Models of this machine are called one at a time, whatever the experiment or the share."""
        if endpoint.name != HERE:
            yield
            return
        while not (taken := _here.acquire(timeout=0.1)) and not self._cut:
            pass
        try:
            yield
        finally:
            if taken:
                _here.release()

    def _make(self, item: Item) -> Made:
        prompt, call = self._prompts[item.prompt], self._asking.call(item.slot)
        with self._lock:
            self._calls.add(call)
            if self._cut:
                call.stop()
        result = asked(self._asking.slot(item.slot, prompt, self._held), call)
        with self._lock:
            self._calls.discard(call)
        place = Place(self._id) if item.repeat is None else Place(self._id, prompt.number, item.repeat)
        id = None if item.repeat is None or result.status == "stopped" else call_id(place, item.slot)
        row = self._log.record_in_experiment(place, item.slot, result, self._user, id)
        if id is not None and self._judging:
            judge, checks = self._judging
            self._log.record_judgement(row, place, item.slot, checks, judge.judge(result, prompt))
        return Made(item, result, row)

    def _keep(self) -> None:
        """Wait for the rows, several at a time; the calls whose rows are written have ended."""
        over = False
        while not over:
            batch = [self._made.get()]
            while not self._made.empty():
                batch.append(self._made.get())
            while not self._log.flush(1.0) and not self._log.writer.closed:
                pass
            for made in batch:
                if made is None:
                    over = True
                else:
                    self._ended(made, not self._log.writer.lost(made.row))
                    self._room.release()
