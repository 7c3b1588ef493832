"""What a judge's calls come to: a verdict for each pair on which both orders agree, and what is said of the rest."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ...stats.intervals import Interval
from ...stats.shares import share_interval
from ...store import experiments
from ...store.database import Database
from ...store.experiments import Experiment
from ...store.votes import judged
from ...store.votes.judged import Said
from ..agreement import Verdict
from .reading import better

Look = Verdict | Literal["waiting", "failed", "no verdict"]
"""What one call said, "first" being the answer that it was shown first, or why it said nothing."""

_VERDICTS: tuple[Look, ...] = ("first", "second", "tie")
_BETTER: dict[str, Verdict] = {"A": "first", "B": "second", "tie": "tie"}
_TURNED: dict[Look, Look] = {"first": "second", "second": "first"}


@dataclass(frozen=True)
class Judged:
    """One pair of answers and both looks at it: as it stands here, and the other way round.

    `row` is the number of the first look's row in the judge's set, `number` that of the prompt.
    """

    row: int
    number: int
    calls: tuple[str, str]
    slots: tuple[int, int]
    looks: tuple[Look, Look]

    @property
    def verdict(self) -> Verdict | None:
        """Which answer is better, where both looks say something; a tie where they contradict each other."""
        here, there = self.looks[0], _TURNED.get(self.looks[1], self.looks[1])
        if here not in _VERDICTS or there not in _VERDICTS:
            return None
        return here if here == there and here in ("first", "second") else "tie"

    @property
    def changed(self) -> bool:
        """Whether the judge changed its mind with the order."""
        return self.verdict is not None and self.looks[0] != _TURNED.get(self.looks[1], self.looks[1])


@dataclass(frozen=True)
class Standing:
    """How a slot's answers fared. `share` is how often they were better, a tie being half, each prompt once."""

    slot: int
    better: int
    tie: int
    worse: int
    share: Interval | None


@dataclass(frozen=True)
class Outcome:
    """What a judging came to. `again` is the experiment that asked once more, where there is one."""

    judging: Experiment
    judges: str
    again: Experiment | None
    pairs: tuple[Judged, ...]

    @property
    def judge(self) -> str:
        """The judge, as `provider/model`."""
        ref: str = self.judging.plan["slots"][0]["model"]
        return ref

    @property
    def decided(self) -> int:
        """How many pairs have a verdict."""
        return sum(pair.verdict is not None for pair in self.pairs)

    @property
    def changed(self) -> int:
        """On how many the judge changed its mind with the order; they count as ties."""
        return sum(pair.changed for pair in self.pairs)

    def looks(self, *kinds: Look) -> int:
        """How many calls came to one of these."""
        return sum(look in kinds for pair in self.pairs for look in pair.looks)

    @property
    def open_rows(self) -> tuple[int, ...]:
        """The rows of the judge's set whose call failed or said nothing that counts."""
        return tuple(
            pair.row + place
            for pair in self.pairs
            for place, look in enumerate(pair.looks)
            if look in ("failed", "no verdict")
        )

    @property
    def first_place(self) -> Interval | None:
        """How often a call that called one answer better named the one that it was shown first."""
        return share_interval(self.looks("first"), self.looks("first", "second"))

    @property
    def standings(self) -> tuple[Standing, ...]:
        """By slot."""
        return tuple(_standing(slot, self.pairs) for slot in sorted({s for pair in self.pairs for s in pair.slots}))


def outcome(database: Database, judging: Experiment) -> Outcome | None:
    """What a judging came to so far, also from one that asks once more; None for an experiment that judges nothing.

    Raises ConfigError where the log can't be read.
    """
    if judging.judges is None:
        return None
    with database.reading() as connection:
        before = experiments.one(connection, judging.judges)
        if before is not None and before.judges is not None:
            judging = before
        once_more = experiments.judging(connection, judging.id)
        said = judged.said(connection, judging.id)
        more = {_calls(one): one for again in once_more for one in judged.said(connection, again.id)}
    looks = [_look(one, more.get(_calls(one))) for one in said]
    pairs = tuple(
        Judged(one.number, int(one.variables["number"]), _calls(one), _slots(one), (looks[place], looks[place + 1]))
        for place, one in enumerate(said)
        if not place % 2 and place + 1 < len(said)
    )
    return Outcome(judging, judging.judges or "", once_more[0] if once_more else None, pairs)


def _calls(said: Said) -> tuple[str, str]:
    return said.variables["first"], said.variables["second"]


def _slots(said: Said) -> tuple[int, int]:
    return int(said.variables["first_slot"]), int(said.variables["second_slot"])


def _look(said: Said, again: Said | None) -> Look:
    """What the call said; where that is nothing, what the next one did."""
    found = _of(said)
    return _of(again) if again and again.status and found in ("failed", "no verdict") else found


def _of(said: Said) -> Look:
    if said.status is None:
        return "waiting"
    if said.status != "ok":
        return "failed"
    found = better(said.answer)
    return _BETTER[found] if found else "no verdict"


def _standing(slot: int, pairs: Sequence[Judged]) -> Standing:
    scores: dict[int, list[float]] = defaultdict(list)
    for number, score in _scores(slot, pairs):
        scores[number].append(score)
    every = [score for found in scores.values() for score in found]
    means = [sum(found) / len(found) for found in scores.values()]
    return Standing(slot, every.count(1.0), every.count(0.5), every.count(0.0), share_interval(sum(means), len(means)))


def _scores(slot: int, pairs: Sequence[Judged]) -> Iterable[tuple[int, float]]:
    for pair in pairs:
        if slot in pair.slots and pair.verdict is not None:
            own = "first" if pair.slots[0] == slot else "second"
            yield pair.number, 0.5 if pair.verdict == "tie" else float(pair.verdict == own)
