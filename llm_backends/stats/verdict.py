"""Whether differences are real, as facts and in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Literal

from .chance import holm
from .differences import Difference
from .intervals import LEVEL, Interval
from .power import fewest_pairs, more_pairs

Kind = Literal["real difference", "can't be told apart", "too few pairs"]


@dataclass(frozen=True)
class Verdict:
    """What may be said of a difference, among so many `comparisons` that were made together.

    `p` is corrected for them. `needed` is about how many more prompts would settle a difference of `worth`; None where
    it is real, or where there are too few pairs to tell how they spread.
    """

    kind: Kind
    difference: Difference
    p: float
    comparisons: int
    worth: float
    needed: int | None = None


@dataclass(frozen=True)
class Quantity:
    """What was measured, in the words of its sentence: "first token", "ms", "later", "sooner".

    `scale` takes a value to the unit: 100 for shares in points.
    """

    name: str
    unit: str
    more: str = "higher"
    less: str = "lower"
    scale: float = 1


def verdicts(differences: Sequence[Difference], worth: Sequence[float]) -> tuple[Verdict, ...]:
    """The verdict on each of the differences that are looked at together; `worth` is what each must be to matter.

    Those with too few pairs for any verdict are not among the comparisons that the others are corrected for.
    """
    told = [d for d in differences if d.pairs >= fewest_pairs()]
    corrected = iter(holm([d.p for d in told]))
    return tuple(
        _verdict(d, size, next(corrected) if d.pairs >= fewest_pairs() else 1.0, max(1, len(told)))
        for d, size in zip(differences, worth, strict=True)
    )


def _verdict(difference: Difference, worth: float, p: float, comparisons: int) -> Verdict:
    if difference.pairs < fewest_pairs() or difference.interval is None:
        return Verdict("too few pairs", difference, p, comparisons, worth)
    # A mean's test and interval are made in different ways: both must leave out 0.
    if p <= 1 - LEVEL and not difference.interval.holds(0):
        return Verdict("real difference", difference, p, comparisons, worth)
    needed = more_pairs(difference.interval, worth, comparisons)
    return Verdict("can't be told apart", difference, p, comparisons, worth, needed)


def said(verdict: Verdict, quantity: Quantity) -> str:
    """The verdict in a sentence, with whatever could not be paired."""
    return f"{told(verdict, quantity)}{_apart(verdict.difference)}"


def told(verdict: Verdict, quantity: Quantity, each: str = "prompt") -> str:
    """The same without what could not be paired; `each` is what one more pair takes."""
    return f"{_measured(verdict, quantity)}: {_judged(verdict, quantity, each)}"


def _measured(verdict: Verdict, quantity: Quantity) -> str:
    """How large the difference is: "first token 18 ms later, 95 % interval 9 to 31, 40 pairs"."""
    difference, interval = verdict.difference, verdict.difference.interval
    pairs = counted(difference.pairs, "pair")
    if difference.estimate is None or interval is None or verdict.kind == "too few pairs":
        return f"{quantity.name}, {pairs}"
    size, span = sized(difference.estimate, interval, quantity)
    return f"{quantity.name} {size}, {100 * interval.level:g} % interval {span}, {pairs}"


def sized(estimate: float, interval: Interval, quantity: Quantity) -> tuple[str, str]:
    """How large a difference is, and from where to where its interval goes: "18 ms later", "9 to 31"."""
    width = (interval.high - interval.low) * quantity.scale
    # Two digits of the interval's width: more would be noise.
    digits = max(0, 1 - floor(log10(width or abs(estimate * quantity.scale) or 10)))

    def number(value: float) -> str:
        return f"{abs(value) * quantity.scale:,.{digits}f}"

    size = f"{number(estimate)} {quantity.unit} {quantity.less if estimate < 0 else quantity.more}"
    if not number(estimate).strip("0."):
        size = "about the same"
    ends = sorted((interval.low, interval.high), key=abs)
    span = f"{number(ends[0])} to {number(ends[1])}"
    if interval.low < 0 < interval.high:
        span = f"{number(interval.low)} {quantity.less} to {number(interval.high)} {quantity.more}"
    return size, span


def _judged(verdict: Verdict, quantity: Quantity, each: str) -> str:
    if verdict.kind == "too few pairs":
        return f"too few to tell; it takes at least {fewest_pairs()}"
    if verdict.kind == "real difference":
        return "a real difference"
    worth = rounded(verdict.worth, quantity)
    interval = verdict.difference.interval
    # Without its reason this would contradict an interval that leaves out 0.
    reason = "" if interval is None or interval.holds(0) else _reason(verdict)
    if not verdict.needed:
        return f"can't be told apart{reason}; so many pairs would most likely have shown {worth}"
    return f"can't be told apart{reason}; about {about(verdict.needed)} more {each}s would settle {worth}"


def _reason(verdict: Verdict) -> str:
    together = f" over {verdict.comparisons} comparisons" if verdict.comparisons > 1 else ""
    return f" with enough certainty{together} (p {verdict.p:.2g})"


def _apart(difference: Difference) -> str:
    counts = (
        (difference.left_out, "prompt", "left out for want of a pair"),
        (difference.missing_baseline, "value", "missing in the baseline"),
        (difference.missing_other, "value", "missing in the other"),
    )
    found = [f"{counted(number, of)} {what}" for number, of, what in counts if number]
    return f" ({', '.join(found)})" if found else ""


def rounded(worth: float, quantity: Quantity) -> str:
    """A size with its unit, in two digits."""
    return f"{float(f'{worth * quantity.scale:.2g}'):,g} {quantity.unit}"


def counted(number: int, of: str) -> str:
    """ "1 pair", "1,200 pairs"."""
    return f"{number:,} {of}{'' if number == 1 else 's'}"


def about(number: int) -> str:
    """Two leading digits, rounded up."""
    step = 10 ** max(0, len(str(number)) - 2)
    return f"{-(-number // step) * step:,}"
