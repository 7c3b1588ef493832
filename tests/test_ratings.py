"""Ratings from votes: what is known of strengths, what is left open, and whether a judge agrees with people."""

import numpy
import pytest

from benchmarks.ratings import NAMES, STRENGTHS, drawn
from llm_backends.judging.agreement import agreement, self_preference
from llm_backends.judging.votes import all_bad, ballots, rated, tags
from llm_backends.stats.agreement import kappa
from llm_backends.stats.ratings.asking import ask, needed
from llm_backends.stats.ratings.rating import MIDDLE, POINTS, Tally, rate
from llm_backends.store.votes.vote import CastVote, Vote
from llm_backends.types import Target

SONNET, GPT, LARGE = (
    Target("anthropic", "sonnet", "direct"),
    Target("openai", "gpt", "azure"),
    Target("m", "l", "direct"),
)


def random(seed: int) -> numpy.random.Generator:
    return numpy.random.default_rng(seed)


def beats(one: str, other: str, times: int = 1) -> list:
    return [((one,), (other,))] * times


def cast(ballot, targets=(SONNET, GPT), number=0, **more) -> CastVote:
    return CastVote(
        Vote(f"v{number}-{more.get('judge')}", ballot, True, comparison_id="c", **more),
        "2026-11-27T08:00:00.000+00:00",
        dict(zip("abcdefgh", targets, strict=False)),
    )


def test_two_contestants_come_out_as_their_wins_say():
    found = rate(beats("x", "y", 300) + beats("y", "x", 100))
    assert [rating.name for rating in found.ratings] == ["x", "y"]
    # Three wins to one: a difference of ln 3 in log strength.
    assert found.gaps["x", "y"].points == pytest.approx(POINTS * numpy.log(3), abs=1)
    assert found.versus["x", "y"] == Tally(300, 0, 100) and found.versus["y", "x"] == Tally(100, 0, 300)
    assert found.gaps["x", "y"].real and [(r.best, r.worst) for r in found.ratings] == [(1, 1), (2, 2)]
    assert found.ratings[0].points - MIDDLE == pytest.approx(MIDDLE - found.ratings[1].points)


def test_many_votes_find_the_strengths_that_they_were_drawn_from():
    found = rate(drawn(random(3), 4000, 2, STRENGTHS), NAMES)
    for rating in found.ratings:
        truth = MIDDLE + POINTS * STRENGTHS[NAMES.index(rating.name)]
        assert abs(rating.points - truth) < 45 and rating.interval.holds(rating.points)
        assert rating.best <= rating.worst


def test_a_ballot_on_many_answers_is_one_look_and_not_many():
    alike = [(("a",), ("b",), ("c",), ("d",))] * 20 + [(("d",), ("c",), ("b",), ("a",))] * 14
    found = rate(alike)
    assert found.ballots == 34 and not any(gap.real for gap in found.gaps.values())
    assert {(rating.best, rating.worst) for rating in found.ratings} == {(1, 4)}


def test_whoever_never_lost_or_never_met_the_others_has_no_interval_and_is_told_why():
    even = beats("x", "y", 12) + beats("y", "x", 10)
    found = rate(even + beats("new", "x", 3) + beats("x", "poor", 2) + beats("far", "away") + beats("away", "far"))
    by_name = {rating.name: rating for rating in found.ratings}
    assert {name: rating.open for name, rating in by_name.items()} == {
        "x": None, "y": None, "new": "never lost", "poor": "never won",
        "far": "never met those who are rated", "away": "never met those who are rated",
    }  # fmt: skip
    assert by_name["x"].interval and by_name["new"].interval is None
    assert (by_name["new"].best, by_name["new"].worst) == (1, 6)
    assert numpy.isfinite([rating.points for rating in found.ratings]).all()


def test_few_or_no_votes_give_no_interval():
    assert rate([]).ratings == () == rate([(("a", "b"),)], ["nobody"]).ratings and ask(rate([])) is None
    found = rate(beats("x", "y", 2) + beats("y", "x"))
    assert found.ratings[0].interval is None and found.ratings[0].open == "fewer than 10 votes"
    only_ties = rate([(("x", "y"),)] * 30)
    assert only_ties.gaps["x", "y"].points == pytest.approx(0, abs=1e-6) and not only_ties.gaps["x", "y"].real


def test_the_next_pair_is_the_least_known_one_and_so_many_votes_would_tell_two_apart():
    known = drawn(random(5), 600, 2, STRENGTHS[:3])
    found = rate([*known, (("model 0",), ("model 3",)), (("model 3",), ("model 0",))])
    assert "model 3" in ask(found)
    close = rate(beats("x", "y", 55) + beats("y", "x", 45))
    votes = needed(close, "x", "y")
    more = rate(beats("x", "y", round(0.55 * (100 + votes))) + beats("y", "x", round(0.45 * (100 + votes))))
    assert 500 < votes < 1000 and more.gaps["x", "y"].real and needed(more, "x", "y") == 0
    assert needed(rate(beats("x", "y", 50) + beats("y", "x", 50)), "x", "y") is None
    assert needed(close, "x", "nobody") is None


def test_so_many_votes_tell_two_of_several_apart_in_most_polls():
    told = polls = 0
    for seed in range(12):
        known = drawn(random(seed), 300, 2, STRENGTHS[:5])
        found = rate(known, NAMES[:5])
        for one, other in ((NAMES[1], NAMES[2]), (NAMES[2], NAMES[3])):
            votes = needed(found, one, other)
            if not votes or votes > 1500:
                continue
            apart = found.gaps[one, other].points / POINTS
            more = drawn(random(100 + seed), votes, 2, numpy.array([apart / 2, -apart / 2]))
            renamed = {NAMES[0]: one, NAMES[1]: other}
            ballots_of_pair = [tuple(tuple(renamed[name] for name in group) for group in ballot) for ballot in more]
            told += rate([*known, *ballots_of_pair], NAMES[:5]).gaps[one, other].real
            polls += 1
    assert polls >= 12 and told / polls >= 0.65


def test_votes_become_ballots_over_models_or_over_their_routes():
    again = Target("anthropic", "sonnet", "azure")
    votes = [
        cast((("b",), ("a",)), tag="code"),
        cast((("a", "b", "c"),), (SONNET, again, GPT), all_bad=True, tag="prose"),
        cast((("a",), ("b",)), (SONNET, again)),
    ]
    assert ballots(votes) == [(("openai/gpt",), ("anthropic/sonnet",)), (("anthropic/sonnet", "openai/gpt"),)]
    assert ballots(votes[2:], "route") == [(("anthropic/sonnet (direct)",), ("anthropic/sonnet (azure)",))]
    assert rated(votes).versus["openai/gpt", "anthropic/sonnet"] == Tally(1, 1, 0)
    assert tags(votes) == ["code", "prose"]
    assert all_bad(votes)("openai/gpt") == 1 == all_bad(votes)("anthropic/sonnet") and all_bad(votes)("other") == 0


def test_kappa_is_agreement_beyond_chance():
    # 70 of 100 alike, half of them by chance: (0.7 - 0.5) / 0.5.
    found = kappa([("a", "a")] * 35 + [("b", "b")] * 35 + [("a", "b")] * 15 + [("b", "a")] * 15)
    assert found.estimate == pytest.approx(0.4) and 0.2 < found.low < 0.25 and 0.55 < found.high < 0.6
    assert kappa([("a", "a")] * 9) is None and kappa([]) is None and kappa([("a", "b")]) is None
    assert kappa([("a", "b")] * 4) is None and kappa([("a", "a"), ("b", "b")]).estimate == 1
    alike = kappa([("a", "a"), ("b", "b")] * 5)
    assert alike.estimate == alike.high == 1 and 0.4 < alike.low < 0.5  # ten alike don't make it certain


def test_kappa_holds_the_truth_though_the_pairs_of_one_question_resemble_each_other():
    """Of 60 questions with 3 pairs each that go alike, 95 in 100 intervals hold it; taken for 180, far fewer would."""
    rng = random(7)
    held, apart = 0, 0
    for _ in range(200):
        said, of = [], []
        for question in range(60):
            people = rng.choice(["first", "second"])
            judge = people if rng.random() < 0.8 else ("first" if people == "second" else "second")
            said += [(people, judge)] * 3
            of += [question] * 3
        held += kappa(said, of).holds(0.6)  # 0.8 alike, half of it by chance
        apart += kappa(said).holds(0.6)
    assert 184 <= held <= 198 and apart < 160


def test_a_judge_is_held_against_people_on_the_pairs_that_both_saw_and_caught_at_favouring_its_own():
    people, judge = [], []
    for number in range(40):
        calls = (f"a{number}", f"b{number}")
        targets = dict(zip(calls, (SONNET, GPT), strict=True))

        def voted(first_wins: bool, calls=calls, targets=targets, number=number, **more) -> CastVote:
            ballot = ((calls[0],), (calls[1],)) if first_wins else ((calls[1],), (calls[0],))
            vote = Vote(f"{number} {more}", ballot, True, comparison_id=f"c{number}", **more)
            return CastVote(vote, "2026-11-27T08:00:00.000+00:00", targets)

        people.append(voted(number < 20))
        if number < 36:
            judge.append(voted(number < 32, judge="anthropic/opus"))
    found = agreement(people, judge)
    assert (found.pairs, found.same) == (36, 24) and 0 < found.kappa.estimate < 0.5
    favour = self_preference(people, judge)
    assert favour.estimate == pytest.approx(12 / 36) and favour.low > 0.1
    assert self_preference(people, [cast((("x",), ("y",)), judge="anthropic/opus")]) is None
    assert agreement([], judge).kappa is None
