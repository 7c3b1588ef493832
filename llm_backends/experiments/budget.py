"""What has been spent, and whether one more call fits: those in flight count as what they are expected to cost."""

from collections.abc import Mapping
from typing import Literal

from ..store.experiments import Tally
from ..store.sharing.shares import Use
from ..types import CallResult
from .estimate import ENOUGH, Price, added
from .plan import Limits

Limit = Literal["usd", "calls"]


class Budget:
    """The tallies of an experiment by slot, and its limits. Not for several threads at once: the desk sees to that."""

    def __init__(self, limits: Limits, prices: tuple[Price, ...], tallies: Mapping[int, Tally]) -> None:
        self.limits = limits
        self.tallies = [tallies.get(slot, Tally()) for slot in range(len(prices))]
        self._prices = prices
        self._in_flight: list[float] = []

    @property
    def calls(self) -> int:
        """Calls that were made or are in flight, warm-ups among them."""
        return sum(tally.calls for tally in self.tallies) + len(self._in_flight)

    @property
    def spent_usd(self) -> float:
        """What is known to be spent, and for each answer of unknown cost what such a call has cost at most."""
        return sum(tally.spent_usd + tally.unpriced * tally.most_usd for tally in self.tallies)

    def usd(self, slot: int, tokens: tuple[float, int]) -> float:
        """What to expect of a call in this slot with at most so many tokens in and out.

        Once there are some, the most that one of them has cost; 0 where no price is known, and so no limit either.
        """
        tally = self.tallies[slot]
        return tally.most_usd if tally.priced >= ENOUGH else self._prices[slot].usd(*tokens) or 0.0

    def passed(self, usd: float) -> Limit | None:
        """The limit that one more call would pass."""
        if self.limits.calls is not None and self.calls >= self.limits.calls:
            return "calls"
        if self.limits.usd is not None and self.spent_usd + sum(self._in_flight) + usd > self.limits.usd:
            return "usd"
        return None

    @property
    def idle(self) -> bool:
        """Whether nothing is in flight, whose end could leave more than was expected."""
        return not self._in_flight

    @property
    def use(self) -> Use:
        """What those who share the experiment must know of this process; nothing where it makes all of it."""
        return Use()

    def reserve(self, usd: float) -> None:
        """A call is sent."""
        self._in_flight.append(usd)

    def settle(self, usd: float, slot: int, result: CallResult, *, counts: bool) -> None:
        """The call has ended."""
        self._in_flight.remove(usd)
        self.tallies[slot] = added(self.tallies[slot], result, counts=counts)
