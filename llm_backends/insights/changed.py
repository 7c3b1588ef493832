"""A model whose latency or error rate has changed, and how that is said."""

from dataclasses import dataclass

from .summary import named
from .view import Key

_WORDS = {
    "ttft_ms": ("first token is", "slower", "faster"),
    "tpot_ms": ("time per output token is", "longer", "shorter"),
    "total_ms": ("total time is", "longer", "shorter"),
    "error_rate": ("error rate is", "higher", "lower"),
}


@dataclass(frozen=True)
class Alert:
    """A model on its route whose `metric` has changed: medians in ms, or error rates from 0 to 1.

    `p` is corrected for all that was judged in the view. `worse` is slower, or with more errors.
    """

    key: Key
    metric: str
    now: float
    before: float
    days_now: int
    days_before: int
    p: float

    @property
    def name(self) -> str:
        """ "openai/gpt-4o (azure)"."""
        return named(self.key)

    @property
    def worse(self) -> bool:
        return self.now > self.before

    @property
    def sentence(self) -> str:
        """ "openai/gpt-4o (azure): first token is 35 % slower this week (median 410 ms against 304 ms …"."""
        what, more, less = _WORDS[self.metric]
        word = more if self.worse else less
        if self.metric == "error_rate":
            size = f"{100 * abs(self.now - self.before):.1f} points"
            values = [f"{100 * value:.1f} %" for value in (self.now, self.before)]
        else:
            size = f"{100 * abs(self.now / self.before - 1):.0f} %"
            digits = 0 if min(self.now, self.before) >= 100 else 1
            values = [f"{value:,.{digits}f} ms" for value in (self.now, self.before)]
            values[0] = f"median {values[0]}"
        p = "p below 0.001" if self.p < 0.001 else f"p {self.p:.1g}"
        days = f"{self.days_now} and {self.days_before} days"
        return (
            f"{self.name}: {what} {size} {word} this week ({values[0]} against {values[1]} in the four weeks before, "
            f"{days}, {p})"
        )
