"""A worker: takes shares of experiments from the queue, makes their calls, and hands over what is another's due."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from procrastinate import BaseRetryStrategy, RetryDecision

from .. import redact, sentences
from ..clock import now_ms
from ..errors import ConfigError
from ..experiments.engine import Engine
from ..experiments.plan import ExperimentPlan, faults
from ..experiments.plan_file import PlanUnusable, from_json
from ..experiments.prompts import Prompts, in_template
from ..experiments.sharing.lease import Busy, NotWanted
from ..judging.judge.votes import keep
from ..store import experiments
from ..store.experiments import Counts, Experiment, State
from ..store.prompt_sets import PromptSets
from ..store.sharing import shares
from ..store.sharing.leases import Share, loads, orphaned
from . import balance
from .queue import QUEUE, STALLED_S, TASK, app, length, of_worker, prepare, take_back

if TYPE_CHECKING:
    from procrastinate import App, JobContext
    from procrastinate.jobs import Job

    from ..catalog.catalog import Catalog
    from ..store.call_log import CallLog

_POLL_S = 0.5  # what is put back into the queue wakes nobody; what is new there does
_LOOK_S = 2.0
_AWAY_S = 2.0
_PATIENCE_MS = 10_000  # a share whose due worker does not take it is taken by whoever can

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Told:
    """What a worker did with a share: `calls` of it have ended here, `state` and `reason` say how it ended."""

    did: Literal["takes", "ends"]
    id: str
    name: str
    share: Share
    calls: int = 0
    state: State = "running"
    reason: str | None = None


class _Again(Exception):
    """The share goes back into the queue, to be taken some seconds later by anybody, or by the one that is `meant`."""

    def __init__(self, seconds: float, meant: str | None = None) -> None:
        self.seconds, self.queue = seconds, of_worker(meant) if meant else QUEUE


class _Requeue(BaseRetryStrategy):
    def get_retry_decision(self, *, exception: BaseException, job: "Job") -> RetryDecision | None:
        if isinstance(exception, _Again):
            return RetryDecision(retry_in={"milliseconds": round(exception.seconds * 1000)}, queue=exception.queue)
        return RetryDecision(queue=QUEUE) if isinstance(exception, asyncio.CancelledError) else None


class Worker:
    """Takes at most `room` shares at once; `tell` hears what becomes of them, `away` why the queue can't be reached.

    It has the catalogue of its own environment: an experiment with a model that can't be called from here is paused.
    """

    def __init__(
        self,
        log: "CallLog",
        catalog: "Catalog",
        room: int,
        tell: Callable[[Told], None],
        away: Callable[[str], None],
    ) -> None:
        self._log, self._catalog, self._room = log, catalog, room
        self._tell, self._away = tell, away
        self._engines: dict[tuple[str, Share], Engine] = {}
        self._warm: set[str] = set()
        self._prompts: tuple[str, Prompts] | None = None
        self._left_to_others_ms: dict[int, tuple[float, float]] = {}
        self._closing = False
        self._serving: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Work until SIGTERM or Ctrl-C; what is in flight is cut then, for others to make. Raises ConfigError.

        The second one ends the process at once.
        """
        self._log.writer.process.room = self._room
        self._log.check()
        with self._log.database.writing() as connection:
            prepare(connection)
        # psycopg can't use the loop that is the default on Windows.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._work())

    def _close(self) -> None:
        if self._closing:  # asked again: it does not wait for a database that is away
            os._exit(130)
        self._closing = True
        for engine in self._engines.values():
            engine.hand_over(cut=True)
        if self._serving:
            self._serving.cancel()

    async def _work(self) -> None:
        self._beginning = asyncio.Lock()
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError):  # on Windows: there Ctrl-C cancels this coroutine
                asyncio.get_running_loop().add_signal_handler(number, self._close)
        try:
            while not self._closing:
                await self._serve()
        except asyncio.CancelledError:
            self._close()
            if self._serving:
                await asyncio.wait([self._serving])

    async def _serve(self) -> None:
        """Take shares from the queue until the worker closes, or the queue can't be reached."""
        queue = app(self._log.database, self._share, _Requeue())
        looking = None
        try:
            async with queue.open_async():
                looking = asyncio.create_task(self._look(queue))
                self._serving = asyncio.create_task(
                    queue.run_worker_async(
                        queues=[QUEUE, of_worker(self._log.writer.process.id)],
                        concurrency=self._room,
                        fetch_job_polling_interval=_POLL_S,
                        delete_jobs="successful",
                        install_signal_handlers=False,
                        update_heartbeat_interval=STALLED_S / 3,
                        stalled_worker_timeout=STALLED_S,
                    )
                )
                with suppress(asyncio.CancelledError):
                    await self._serving
        except Exception as exc:
            self._away(redact.hide(next(iter(str(exc.__cause__ or exc).splitlines()), type(exc).__name__)))
        finally:
            if looking:
                looking.cancel()
        if not self._closing:
            await asyncio.sleep(_AWAY_S)

    async def _share(self, context: "JobContext", experiment_id: str, number: int, of: int) -> None:
        share, job = Share(number, of), context.job.id or 0
        async with self._beginning:  # one by one: each counts what was taken before
            found, engine = await asyncio.to_thread(self._begin, job, experiment_id, share)
        if found is None or engine is None:
            return
        before = engine.progress.ended
        self._tell(Told("takes", found.id, found.name, share))
        try:
            if self._closing:
                engine.hand_over(cut=True)
            while not engine.wait(0):
                await asyncio.sleep(0.1)
        except asyncio.CancelledError:
            engine.hand_over(cut=True)
            await asyncio.to_thread(engine.wait)
        finally:
            self._engines.pop((experiment_id, share), None)
        end = engine.progress
        self._tell(Told("ends", found.id, found.name, share, end.ended - before, end.state, end.reason))
        if end.state in ("queued", "running"):  # handed over, or its lease was lost: somebody is to look again
            raise _Again(0.2 if end.state == "queued" else 2.0)

    def _begin(self, job: int, id: str, share: Share) -> tuple[Experiment | None, Engine | None]:
        """Take the lease on the share, if it should be taken here. Raises _Again where it should be taken later."""
        try:
            self._leave_to_others(job)
            with self._log.database.reading() as connection:
                found = experiments.one(connection, id)
            if found is None:
                return None, None
            plan = from_json(found.plan)
            if told := tuple(faults(plan, self._catalog)):
                raise PlanUnusable(told)
            engine = Engine(
                *(self._log, self._catalog, id, plan, self._asked(found, plan), found.user),
                share=share,
                warm_up=id not in self._warm,
                over=partial(keep, self._log),
            )
            engine.start()
        except PlanUnusable as exc:
            self._pause(id, share, " ".join(map(sentences.sentence, exc.faults)))
            return None, None
        except NotWanted:
            return None, None
        except Busy as exc:
            raise _Again(2.0) from exc
        except ConfigError as exc:
            self._away(str(exc))
            raise _Again(5.0) from exc
        self._warm.add(id)
        self._engines[id, share] = engine
        return found, engine

    def _leave_to_others(self, job: int) -> None:
        me = self._log.writer.process.id
        with self._log.database.reading() as connection:
            found = loads(connection)
            due = balance.due(found, length(connection))
        at_ms = now_ms()
        since_ms, seen_ms = self._left_to_others_ms.get(job, (at_ms, at_ms))
        if at_ms - seen_ms > _PATIENCE_MS:  # somebody has had it meanwhile
            since_ms = at_ms
        mine = me in due or me not in found
        if self._closing or not mine and at_ms - since_ms < _PATIENCE_MS:
            self._left_to_others_ms[job] = since_ms, at_ms
            others = [id for id in due if id != me]
            raise _Again(0.0 if others else 0.2, *others[:1])
        self._left_to_others_ms.pop(job, None)

    def _asked(self, found: Experiment, plan: ExperimentPlan) -> Prompts:
        if self._prompts is None or self._prompts[0] != found.id:
            rows = tuple(PromptSets(self._log.database).rows(found.prompt_set_id))
            self._prompts = found.id, in_template(plan.template, rows)
        return self._prompts[1]

    def _pause(self, id: str, share: Share, reason: str) -> None:
        process = self._log.writer.process.id
        with self._log.database.writing() as connection:
            if shares.claim(connection, id, process, share, queued=True) == "taken":
                shares.release(connection, id, process, share, "paused", reason, Counts())
        self._tell(Told("ends", id, "", share, state="paused", reason=reason))

    async def _look(self, queue: "App") -> None:
        """Hand over what is another's due, and put back into the queue what dead workers had."""
        while True:
            try:
                lost = await asyncio.to_thread(self._hand_over)
                manager = queue.job_manager
                stalled = list(await manager.get_stalled_jobs(task_name=TASK, seconds_since_heartbeat=STALLED_S))
                known = {job.id for job in stalled}
                for job in await manager.list_jobs_async(task=TASK, status="doing") if lost else ():
                    if job.id not in known and (job.task_kwargs["experiment_id"], job.task_kwargs["number"]) in lost:
                        stalled.append(job)
                for job in stalled:
                    await manager.retry_job(job, queue=QUEUE)
            except Exception:  # the database is away, or another was faster: the next look tells
                _log.debug("could not look after the queue", exc_info=True)
            await asyncio.sleep(_LOOK_S)

    def _hand_over(self) -> set[tuple[Any, Any]]:
        """Hand over what is above this worker's due; the shares whose worker is found to have ended on this machine."""
        me = self._log.writer.process.id
        with self._log.database.reading() as connection:
            found, orphans = loads(connection), orphaned(connection)
        with self._log.database.writing() as connection:
            take_back(connection)
        lost: set[tuple[Any, Any]] = set()
        for id in orphans:
            with self._log.database.writing() as connection:
                lost |= {(id, number) for number in shares.bury(connection, id)}
        extra = balance.surplus(found, me)
        for id, share in reversed(found[me].held[-extra:] if extra else ()):
            if engine := self._engines.get((id, share)):
                engine.hand_over()
        return lost
