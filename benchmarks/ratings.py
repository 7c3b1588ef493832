"""Whether the Leaderboard's intervals hold the truth, how often equals are told apart, how long it takes: seeded."""

from collections.abc import Iterator
from time import perf_counter

import numpy

from llm_backends.stats.ratings.model import Ballot, chances
from llm_backends.stats.ratings.rating import MIDDLE, POINTS, Ratings, rate

from .report import Figure

RUNS = 100
STRENGTHS = numpy.linspace(-1, 1, 8)
NAMES = tuple(f"model {number}" for number in range(len(STRENGTHS)))
LOG_TIES = -0.5  # of equals, 23 of 100 pairs are ties


def figures() -> Iterator[Figure]:
    """Of votes drawn from known strengths: of two answers, of four, and where all are as strong as each other."""
    for votes, answers in ((2000, 2), (200, 2), (2000, 4)):
        times, found = [], []
        for run in range(RUNS):
            ballots = drawn(numpy.random.default_rng([run, votes, answers]), votes, answers, STRENGTHS)
            started = perf_counter()
            found.append(rate(ballots, NAMES))
            times.append(1000 * (perf_counter() - started))
        name = f"{votes:,} votes on {answers} answers"
        limits = {"limit": 97, "least": 93} if (votes, answers) == (2000, 2) else {}
        yield Figure(f"{name}: ratings' intervals hold, of 100", 100 * _held(found), **limits)
        yield Figure("  differences' intervals hold, of 100", 100 * _gaps_held(found), **limits)
        yield Figure("  time, ms, median", float(numpy.median(times)))
    for votes in (2000, 100):
        told = 0
        for run in range(2 * RUNS):
            ballots = drawn(numpy.random.default_rng([run, votes]), votes, 2, numpy.zeros(len(NAMES)))
            told += any(gap.real for gap in rate(ballots, NAMES).gaps.values())
        yield Figure(f"{votes:,} votes, all equal: any two told apart, of 100 runs", 100 * told / (2 * RUNS), 5)
    stopped = sum(_stopped_early(numpy.random.default_rng([run, 9])) for run in range(2 * RUNS))
    yield Figure(
        "two equals, looked at after every 10 of 1,000 votes: told apart at some look", 100 * stopped / (2 * RUNS)
    )


def _stopped_early(rng: numpy.random.Generator) -> bool:
    """Whether a poll that ends as soon as the two are told apart ends so, though they are equal."""
    ballots = [(("one",), ("other",)) if luck < 0.5 else (("other",), ("one",)) for luck in rng.random(1000)]
    return any(rate(ballots[:votes]).gaps["one", "other"].real for votes in range(10, 1001, 10))


def drawn(rng: numpy.random.Generator, votes: int, answers: int, strengths: numpy.ndarray) -> list[Ballot]:
    """Votes on so many contestants each, drawn at random: two with Davidson's ties, more by Plackett."""
    ballots: list[Ballot] = []
    for _ in range(votes):
        who = rng.choice(len(strengths), answers, replace=False)
        if answers > 2:
            order = who[numpy.argsort(-(strengths[who] + rng.gumbel(size=answers)))]
            ballots.append(tuple((NAMES[one],) for one in order))
            continue
        win, tie, _ = chances(strengths[who[0]] - strengths[who[1]], LOG_TIES)
        one, other, luck = NAMES[who[0]], NAMES[who[1]], rng.random()
        if win <= luck < win + tie:
            ballots.append(((one, other),))
        else:
            ballots.append(((one,), (other,)) if luck < win else ((other,), (one,)))
    return ballots


def _held(found: list[Ratings]) -> float:
    truth = dict(zip(NAMES, MIDDLE + POINTS * STRENGTHS, strict=True))
    return float(numpy.mean([r.interval.holds(truth[r.name]) for one in found for r in one.ratings if r.interval]))


def _gaps_held(found: list[Ratings]) -> float:
    truth = dict(zip(NAMES, POINTS * STRENGTHS, strict=True))
    return float(
        numpy.mean(
            [
                gap.interval.holds(truth[one] - truth[other])
                for ratings in found
                for (one, other), gap in ratings.gaps.items()
                if gap.interval and one < other
            ]
        )
    )
