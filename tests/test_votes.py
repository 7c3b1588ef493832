"""Votes: kept once however often they are sent, found by what they were, gone when they are taken back."""

from dataclasses import replace

import pytest

from llm_backends.errors import ConfigError
from llm_backends.store.call_log import CallLog
from llm_backends.store.votes.vote import Vote, VoteFilter
from llm_backends.types import CallResult, Target

from .conftest import postgres_database

TARGETS = (
    Target("openai", "gpt-4o", "direct", "api.openai.com"),
    Target("mistral", "large", "azure", "a.example", "our-large"),
    Target("openai", "gpt-4o", "direct", "api.openai.com", simulated=True),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request, tmp_path):
    if request.param == "sqlite":
        log = CallLog(f"sqlite:///{tmp_path}/log.db")
        yield log
        log.close()
    else:
        with postgres_database() as url:
            log = CallLog(url)
            yield log
            log.close()


def compared(log: CallLog, targets=TARGETS[:2]) -> tuple[str, list[str]]:
    """A comparison on record: its id, and those of its calls."""
    id = log.open_comparison("Which?", None, {}, len(targets))
    for slot, target in enumerate(targets):
        log.record(id, slot, CallResult(target, "ok", "2026-11-27T08:00:00.000+00:00", answer=f"answer {slot}"))
    assert log.flush(10)
    return id, [call.id for call in log.comparison(id).calls]


def test_a_vote_that_is_sent_twice_is_one_and_stays_as_it_was_first(log):
    id, (first, second) = compared(log)
    vote = Vote("v", ((second,), (first,)), blind=True, comparison_id=id, tag="code", reason="Clear. 日本 \0")
    assert log.vote(vote) and not log.vote(vote)
    assert not log.vote(replace(vote, ballot=((first,), (second,)), blind=False))
    (found,) = log.votes(VoteFilter())
    assert found.vote == vote
    assert found.targets == {first: TARGETS[0], second: TARGETS[1]}


def test_votes_are_found_by_what_they_were_and_a_judges_never_among_peoples(log):
    id, calls = compared(log, TARGETS)
    tie, order = (tuple(sorted(calls[:2])),), ((calls[0],), (calls[1],))
    log.vote(Vote("blind", order, True, comparison_id=id, tag="code"))
    log.vote(Vote("open", tie, False, comparison_id=id, all_bad=True))
    log.vote(Vote("sandbox", ((calls[2],), (calls[0],)), True, comparison_id=id))
    log.vote(Vote("judged", order, True, comparison_id=id, judge="openai/gpt-4o"))

    def ids(**wanted) -> list[str]:
        return [cast.vote.id for cast in log.votes(VoteFilter(**wanted))]

    assert sorted(ids()) == ["blind", "open", "sandbox"]
    assert ids(blind=False) == ["open"] and ids(tag="code") == ["blind"] and ids(simulated=True) == ["sandbox"]
    assert ids(judge="any") == ids(judge="openai/gpt-4o") == ["judged"] and ids(judge="nobody/else") == []
    assert sorted(ids(simulated=False)) == ["blind", "open"]
    assert ids(until="2026-01-01") == [] == ids(since="2999-01-01") and len(ids(comparison_id=id)) == 3
    assert ids(comparison_id="another") == []
    (open_vote,) = log.votes(VoteFilter(blind=False))
    assert open_vote.vote.ballot == tie and open_vote.vote.all_bad


def test_a_vote_is_taken_back_by_whoever_cast_it(log):
    id, (first, second) = compared(log)
    log.vote(Vote("v", ((first,), (second,)), True, comparison_id=id, user="ann"))
    assert not log.take_back("v") and not log.take_back("v", "bob")
    assert log.take_back("v", "ann") and not log.take_back("v", "ann")
    assert log.votes(VoteFilter()) == ()


def test_a_ballot_that_makes_no_sense_is_refused_and_one_on_answers_that_are_gone_leaves_nothing(log):
    id, (first, second) = compared(log)
    for ballot, more in (
        (((first,),), {}),
        (((first,), (first,)), {}),
        (((first,), (), (second,)), {}),
        (((first,), (second,)), {"all_bad": True}),
        (((first,), (second,)), {"experiment_id": "e"}),
    ):
        with pytest.raises(ValueError, match="vote|bad"):
            Vote("v", ballot, True, comparison_id=id, **more)
    with pytest.raises(ConfigError):
        log.vote(Vote("v", ((first,), ("gone",)), True, comparison_id=id))
    assert log.votes(VoteFilter()) == ()


def test_the_names_of_a_blind_comparison_are_shown_once_and_for_good(log):
    id, _ = compared(log)
    assert not log.revealed(id) and log.comparison(id).revealed_at is None
    assert log.reveal(id) and not log.reveal(id)
    assert log.revealed(id) and log.comparison(id).revealed_at
    assert not log.revealed("nobody knows it") and not log.reveal("nobody knows it")
