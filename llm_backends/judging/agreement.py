"""Whether a judge agrees with people, and whether it favours its own."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from ..stats.agreement import kappa
from ..stats.intervals import Interval
from ..stats.shares import newcombe_interval
from ..store.votes.vote import CastVote

Verdict = Literal["first", "second", "tie"]
Looks = Mapping[tuple[str, str], Sequence[Verdict]]
"""By two calls, in the order of their ids: how each vote on them went."""


def looks(votes: Iterable[CastVote]) -> Looks:
    """Every pair of answers that these votes hold against each other."""
    found: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for cast in votes:
        places = {call: place for place, group in enumerate(cast.vote.ballot) for call in group}
        for one, other in combinations(sorted(places), 2):
            if places[one] == places[other]:
                found[one, other].append("tie")
            else:
                found[one, other].append("first" if places[one] < places[other] else "second")
    return found


@dataclass(frozen=True)
class Agreement:
    """How a judge's verdicts compare with people's on the same pairs of answers.

    `kappa` is Cohen's; None where there are too few pairs for one. `same` of `pairs` went alike.
    """

    pairs: int
    same: int
    kappa: Interval | None


def agreement(people: Iterable[CastVote], judge: Iterable[CastVote]) -> Agreement:
    """The first vote of each side on each pair that both have looked at."""
    theirs, judged = looks(people), looks(judge)
    both = [(theirs[pair][0], judged[pair][0]) for pair in theirs.keys() & judged.keys()]
    return Agreement(len(both), sum(one == other for one, other in both), kappa(both))


def kin(judge: str, ref: str) -> bool:
    """Whether a judge is asked about its own vendor's model: it may know, and favour, its own style."""
    return judge.partition("/")[0] == ref.partition("/")[0]


def self_preference(people: Iterable[CastVote], judge: Sequence[CastVote]) -> Interval | None:
    """How much more often the judge finds its own vendor's answer better than people do, on the same pairs.

    A difference of shares, from -1 to 1, by Newcombe; None where no pair holds one of its own against another.
    """
    theirs, judged = looks(people), looks(judge)
    whose = {call: target.ref for cast in judge for call, target in cast.targets.items()}
    names = {cast.vote.judge for cast in judge if cast.vote.judge}
    counted: list[tuple[bool, bool]] = []
    for pair in sorted(theirs.keys() & judged.keys()):
        own = [any(kin(name, whose[call]) for name in names) for call in pair]
        if own[0] != own[1]:
            wanted: Verdict = "first" if own[0] else "second"
            counted.append((theirs[pair][0] == wanted, judged[pair][0] == wanted))
    if not counted:
        return None
    return newcombe_interval([float(theirs) for theirs, _ in counted], [float(judges) for _, judges in counted])
