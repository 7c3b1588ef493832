"""The engine: makes the calls of one experiment with threads, under a lease, until none is left or it is ended."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING

from ..checks.criteria import Check
from ..clock import now_ms
from ..errors import ConfigError
from ..store import experiments
from ..store.experiments import Counts, State
from ..store.sharing.leases import Share
from ..types import CallResult
from .asking import Asking, warm_ups
from .budget import Budget
from .checking.kept import judge_kept
from .crew import Crew, Made
from .desk import AHEAD, Desk
from .done import Done
from .endpoint import Endpoint
from .estimate import at_most, prices, remaining_s
from .order import blocks
from .plan import ExperimentPlan
from .progress import Progress
from .prompts import Prompts
from .sharing.budget import SharedBudget
from .sharing.lease import RENEW_S, Busy, Lease

if TYPE_CHECKING:
    from ..catalog.catalog import Catalog
    from ..store.call_log import CallLog

__all__ = ["Busy", "Engine"]

_log = logging.getLogger(__name__)
_REFUSED = ("AuthError", "ConfigError", "RequestRejected")


@dataclass(frozen=True)
class _End:
    state: State
    reason: str | None = None


class Engine:
    """One experiment under way in this process. Safe from any thread.

    A call counts as ended once its row is committed. `problem` is what stands in the way of that. For a worker it is a
    `share` of the experiment, one call at a time at each endpoint, with warm-ups where no other share had them here.
    """

    def __init__(
        self,
        log: "CallLog",
        catalog: "Catalog",
        experiment_id: str,
        plan: ExperimentPlan,
        prompts: Prompts,
        user: str | None = None,
        share: Share | None = None,
        warm_up: bool = True,
        over: Callable[[str], object] | None = None,
    ) -> None:
        self.id, self.plan, self.user = experiment_id, plan, user
        self._told = over
        self._log, self._prompts, self._warm_up = log, prompts, warm_up
        self._lease = Lease(log, experiment_id, share)
        self._asking = Asking(plan, catalog, 1 if share else plan.concurrency)
        self._prices = prices(plan, catalog)
        self._total = plan.calls(len(prompts))
        self._end: _End | None = None
        self._over = Event()
        self._closing = False
        self._refused: dict[int, list[str | None]] = {}

    def start(self) -> None:
        """Take the lease and go on where the log ends.

        Raises Busy, NotWanted for a share, and ConfigError where the log can't be used.
        """
        self._lease.take()
        try:
            done, tallies = self._lease.so_far(self.plan.repeats, len(self.plan.slots))
            limits, lease = self.plan.limits, self._lease
            self._budget = (
                SharedBudget(limits, self._prices, tallies, lease)
                if lease.shared
                else Budget(limits, self._prices, tallies)
            )
            self._desk = self._opened(done, self._budget)
        except BaseException:
            self._lease.release("paused", "closed", Counts())
            raise
        fault = partial(self._halt, _End("paused", "fault"))
        self._crew = Crew(
            *(self._log, self.id, self._prompts, self._asking, self._desk, self.user),
            ended=self._ended,
            fault=fault,
            held=self._held,
            checks=self.plan.checks,
        )
        Thread(target=self._run, name=f"experiment-{self.id[:8]}", daemon=True).start()

    def _opened(self, done: Done, budget: Budget) -> Desk:
        plan, prompts, slots = self.plan, self._prompts, range(len(self.plan.slots))
        order = partial(blocks, len(prompts), plan.repeats, len(slots), plan.seed, self._lease.share)

        def made(prompt: int, repeat: int, slot: int) -> bool:
            return done.has(prompts[prompt].number, repeat, slot)

        left = self._warm_up and sum(tally.ended for tally in budget.tallies) < self._total
        if left and self._lease.shared:
            left = any(not made(one.prompt, one.repeat, slot) for one in order() for slot in slots)
        return Desk(
            order(),
            warm_ups(plan, next(order()).prompt) if left else (),
            self._asking.endpoints,
            budget,
            done=made,
            usd=self._usd,
            may_send=lambda: self._lease.holds,
            ahead=1 if plan.kind == "route lab" else AHEAD,
        )

    def pause(self) -> None:
        """Make no further calls; those in flight end by themselves."""
        self._halt(_End("paused", "asked"))

    def stop(self, state: State = "stopped", reason: str | None = "asked") -> None:
        """Make no further calls and cut those in flight, which are made again where the experiment is resumed."""
        self._closing = self._closing or reason == "closed"
        self._halt(_End(state, reason), cut=True)

    def check_by(self, checks: Sequence[Check]) -> None:
        """Judge each call that ends from now on by these checks."""
        self._crew.check_by(checks)

    def hand_over(self, *, cut: bool = False) -> None:
        """Make no further calls of the share, for another worker to make; those in flight end, or are cut."""
        self._closing = self._closing or cut
        self._halt(_End("queued"), cut=cut)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until it is over, for now or for good, `timeout_s` seconds at most; say whether it is."""
        return self._over.wait(timeout_s)

    @property
    def ending(self) -> bool:
        """Whether it makes no further calls, and those in flight have yet to end."""
        return self._end is not None and not self._over.is_set()

    @property
    def problem(self) -> str | None:
        """What keeps rows from being written, for the analyst; None when all is well."""
        return self._log.problem

    @property
    def progress(self) -> Progress:
        """How far it is."""
        end = self._end if self._over.is_set() else None
        with self._desk.changed:
            tallies = tuple(self._budget.tallies)
            counts = self._counts()
        endpoints, each = self._asking.endpoints, self._total // len(tallies)
        return Progress(
            state=end.state if end else "running",
            reason=end.reason if end else None,
            total=self._total,
            ended=counts.ended,
            failed=counts.failed,
            running=self._crew.running,
            spent_usd=counts.spent_usd,
            remaining_s=remaining_s(endpoints, [each] * len(tallies), tallies),
            held=tuple((endpoint.name, held_s) for endpoint in set(endpoints) if (held_s := endpoint.held_s)),
        )

    def _run(self) -> None:
        """Work, and renew the lease meanwhile."""
        self._crew.start()
        self._renew_at_ms = now_ms() + RENEW_S * 1000
        while not self._crew.finished(max(0.0, self._renew_at_ms - now_ms()) / 1000):
            self._renew_if_due()
        if self._desk.finished:
            self._end = _End("done")
        self._end = self._end or _End("paused", self._desk.passed)
        if self._end.state != "queued":
            self._judge_rest()
        self._lease.release(self._end.state, self._end.reason, self._counts())
        self._tell()
        self._over.set()

    def _judge_rest(self) -> None:
        """Judge what a killed process left unjudged, or the checks before the present ones had judged."""

        def go_on(judged: int) -> bool:
            self._renew_if_due()
            return not self._closing

        try:
            judge_kept(self._log.database, self.id, go_on)
        except ConfigError:
            pass  # the log tells it; who goes on with the experiment judges them, or who checks anew
        except Exception:
            _log.exception("judging experiment %s failed by a fault of our own", self.id)

    def _tell(self) -> None:
        """Have done what follows from the calls; whoever looks at them later does it, where that fails."""
        try:
            if self._told and not self._closing:
                self._told(self.id)
        except ConfigError:
            pass  # the log tells it
        except Exception:
            _log.exception("what follows from experiment %s failed by a fault of our own", self.id)

    def _ended(self, made: Made, kept: bool) -> None:
        item, result = made.item, made.result
        self._desk.ended(item, result, counts=kept and item.repeat is not None and result.status != "stopped")
        if not kept:
            self._halt(_End("paused", "not kept"), cut=True)
        elif item.repeat is None:
            self._warmed(item.slot, result)

    def _warmed(self, slot: int, result: CallResult) -> None:
        """Pause where a slot's warm-ups were all refused: so would all of its calls be."""
        refused = self._refused.setdefault(slot, [])
        refused.append(result.error_message if result.error_type in _REFUSED else None)
        if len(refused) == self.plan.warm_up and all(refused):
            self._halt(_End("paused", refused[-1]))

    def _usd(self, prompt: int, slot: int) -> float:
        if self.plan.limits.usd is None:
            return 0.0
        asked_for = self._prompts[prompt]
        return self._budget.usd(slot, at_most(asked_for.prompt, self.plan, slot, asked_for.system))

    def _halt(self, end: _End, *, cut: bool = False) -> None:
        self._end = self._end or end
        self._desk.close()
        if cut:
            self._crew.cut()

    def _renew_if_due(self) -> None:
        if now_ms() >= self._renew_at_ms:
            self._renew()
            self._renew_at_ms = now_ms() + RENEW_S * 1000

    def _renew(self) -> None:
        try:
            wanted = self._lease.renew(self._counts(), self._budget.use)
            self._lease.hear(self._asking.endpoints)
        except ConfigError:
            return  # the log tells it, and the calls wait for it; nothing is sent once the lease may be over
        self._desk.wake()
        if wanted == "paused":
            self.pause()
        elif wanted is not None:
            self.stop("stopped" if wanted == "stopped" else "running", "asked" if wanted == "stopped" else "lost")

    def _held(self, endpoint: Endpoint) -> None:
        self._desk.wake()
        self._lease.tell(endpoint)

    def _counts(self) -> Counts:
        tallies: Sequence[experiments.Tally] = self._budget.tallies
        ended, failed = sum(tally.ended for tally in tallies), sum(tally.failed for tally in tallies)
        return Counts(ended, failed, self._budget.spent_usd)
