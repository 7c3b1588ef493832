"""Live comparisons by id: found again after a page reload, logged call by call, stopped when nobody watches."""

import atexit
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Condition, Event, Lock, Thread
from typing import TYPE_CHECKING

from ..catalog.prices import priced
from ..clock import now_ms
from ..slot import Slot
from ..types import CallResult, Delta
from .plan import Plan
from .race import Race

if TYPE_CHECKING:
    from ..store.call_log import CallLog

UNWATCHED_S = 150.0  # a tab that has been hidden for five minutes looks once a minute (Chromium)
GONE_S = 10.0  # once all who watched are gone: a page that is loaded anew comes back sooner
COMMITTED_S = 0.5  # a call shows as ended once its row is safe from a kill, unless the database takes longer than this
KEPT = 50  # finished runs kept in memory; older ones are read from the log


@dataclass
class Run:
    """One comparison under way or just finished. `id` is its id in the log; `began_ms` is on the one clock.

    `results` are the calls that have ended, by slot, priced and logged.
    """

    id: str
    prompt: str
    plan: Plan
    race: Race
    owner: str | None = None
    conversation_id: str | None = None
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    began_ms: float = field(default_factory=now_ms)
    watched_ms: float = field(default_factory=now_ms)
    watchers: set[str] = field(default_factory=set)
    results: dict[int, CallResult] = field(default_factory=dict)
    _news: Condition = field(default_factory=Condition)

    @property
    def finished(self) -> bool:
        """Whether every call has ended, and is logged."""
        return len(self.results) == len(self.race.lanes)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until the run is finished, `timeout_s` seconds at most; say whether it is."""
        with self._news:
            return self._news.wait_for(lambda: self.finished, timeout_s)

    def result(self, slot: int) -> CallResult:
        """The slot's result; blocks until it is there."""
        with self._news:
            self._news.wait_for(lambda: slot in self.results)
            return self.results[slot]

    def stop(self, slot: int, wait_s: float = 0.1) -> None:
        """Stop one slot, and wait a moment for its result: then whoever asked for it sees it at once."""
        self.race.stop(slot)
        with self._news:
            self._news.wait_for(lambda: slot in self.results, wait_s)

    def watch(self, watcher: str | None = None) -> None:
        """Say that somebody, by name where there is one, is looking: a run that nobody looks at is stopped."""
        self.watched_ms = now_ms()
        if watcher:
            self.watchers.add(watcher)

    def record(self, log: "CallLog") -> None:
        """Price, log and publish each call as it ends, to the last."""
        for batch in self.race.ended():
            ended = {slot: priced(result, self.race.lanes[slot].prices) for slot, result in batch}
            for slot, result in ended.items():
                log.record(self.id, slot, result, user=self.owner)
            log.flush(COMMITTED_S)
            with self._news:
                self.results |= ended
                self._news.notify_all()


class Runs:
    """Every live run of the process. Safe from any thread.

    A run is stopped when nobody has looked at it for `unwatched_s` seconds, or `gone_s` seconds after the last look of
    watchers of whom none is `present` any more.
    """

    def __init__(
        self,
        log: "CallLog",
        unwatched_s: float = UNWATCHED_S,
        gone_s: float = GONE_S,
        present: Callable[[str], bool] = lambda watcher: True,
    ) -> None:
        self._log, self._unwatched_s, self._gone_s, self._present = log, unwatched_s, gone_s, present
        self._runs: dict[str, Run] = {}
        self._lock = Lock()
        self._closed = Event()
        Thread(target=self._stop_unwatched, name="unwatched-runs", daemon=True).start()
        atexit.register(self.close)  # after the log's own, so before it: what is stopped here is still written

    def start(
        self,
        prompt: str,
        plan: Plan,
        slots: Sequence[Slot],
        owner: str | None = None,
        *,
        followed: bool = False,
        conversation_id: str | None = None,
    ) -> Run:
        """Open the comparison in the log and send every slot off; `followed` where the race's events will be read."""
        shared = plan.shared.system, plan.to_json(), len(slots), owner
        run_id = self._log.open_comparison(prompt, *shared, conversation_id=conversation_id)
        run = Run(run_id, prompt, plan, Race(slots, followed=followed), owner, conversation_id)
        with self._lock:
            self._runs[run_id] = run
            finished = [old for old in self._runs.values() if old.finished]
            for old in finished[: max(0, len(self._runs) - KEPT)]:
                del self._runs[old.id]
        Thread(target=run.record, args=(self._log,), name=f"run-{run_id[:8]}", daemon=True).start()
        return run

    def get(self, run_id: str, owner: str | None = None) -> Run | None:
        """The run, if it is still in memory and belongs to this owner."""
        run = self._runs.get(run_id)
        return run if run is not None and run.owner == owner else None

    def forget(self, ids: Iterable[str]) -> None:
        """Let go of the finished ones among these: they are deleted from the log."""
        with self._lock:
            for id in ids:
                if id in self._runs and self._runs[id].finished:
                    del self._runs[id]

    def live(self) -> list[Run]:
        """Those that have not finished."""
        return [run for run in list(self._runs.values()) if not run.finished]

    def close(self, timeout_s: float = 2.0) -> None:
        """Stop everything that runs and wait for it to end; runs by itself when the program ends, on SIGTERM too."""
        atexit.unregister(self.close)
        self._closed.set()
        runs = list(self._runs.values())
        for run in runs:
            run.race.stop()
        end = now_ms() + timeout_s * 1000
        for run in runs:
            run.wait(max(0.0, (end - now_ms()) / 1000))

    def _stop_unwatched(self) -> None:
        while not self._closed.wait(min(self._gone_s, self._unwatched_s) / 4):
            for run in self.live():
                if now_ms() - run.watched_ms > self._patience_s(run) * 1000:
                    run.race.stop()

    def _patience_s(self, run: Run) -> float:
        watchers = tuple(run.watchers)
        return self._gone_s if watchers and not any(map(self._present, watchers)) else self._unwatched_s


def race(slots: Sequence[Slot]) -> Iterator[tuple[int, Delta | CallResult]]:
    """Run the slots side by side and yield (slot, Delta or CallResult) as they come, each result with its cost."""
    for slot, event in Race(slots).events():
        yield slot, priced(event, slots[slot].prices) if isinstance(event, CallResult) else event
