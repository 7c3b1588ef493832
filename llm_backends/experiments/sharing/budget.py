"""The budget of those who share an experiment: what each has in flight is reserved where all find it."""

from collections.abc import Mapping

from ...errors import ConfigError
from ...store.experiments import Tally
from ...store.sharing.shares import Use
from ..budget import Budget, Limit
from ..estimate import Price
from ..plan import Limits
from .lease import Lease


class SharedBudget(Budget):
    """The part of one who shares an experiment: each call is reserved in the database, where all find it."""

    def __init__(self, limits: Limits, prices: tuple[Price, ...], tallies: Mapping[int, Tally], lease: Lease) -> None:
        super().__init__(limits, prices, tallies)
        self._lease = lease
        self._made_before, self._spent_before = self.calls, self.spent_usd
        self._final = True

    @property
    def use(self) -> Use:
        """See Budget.use."""
        made, spent_usd = self.calls - len(self._in_flight) - self._made_before, self.spent_usd - self._spent_before
        return Use(made, spent_usd, len(self._in_flight), sum(self._in_flight))

    def passed(self, usd: float) -> Limit | None:
        """See Budget.passed; where it is None, the call is reserved. While the database is away nothing more fits."""
        if self.limits == Limits():
            return None
        try:
            refusal = self._lease.reserve(self.use, usd, self.limits)
        except ConfigError:
            self._final = False
            return "usd"
        self._final = refusal is None or refusal.final
        return refusal.limit if refusal else None

    @property
    def idle(self) -> bool:
        """Whether nothing is in flight, here or with another, whose end could leave more than was expected."""
        return self._final and super().idle
