"""Votes as ratings take them: ballots over models instead of calls."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from ..stats.ratings.model import Ballot
from ..stats.ratings.rating import Ratings, rate
from ..store.votes.vote import CastVote
from ..types import Target

By = Literal["model", "route"]
"""What is rated: a model whatever the route, or each of its routes for itself."""


def name_of(target: Target, by: By = "model") -> str:
    """What a contestant is called."""
    return target.ref if by == "model" else f"{target.ref} ({target.route})"


def ballots(votes: Iterable[CastVote], by: By = "model") -> list[Ballot]:
    """The votes as ballots, in their order. Answers of one model that stand together count once.

    Where none of the answers will do nobody is better: they tie. A vote on answers of one and the same model tells
    nothing of models, and is left out.
    """
    found: list[Ballot] = []
    for cast in votes:
        ballot = [
            tuple(dict.fromkeys(name_of(cast.targets[call], by) for call in group if call in cast.targets))
            for group in cast.vote.ballot
        ]
        if len({name for group in ballot for name in group}) > 1:
            found.append(tuple(group for group in ballot if group))
    return found


def rated(votes: Sequence[CastVote], by: By = "model") -> Ratings:
    """The ratings that these votes come to."""
    return rate(ballots(votes, by))


def latest(votes: Iterable[CastVote]) -> tuple[CastVote, ...]:
    """The votes, of those that a judge cast on the same answers only the last one: it may have been asked again."""
    kept: dict[object, CastVote] = {}
    for cast in votes:
        same = (cast.vote.judge, frozenset(cast.targets)) if cast.vote.judge else cast.vote.id
        kept.pop(same, None)
        kept[same] = cast
    return tuple(kept.values())


def tags(votes: Iterable[CastVote]) -> list[str]:
    """The tags that there are, sorted."""
    return sorted({cast.vote.tag for cast in votes if cast.vote.tag})


def all_bad(votes: Iterable[CastVote], by: By = "model") -> Callable[[str], int]:
    """How often a contestant stood among answers of which none would do."""
    counts: dict[str, int] = {}
    for cast in votes:
        if cast.vote.all_bad:
            for name in {name_of(target, by) for target in cast.targets.values()}:
                counts[name] = counts.get(name, 0) + 1
    return lambda name: counts.get(name, 0)
