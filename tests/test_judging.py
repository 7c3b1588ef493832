"""Checks of an experiment: each answer is judged as its call ends, or later, over what is kept."""

import contextlib
import itertools

import pytest
from sqlalchemy import delete, select, update

from llm_backends import Catalog, sentences
from llm_backends.checks.checks import checks_id, to_json
from llm_backends.checks.criteria import Contains, Equals, Longest, Matches, ValidJson
from llm_backends.experiments.live import Experiments
from llm_backends.experiments.plan import ExperimentPlan, RoutedSlot
from llm_backends.experiments.plan_file import PlanUnusable, from_json, from_yaml
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.prompt_sets.own import CHECKS
from llm_backends.store.call_log import CallLog
from llm_backends.store.tables import calls, judgements

QUICK = "sandbox.ttft-1.rate-2000.tokens-3"
_numbers = itertools.count(910_000)


@pytest.fixture(params=["sqlite", "postgresql"])
def live(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'log.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    with contextlib.closing(CallLog(url)) as log, contextlib.closing(Experiments(log)) as live:
        yield live


@pytest.fixture
def catalog(sandbox_settings):
    return Catalog(sandbox_settings)


def planned(*checks, script="canned.ttft-1.rate-2000.tokens-3", **more):
    refs = [f"{provider}/sandbox.{script}.retry-{next(_numbers)}" for provider in ("openai", "mistral")]
    return ExperimentPlan("Test", "none", tuple(map(RoutedSlot, refs)), checks=checks, **more)


def lines(count, expected=None):
    mark = next(_numbers)
    return tuple(Row(n, f"Question {n} of {mark}", expected=expected) for n in range(1, count + 1))


def run(live, catalog, plan, prompts):
    id = live.add(plan, PromptSet.of("Test", prompts))
    engine = live.resume(id, catalog)
    assert engine.wait(60) and engine.progress.state == "done"
    return id


def judged(live, id):
    """What is on record, by place: the list of checks, whether it passed, what they found."""
    j = judgements.c
    query = select(j.prompt_number, j.repeat, j.slot, j.checks, j.passed, j.found).where(j.experiment_id == id)
    with live._log.database.reading() as connection:
        return {tuple(row[:3]): tuple(row[3:]) for row in connection.execute(query)}


def made(live, id):
    with live._log.database.reading() as connection:
        return connection.execute(select(calls).where(calls.c.experiment_id == id).order_by(calls.c.id)).all()


def test_each_answer_is_judged_as_its_call_ends_and_warm_ups_are_not(live, catalog):
    plan = planned(Contains("word"), Longest(10_000), repeats=2)
    found = judged(live, id := run(live, catalog, plan, lines(3)))
    assert found.keys() == set(itertools.product((1, 2, 3), (0, 1), (0, 1)))
    name = checks_id([to_json(check) for check in plan.checks])
    answers = {(one.prompt_number, one.repeat, one.slot): one.answer for one in made(live, id)}
    assert {place: passed for place, (_, passed, _) in found.items()} == {
        place: "word" in answers[place] for place in found
    }
    assert {checks for checks, _, _ in found.values()} == {name}


def test_calls_that_failed_are_left_open(live, catalog):
    plan = planned(Longest(10_000), script="canned.fault-400", warm_up=0)
    found = judged(live, run(live, catalog, plan, lines(2)))
    assert len(found) == 4 and {passed for _, passed, _ in found.values()} == {None}
    assert "no whole answer" in next(iter(found.values()))[2]


def test_what_a_killed_process_left_unjudged_is_judged_when_it_is_resumed(live, catalog):
    id = run(live, catalog, planned(Longest(10_000)), lines(4))
    before = made(live, id)
    with live._log.database.writing() as connection:
        connection.execute(delete(judgements).where(judgements.c.slot == 1))
        connection.execute(update(judgements).values(passed=False))
    assert live.resume(id, catalog).wait(60)
    found = judged(live, id)
    assert [passed for place, (_, passed, _) in sorted(found.items()) if place[2] == 1] == [True] * 4
    assert [passed for place, (_, passed, _) in sorted(found.items()) if place[2] == 0] == [False] * 4  # not again
    assert made(live, id) == before


def test_other_checks_judge_what_is_kept_without_a_call(live, catalog, sandbox):
    id = run(live, catalog, planned(), lines(5, expected="no such answer"))
    assert judged(live, id) == {}
    before, asked = made(live, id), len(sandbox.records)
    recheck = live.recheck(id, (Equals(), Longest(10_000)))
    assert recheck.wait(60) and (recheck.judged, recheck.total, recheck.problem) == (10, 10, None)
    assert [passed for _, passed, _ in judged(live, id).values()] == [False] * 10
    recheck = live.recheck(id, (Longest(10_000),))
    assert recheck.wait(60) and recheck.judged == 10
    assert [passed for _, passed, _ in judged(live, id).values()] == [True] * 10
    assert live.recheck(id, (Longest(10_000),)).wait(60) and live.rechecking(id).judged == 0
    assert (made(live, id), len(sandbox.records)) == (before, asked)
    with pytest.raises(KeyError):
        live.recheck("none", ())


def test_checks_that_change_in_mid_run_judge_what_was_made_before_and_what_comes_after(live, catalog):
    plan = planned(Contains("no such answer"), script="canned.ttft-20.rate-500.tokens-3", concurrency=1)
    id = live.add(plan, PromptSet.of("Test", lines(20)))
    engine = live.resume(id, catalog)
    while engine.progress.ended < 4:
        assert not engine.wait(0.01)
    live.recheck(id, (Longest(10_000),))
    assert engine.wait(60)
    assert [passed for _, passed, _ in judged(live, id).values()] == [True] * 40


def test_a_catastrophic_expression_leaves_answers_open_and_ends(live, catalog, monkeypatch):
    monkeypatch.setattr("llm_backends.checks.matching.TIME_LIMIT_S", 0.01)
    plan = planned(Matches("(w|.)*(o|.)*(x|.)*[^ -~]$"), script="canned.ttft-1.rate-5000.tokens-60")
    found = judged(live, run(live, catalog, plan, lines(5)))
    assert {passed for _, passed, _ in found.values()} == {None}
    assert sum("given up" in said for _, _, said in found.values()) == 5


def test_a_plan_brings_its_checks_and_a_set_that_comes_along_its_own():
    start = "name: x\nslots: [{model: openai/gpt-4o}]\nprompt_set: arithmetic\n"
    assert from_yaml(start).checks == CHECKS["arithmetic"]
    assert from_yaml(start + "checks: []").checks == ()
    plan = from_yaml(start + "checks:\n- check: contains\n  text: four\n- check: json\n")
    assert plan.checks == (Contains("four"), ValidJson()) and from_json(plan.to_json()) == plan
    assert from_yaml(start.replace("arithmetic", "mine.csv")).checks == ()


@pytest.mark.parametrize(
    ("checks", "told"),
    [
        ("checks: yes", "checks must be a list"),
        ("checks: [number]", "checks 1 must be fields"),
        ("checks: [{check: spelling}]", "There is no check spelling."),
        ("checks: [{check: regex, expression: '('}]", "expression of the check regex can't be used"),
        ("checks: [{check: length}]", "The check length needs characters."),
    ],
)
def test_a_check_that_cannot_be_used_is_told(checks, told):
    start = "name: x\nslots: [{model: openai/gpt-4o}]\nprompt_set: arithmetic\n"
    with pytest.raises(PlanUnusable) as refused:
        from_yaml(start + checks)
    assert told in " ".join(map(sentences.sentence, refused.value.faults))
