"""A vote as it is cast, as it is found again, and which votes are wanted."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from ...types import Target

Ballot = tuple[tuple[str, ...], ...]
"""Ids of calls, best first; those of one group are as good as each other."""


@dataclass(frozen=True)
class Vote:
    """One look at two or more answers to the same prompt. `id` is the caller's: a vote that is sent twice is one.

    `blind`: names and numbers were hidden until it was cast. `all_bad`: none of the answers will do; they are then one
    group. `judge` is the model that cast it, as `provider/model`, None for a person. It is of a comparison, or of a
    prompt of an experiment. Raises ValueError where the ballot makes no sense.
    """

    id: str
    ballot: Ballot
    blind: bool
    comparison_id: str | None = None
    experiment_id: str | None = None
    prompt_number: int | None = None
    all_bad: bool = False
    tag: str | None = None
    reason: str | None = None
    judge: str | None = None
    user: str | None = None

    def __post_init__(self) -> None:
        calls = [*chain.from_iterable(self.ballot)]
        if len(calls) < 2 or len(set(calls)) < len(calls) or not all(self.ballot):
            raise ValueError("a vote ranks two or more answers, each once")
        if self.all_bad and len(self.ballot) > 1:
            raise ValueError("answers that are all bad are not ranked")
        if (self.comparison_id is None) == (self.experiment_id is None):
            raise ValueError("a vote is of a comparison or of an experiment")


@dataclass(frozen=True)
class CastVote:
    """A vote on record. `created_at` is UTC, ISO 8601; `targets` says whose each answer was, by the call's id."""

    vote: Vote
    created_at: str
    targets: Mapping[str, Target]


@dataclass(frozen=True)
class VoteFilter:
    """Which votes. None asks for any; `since` is included, `until` is not.

    Votes of people and of judges never come together: `judge` None asks for people's, `judge` "any" for all judges'.
    """

    judge: str | None = None
    blind: bool | None = None
    tag: str | None = None
    since: str | None = None
    until: str | None = None
    comparison_id: str | None = None
    experiment_id: str | None = None
    simulated: bool | None = None
    user: str | None = None
