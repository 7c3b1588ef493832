"""The experiments that this process runs, by id. They go on when nobody watches, and are paused when it ends."""

import atexit
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from ..checks.checks import checks_id, to_json
from ..checks.criteria import Check
from ..clock import now_ms
from ..prompt_set import PromptSet
from ..store import experiments
from ..store.prompt_sets import PromptSets, keep
from .checking.recheck import Recheck
from .engine import Busy, Engine
from .plan import ExperimentPlan, faults
from .plan_file import PlanUnusable, from_json
from .prompts import Prompts, in_template

if TYPE_CHECKING:
    from ..catalog.catalog import Catalog
    from ..store.call_log import CallLog


class Experiments:
    """Every experiment of the process. Safe from any thread.

    `over` is told the id of each whose calls have come to an end, for now or for good, before that is known elsewhere.
    """

    def __init__(self, log: "CallLog", over: Callable[[str], object] | None = None) -> None:
        self._log, self._over = log, over
        self._engines: dict[str, Engine] = {}
        self._rechecks: dict[str, Recheck] = {}
        self._lock = Lock()
        atexit.register(self.close)  # after the log's own, so before it: what is stopped here is still written

    def add(self, plan: ExperimentPlan, prompts: PromptSet, user: str | None = None, judges: str | None = None) -> str:
        """Keep a new experiment and its prompts; its id. `judges` is one whose answers it has judged.

        Raises ConfigError where it can't be written.
        """
        total = plan.calls(len(prompts.rows))
        with self._log.database.writing() as connection:
            keep(connection, prompts)
            return experiments.add(connection, plan.name, plan.to_json(), prompts.id, total, user, judges)

    def run(
        self, id: str, plan: ExperimentPlan, prompts: Prompts, catalog: "Catalog", user: str | None = None
    ) -> Engine:
        """Start the experiment, or go on with it. Raises Busy where it runs already, here or elsewhere."""
        with self._lock:
            running = self._engines.get(id)
            if running and not running.wait(0):
                raise Busy(id)
            engine = Engine(self._log, catalog, id, plan, prompts, user, over=self._over)
            engine.start()
            self._engines = {key: one for key, one in self._engines.items() if not one.wait(0)} | {id: engine}
            return engine

    def resume(self, id: str, catalog: "Catalog", user: str | None = None) -> Engine:
        """Start or go on with an experiment on record.

        Raises KeyError where there is none with this id, PlanUnusable with what keeps it from running, Busy where it
        runs already, and ConfigError where the log can't be used.
        """
        with self._log.database.reading() as connection:
            found = experiments.one(connection, id)
        if found is None:
            raise KeyError(id)
        plan = from_json(found.plan)
        if wrong := tuple(faults(plan, catalog)):
            raise PlanUnusable(wrong)
        prompts = in_template(plan.template, tuple(PromptSets(self._log.database).rows(found.prompt_set_id)))
        return self.run(found.id, plan, prompts, catalog, user)

    def recheck(self, id: str, checks: Sequence[Check]) -> Recheck:
        """Have an experiment's answers judged by these checks: those on record in the background, without a call.

        Raises KeyError where there is none with this id, and ConfigError where the log can't be used. Where another
        process runs the experiment, what it still asks is judged by the new checks once it has ended.
        """
        kept = [to_json(check) for check in checks]
        with self._log.database.writing() as connection:
            found = experiments.one(connection, id)
            if found is None:
                raise KeyError(id)
            experiments.replan(connection, found.id, found.plan | {"checks": kept})
        with self._lock:
            if (before := self._rechecks.get(found.id)) is not None:
                before.stop()
            if (engine := self._engines.get(found.id)) is not None and not engine.wait(0):
                engine.check_by(checks)
            judging = Recheck(self._log.database, found.id, checks_id(kept) if kept else None)
            self._rechecks[found.id] = judging
        return judging

    def rechecking(self, id: str) -> Recheck | None:
        """The latest recheck of an experiment in this process, over or not."""
        return self._rechecks.get(id)

    def get(self, id: str, user: str | None = None) -> Engine | None:
        """The experiment, if this process runs it and it belongs to this user."""
        engine = self._engines.get(id)
        return engine if engine and engine.user == user else None

    def running(self, user: str | None = None) -> tuple[Engine, ...]:
        """Those that this process runs now and that belong to this user, the latest last."""
        return tuple(one for one in self._engines.copy().values() if one.user == user and not one.wait(0))

    def close(self, timeout_s: float = 2.0) -> None:
        """Pause everything that runs, its calls cut off; runs by itself when the program ends, on SIGTERM too."""
        atexit.unregister(self.close)
        engines, rechecks = list(self._engines.values()), list(self._rechecks.values())
        for recheck in rechecks:
            recheck.stop()
        for engine in engines:
            if not engine.wait(0):
                engine.stop("paused", "closed")
        end = now_ms() + timeout_s * 1000
        for wait in [one.wait for one in engines] + [one.wait for one in rechecks]:
            wait(max(0.0, (end - now_ms()) / 1000))
