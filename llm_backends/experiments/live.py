"""The experiments that this process runs, by id. They go on when nobody watches, and are paused when it ends."""

import atexit
from threading import Lock
from typing import TYPE_CHECKING

from ..clock import now_ms
from ..prompt_set import PromptSet
from ..store import experiments
from ..store.prompt_sets import PromptSets
from .engine import Busy, Engine
from .plan import ExperimentPlan
from .prompts import Prompts

if TYPE_CHECKING:
    from ..catalog.catalog import Catalog
    from ..store.call_log import CallLog


class Experiments:
    """Every experiment of the process. Safe from any thread."""

    def __init__(self, log: "CallLog") -> None:
        self._log = log
        self._engines: dict[str, Engine] = {}
        self._lock = Lock()
        atexit.register(self.close)  # after the log's own, so before it: what is stopped here is still written

    def add(self, plan: ExperimentPlan, prompts: PromptSet, user: str | None = None) -> str:
        """Keep a new experiment and its prompts; its id. Raises ConfigError where it can't be written."""
        PromptSets(self._log.database).keep(prompts)
        total = plan.calls(len(prompts.rows))
        with self._log.database.writing() as connection:
            return experiments.add(connection, plan.name, plan.to_json(), prompts.id, total, user)

    def run(
        self, id: str, plan: ExperimentPlan, prompts: Prompts, catalog: "Catalog", user: str | None = None
    ) -> Engine:
        """Start the experiment, or go on with it. Raises Busy where it runs already, here or elsewhere."""
        with self._lock:
            running = self._engines.get(id)
            if running and not running.wait(0):
                raise Busy(id)
            engine = Engine(self._log, catalog, id, plan, prompts, user)
            engine.start()
            self._engines = {key: one for key, one in self._engines.items() if not one.wait(0)} | {id: engine}
            return engine

    def get(self, id: str, user: str | None = None) -> Engine | None:
        """The experiment, if this process runs it and it belongs to this user."""
        engine = self._engines.get(id)
        return engine if engine and engine.user == user else None

    def close(self, timeout_s: float = 2.0) -> None:
        """Pause everything that runs, its calls cut off; runs by itself when the program ends, on SIGTERM too."""
        atexit.unregister(self.close)
        engines = list(self._engines.values())
        for engine in engines:
            if not engine.wait(0):
                engine.stop("paused", "closed")
        end = now_ms() + timeout_s * 1000
        for engine in engines:
            engine.wait(max(0.0, (end - now_ms()) / 1000))
