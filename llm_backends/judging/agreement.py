"""Whether a judge agrees with people, and whether it favours its own."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean
from typing import Literal

from ..stats.agreement import kappa
from ..stats.intervals import Interval
from ..stats.shares import newcombe_interval
from ..store.votes.vote import CastVote

KAPPA = (
    "Cohen's kappa: 1 is full agreement, 0 as much as chance alone would make. Of people's blind votes the first on "
    "each pair counts. In brackets the 95 % interval, by prompt."
)
"""What is told beside one, in English."""

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


def questions(votes: Iterable[CastVote]) -> dict[str, Hashable]:
    """What each call answers: a comparison's prompt, or a prompt of an experiment."""
    return {
        call: vote.comparison_id or (vote.experiment_id, vote.prompt_number)
        for vote in (cast.vote for cast in votes)
        for group in vote.ballot
        for call in group
    }


@dataclass(frozen=True)
class Agreement:
    """How a judge's verdicts compare with people's on the same pairs of answers.

    `kappa` is Cohen's; None where there are too few questions for one. `same` of `pairs` went alike. The pairs of one
    question are not taken for independent.
    """

    pairs: int
    same: int
    kappa: Interval | None


def agreement(people: Iterable[CastVote], judge: Sequence[CastVote]) -> Agreement:
    """The first vote of each side on each pair that both have looked at."""
    theirs, judged, of = looks(people), looks(judge), questions(judge)
    pairs = sorted(theirs.keys() & judged.keys())
    both = [(theirs[pair][0], judged[pair][0]) for pair in pairs]
    found = kappa(both, [of[one] for one, _ in pairs])
    return Agreement(len(both), sum(one == other for one, other in both), found)


def kin(judge: str, ref: str) -> bool:
    """Whether a judge is asked about its own vendor's model: it may know, and favour, its own style."""
    return judge.partition("/")[0] == ref.partition("/")[0]


def self_preference(people: Iterable[CastVote], judge: Sequence[CastVote]) -> Interval | None:
    """How much more often the judge finds its own vendor's answer better than people do, on the same pairs.

    A difference of shares, from -1 to 1, by Newcombe, where each question counts once, with the share of its pairs;
    None where no pair holds one of its own against another.
    """
    theirs, judged, of = looks(people), looks(judge), questions(judge)
    whose = {call: target.ref for cast in judge for call, target in cast.targets.items()}
    names = {cast.vote.judge for cast in judge if cast.vote.judge}
    counted: dict[Hashable, list[tuple[bool, bool]]] = defaultdict(list)
    for pair in sorted(theirs.keys() & judged.keys()):
        own = [any(kin(name, whose[call]) for name in names) for call in pair]
        if own[0] != own[1]:
            wanted: Verdict = "first" if own[0] else "second"
            counted[of[pair[0]]].append((theirs[pair][0] == wanted, judged[pair][0] == wanted))
    if not counted:
        return None
    by_people = [fmean(people for people, _ in pairs) for pairs in counted.values()]
    by_judge = [fmean(judges for _, judges in pairs) for pairs in counted.values()]
    return newcombe_interval(by_people, by_judge)
