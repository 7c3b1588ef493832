"""An engine's lease on an experiment, or on a share of it that workers share: taken, renewed, given back."""

from typing import TYPE_CHECKING, Literal

from ...clock import now_ms
from ...errors import ConfigError
from ...store import experiments
from ...store.experiments import Counts, State, Tally, Wanted
from ...store.sharing import shares
from ...store.sharing.leases import LEASE_S, WHOLE, Share
from ...store.sharing.shares import Refusal, Use
from ..done import Done
from ..endpoint import Endpoint
from ..plan import Limits

if TYPE_CHECKING:
    from ...store.call_log import CallLog

RENEW_S = 2.0
_RECOUNT_S = 2.0
_RECOUNT_PAUSE = 50  # times as long as counting took, it is left


class Busy(Exception):
    """Another process runs the experiment, or this share of it."""


class NotWanted(Exception):
    """No worker is wanted for the experiment any more: it is done, paused, or run by one process."""


class Lease:
    """All of an experiment, or for a worker a share of it. Safe from any thread."""

    def __init__(self, log: "CallLog", id: str, share: Share | None) -> None:
        self.share = share or WHOLE
        self.shared = self.share.of > 1
        self._log, self._id, self._queued = log, id, share is not None
        self._process = log.writer.process.id
        self._renewed_ms = 0.0
        self._recount_at_ms = now_ms()

    def take(self) -> None:
        """Take it. Raises Busy and NotWanted, and ConfigError where the log can't be used."""
        self._log.check()  # says that this process lives, before it holds anything
        with self._log.database.writing() as connection:
            outcome = shares.claim(connection, self._id, self._process, self.share, queued=self._queued)
        if outcome != "taken":
            raise Busy(self._id) if outcome == "busy" else NotWanted(self._id)
        self._renewed_ms = now_ms()

    @property
    def holds(self) -> bool:
        """Whether it certainly holds still."""
        return now_ms() - self._renewed_ms < LEASE_S * 1000

    def so_far(self, repeats: int, slots: int) -> tuple[Done, dict[int, Tally]]:
        """Which calls have ended, by whoever made them, and what they came to."""
        with self._log.database.reading() as connection:
            done = Done(repeats, slots, experiments.ended(connection, self._id))
            return done, experiments.tallies(connection, self._id)

    def renew(self, counts: Counts, use: Use) -> Wanted | Literal["lost"] | None:
        """Hold it for longer, and tell how far it is; what somebody wants. Raises ConfigError."""
        with self._log.database.writing() as connection:
            told = None if self.shared else counts
            wanted = shares.renew(connection, self._id, self._process, self.share, told, use)
        self._renewed_ms = now_ms()
        if self.shared and wanted != "lost":
            self._recount()
        return wanted

    def release(self, state: State, reason: str | None, counts: Counts) -> None:
        """Give it back, and write how it ended; where that can't be written, it ends by itself."""
        try:
            with self._log.database.writing() as connection:
                shares.release(connection, self._id, self._process, self.share, state, reason, counts)
        except ConfigError:
            return

    def reserve(self, use: Use, usd: float, limits: Limits) -> Refusal | None:
        """Reserve one more call in the budget of all who share the experiment; None: it may go. Raises ConfigError."""
        with self._log.database.writing() as connection:
            within = limits.usd, limits.calls
            return shares.reserve(connection, self._id, self._process, self.share, use, usd, within)

    def tell(self, endpoint: Endpoint) -> None:
        """Tell those who share the experiment that the endpoint asked to be left alone."""
        if self.shared:
            try:
                with self._log.database.writing() as connection:
                    shares.hold(connection, self._id, endpoint.name, endpoint.held_s)
            except ConfigError:
                return  # they will hear it from the endpoint themselves

    def hear(self, endpoints: tuple[Endpoint, ...]) -> None:
        """Leave alone the endpoints that asked another who shares the experiment. Raises ConfigError."""
        if self.shared:
            with self._log.database.reading() as connection:
                held = shares.held_endpoints(connection, self._id)
            for endpoint in endpoints:
                if endpoint.name in held:
                    endpoint.hold(held[endpoint.name])

    def _recount(self) -> None:
        started_ms = now_ms()
        if started_ms < self._recount_at_ms:
            return
        with self._log.database.writing() as connection:
            shares.recount(connection, self._id)
        pause_s = max(_RECOUNT_S, _RECOUNT_PAUSE * (now_ms() - started_ms) / 1000)
        self._recount_at_ms = now_ms() + pause_s * 1000 * self.share.of
