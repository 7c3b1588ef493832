"""Verdicts on models in everyday calls, in plain English."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import floor, isfinite, log10

from ..stats.intervals import Interval
from ..stats.unpaired.samples import FEWEST, Estimates
from ..stats.unpaired.standings import Standing
from ..stats.verdict import Quantity, about, counted, rounded, sized
from .summary import FIGURE
from .view import CARRIED

NOT_PAIRED = (
    "Calls of everyday use are not paired: each model answered its own prompts, and may be slower or dearer only since "
    "those were harder or longer. An experiment, which puts the same prompts to both, would settle it."
)

_SAID = {
    "ttft": (Quantity("first token", "ms", "later", "sooner"), 10),
    "ttfat": (Quantity("first visible token", "ms", "later", "sooner"), 10),
    "tpot": (Quantity("time per output token", "ms", "longer", "shorter"), 1),
    "total": (Quantity("total time", "ms", "longer", "shorter"), 100),
}


@dataclass(frozen=True)
class Measure:
    """What models are ranked by, the lower the better: its words, and the least difference that matters to anybody,
    in the figure's unit, or with `relative` as a share of the best one's value. `q` is which percentile of `time`."""

    quantity: Quantity
    worth: float = 0
    relative: float = 0
    time: str = ""
    q: float = 0.5

    @property
    def name(self) -> str:
        return f"{self.quantity.name} p95" if self.q == 0.95 else self.quantity.name


MEASURES: Mapping[str, Measure] = {
    **{
        f"{stem}_{name}_ms": Measure(quantity, worth, time=f"{stem}_ms", q=q)
        for stem, (quantity, worth) in _SAID.items()
        for name, q in (("p50", 0.5), ("p95", 0.95))
    },
    "error_rate": Measure(Quantity("error rate", "points", scale=100), 0.01),
    "cost_per_call_usd": Measure(Quantity("cost of 1,000 calls", "USD", scale=1000), relative=0.1),
}
"""By the names of summary.FIGURES."""


@dataclass(frozen=True)
class Told:
    """What is known of models by one figure, to be said of each; `stretch` is what their calls are grouped by."""

    metric: str
    estimates: Estimates
    standings: Sequence[Standing]
    names: Sequence[str]
    stretch: str

    @property
    def measure(self) -> Measure:
        return MEASURES[self.metric]

    def sentence(self, place: int) -> str:
        """How this one stands: "first token 120 ms later than openai/gpt-4o (direct), 95 % interval 80 to 160 …"."""
        standing, n, name = self.standings[place], int(self.estimates.n[place]), self.measure.name
        if not n:
            return f"{name} unknown: {FIGURE[self.metric].unknown or 'no value is known'}"
        if standing.kind == "too few calls":
            least = CARRIED[0.95] if self.measure.q == 0.95 else FEWEST
            more = f"; it takes at least {least}" if n < least else ""
            return f"{name}, {self.calls(place)}: too few to tell{more}"
        interval = self.estimates.interval(place)
        if standing.kind == "best" and interval:
            return f"{name} {_valued(interval, self.measure)}, {self.calls(place)}: {self._best()}"
        against, between = standing.against, standing.difference
        if against is None or between is None:
            raise ValueError(f"{standing.kind}, but than which?")
        size, span = _sized(between, self.measure.quantity)
        over = f" over {standing.comparisons:,} comparisons" if standing.comparisons > 1 else ""
        than = f"{'as with' if size == 'about the same' else 'than'} {self.names[against]}"
        calls = f"{self.calls(place)} and {self.calls(against)}".replace(" calls and ", " and ")
        return f"{name} {size} {than}, 95 % interval {span}{over}, {calls}: {self._judged(standing)}"

    def calls(self, place: int) -> str:
        """ "1,200 calls", "20 calls of one day"."""
        alone = f" of one {self.stretch}" if self.estimates.days[place] == 1 else ""
        return f"{counted(int(self.estimates.n[place]), 'call')}{alone}"

    def _best(self) -> str:
        others = [s.kind for s in self.standings if s.kind not in ("best", "too few calls")]
        alike = others.count("can't be told apart")
        if not others:
            return "no other has calls enough to compare it with"
        if not alike:
            return "the best; all others are worse" if len(others) > 1 else "the best; the other is worse"
        if alike == len(others):
            return "the lowest, but no other can be told apart from it"
        return f"the best so far; {alike} of the {len(others)} others can't be told apart from it"

    def _judged(self, standing: Standing) -> str:
        if standing.kind == "worse than the best":
            best = self.standings[standing.against or 0].kind == "best"
            return "a real difference" if best else "a real difference, so it is not the best"
        worth = rounded(standing.worth, self.measure.quantity)
        if not standing.needed:
            return f"can't be told apart; so many calls would most likely have shown {worth}"
        prompts = f", or an experiment with both on about {about(standing.prompts or 0)} prompts,"
        prompts = prompts if standing.prompts else ""
        return f"can't be told apart; about {about(standing.needed)} more calls{prompts} would settle {worth}"


def _valued(interval: Interval, measure: Measure) -> str:
    """The value and its interval: "410 ms, 95 % interval 380 to 440"."""
    scale = measure.quantity.scale
    unit = "%" if measure.quantity.unit == "points" else measure.quantity.unit
    width = (interval.high - interval.low) * scale
    digits = max(0, 1 - floor(log10(width or abs(interval.estimate * scale) or 10)))
    value, low, high = (f"{v * scale:,.{digits}f}" for v in (interval.estimate, interval.low, interval.high))
    return f"{value} {unit}, 95 % interval {low} to {high}"


def _sized(between: Interval, quantity: Quantity) -> tuple[str, str]:
    """As verdict.sized, also where so few values leave an end open."""
    if isfinite(between.low) and isfinite(between.high):
        return sized(between.estimate, between, quantity)
    ends = [end for end in (between.low, between.high) if isfinite(end)]
    far = max([abs(between.estimate - end) for end in ends], default=abs(between.estimate))
    closed = replace(between, low=between.estimate - far, high=between.estimate + far)
    size, _ = sized(between.estimate, closed, quantity)
    if not ends:
        return size, "without ends"
    end, _ = sized(ends[0], closed, quantity)
    return size, f"from {end}, without an upper end," if isfinite(between.low) else f"up to {end}, without a lower end,"
