"""Checks of an experiment: every call that ends is judged, once, and kept answers are judged again without a call."""

import itertools
import json
from dataclasses import replace

import pytest
from sqlalchemy import delete, func, select

from llm_backends import Catalog, sentences
from llm_backends.checks.checks import checks_id, to_json
from llm_backends.checks.criteria import Contains, Longest, Matches, Number
from llm_backends.experiments import engine as engines
from llm_backends.experiments.checking import kept as judging
from llm_backends.experiments.checking.kept import judge_kept
from llm_backends.experiments.live import Experiments
from llm_backends.experiments.plan import ExperimentPlan, Limits, RoutedSlot
from llm_backends.experiments.plan_file import PlanUnusable, from_json, from_yaml
from llm_backends.experiments.prompts import prompt_set
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.prompt_sets.own import CHECKS
from llm_backends.store import experiments
from llm_backends.store.call_log import CallLog
from llm_backends.store.prompt_sets import PromptSets
from llm_backends.store.tables import calls, judgements

from .conftest import postgres_database

COUNTS_TO_3 = "ttft-1.rate-2000.numbered.tokens-4"  # the answer is "0 1 2 3 "
_numbers = itertools.count(370_000)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request, tmp_path_factory):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('judging') / 'log.db'}"
    else:
        with postgres_database() as url:
            yield url


@pytest.fixture(scope="module")
def log(url):
    log = CallLog(url)
    yield log
    log.close()


@pytest.fixture
def live(log):
    live = Experiments(log)
    yield live
    live.close()


@pytest.fixture
def catalog(sandbox_settings):
    return Catalog(sandbox_settings)


def planned(*scripts, **more) -> ExperimentPlan:
    slots = tuple(RoutedSlot(f"openai/sandbox.{script}.retry-{next(_numbers)}") for script in scripts)
    return ExperimentPlan(**{"name": "Test", "prompt_set": "none", "slots": slots, "warm_up": 0} | more)


def expecting(*expected) -> PromptSet:
    mark = next(_numbers)
    return PromptSet.of("Test", [Row(n, f"{mark}: {n}?", expected=one) for n, one in enumerate(expected, 1)])


def ran(live, catalog, plan, prompts) -> str:
    id = live.add(plan, prompts)
    assert live.resume(id, catalog).wait(60)
    return id


def named(*checks) -> str:
    return checks_id([to_json(check) for check in checks])


def judged(log, id, *checks) -> dict:
    """(passed, reasons) of each call that these checks have judged, by prompt number, repeat and slot."""
    query = select(judgements).where(judgements.c.experiment_id == id, judgements.c.checks == named(*checks))
    with log.database.reading() as connection:
        found = connection.execute(query).all()
        of_calls = dict(connection.execute(select(calls.c.id, calls.c.prompt_number)).all())
    assert all(of_calls[row.call_id] == row.prompt_number for row in found)
    return {
        (row.prompt_number, row.repeat, row.slot): (row.passed, [reason for _, reason, _ in json.loads(row.found)])
        for row in found
    }


def call_count(log, id) -> int:
    with log.database.reading() as connection:
        return connection.scalar(select(func.count()).where(calls.c.experiment_id == id))


# Plans


def test_a_plan_says_its_checks_and_comes_back_with_them():
    plan = from_yaml(
        """
        name: Test
        prompt_set: set.csv
        slots: [{model: openai/gpt-4o}]
        checks:
          - check: number
            tolerance: 0.5
          - {check: regex, expression: '\\d+'}
          - {check: json schema, schema: {type: object, required: [age]}}
        """
    )
    assert plan.checks[:2] == (Number(tolerance=0.5), Matches(r"\d+")) and len(plan.checks) == 3
    assert from_json(json.loads(json.dumps(plan.to_json()))) == plan


@pytest.mark.parametrize(
    "checks, told",
    [
        ("{check: number}", "checks must be a list, as in `[{check: number}]`"),
        ("[number]", "checks 1 must be fields with their values"),
        ("[{check: mind}]", "There is no check mind."),
        ("[{check: number, digits: 2}]", "The check number has no digits."),
        ("[{check: length}]", "The check length needs characters."),
        ("[{check: length, characters: many}]", "characters of the check length is not of the kind"),
        ("[{check: regex, expression: '('}]", "expression of the check regex can't be used: missing )"),
        ("[{check: json schema, schema: {type: moon}}]", "schema of the check json schema can't be used: 'moon'"),
    ],
)
def test_a_check_that_cannot_be_used_is_told(checks, told):
    with pytest.raises(PlanUnusable) as refused:
        from_yaml(f"name: A\nprompt_set: b\nslots: [{{model: openai/gpt-4o}}]\nchecks: {checks}")
    (fault,) = refused.value.faults
    assert told in sentences.sentence(fault)


@pytest.mark.parametrize("own", CHECKS)
def test_a_set_that_comes_along_brings_its_checks_where_the_plan_says_nothing_of_them(own):
    plan = {"name": "Test", "prompt_set": own, "slots": [{"model": "openai/gpt-4o"}]}
    assert from_json(plan).checks == CHECKS[own]
    assert from_json(plan | {"checks": []}).checks == ()
    assert from_json(from_json(plan | {"checks": []}).to_json()).checks == ()


# Runs


def test_each_call_is_judged_as_it_ends_and_one_that_failed_is_left_open(live, log, catalog):
    checks = (Number(), Longest(100))
    plan = planned(COUNTS_TO_3, "numbered.fault-drop", checks=checks, warm_up=1, template="Well: {{prompt}}", repeats=2)
    id = ran(live, catalog, plan, expecting("3", "4", None))
    found = judged(log, id, *checks)
    assert found == {
        (number, repeat, slot): (None, ["no whole answer"] * 2) if slot else counted
        for repeat, slot in itertools.product(range(2), range(2))
        for number, counted in {
            1: (True, ["held", "held"]),
            2: (False, ["too far", "held"]),
            3: (None, ["nothing expected", "held"]),
        }.items()
    }
    assert call_count(log, id) == len(found) + 2  # the warm-ups are not judged


def test_an_own_set_is_judged_without_a_word_of_it(live, log, catalog):
    kept = {"name": "Test", "prompt_set": "arithmetic", "slots": [{"model": f"openai/sandbox.{COUNTS_TO_3}"}]}
    prompts = prompt_set("arithmetic", PromptSets(log.database))
    found = judged(log, ran(live, catalog, from_json(kept), prompts), Number())
    assert len(found) == len(prompts.rows) and {passed for passed, _ in found.values()} <= {True, False}


def test_what_a_killed_process_left_unjudged_is_judged_when_it_is_resumed(live, log, catalog):
    """A kill leaves a call without its judgement where it comes between the two rows."""
    plan = planned(COUNTS_TO_3, checks=(Number(),), limits=Limits(calls=5), concurrency=1)
    id = ran(live, catalog, plan, expecting(*"33334444"))
    assert live.get(id).progress.reason == "calls" and len(judged(log, id, Number())) == 5
    with log.database.writing() as connection:
        connection.execute(delete(judgements).where(judgements.c.prompt_number < 6))
        experiments.replan(connection, id, replace(plan, limits=Limits()).to_json())
    assert live.resume(id[:10], catalog).wait(60)
    found = judged(log, id, Number())
    assert [found[n, 0, 0][0] for n in range(1, 9)] == [True] * 4 + [False] * 4
    assert call_count(log, id) == 8


def test_an_expression_that_takes_too_long_is_given_up_and_says_so(live, log, catalog, monkeypatch):
    monkeypatch.setattr("llm_backends.checks.matching.TIME_LIMIT_S", 0.01)
    slow = Matches(r"(\d+ )+(\d+ )+(\d+ )+y")
    plan = planned("ttft-1.rate-20000.numbered.tokens-300", checks=(slow, Contains("299")), concurrency=1)
    id = ran(live, catalog, plan, expecting(*[None] * 12))
    found = [reasons for _, reasons in judged(log, id, *plan.checks).values()]
    assert sorted(first for first, _ in found) == ["given up"] * 7 + ["too much"] * 5
    assert {second for _, second in found} == {"held"}
    assert {passed for passed, _ in judged(log, id, *plan.checks).values()} == {None}


# Later


def test_checks_added_changed_and_removed_later_make_no_call(live, log, catalog):
    plan = planned(COUNTS_TO_3, "numbered.fault-drop", warm_up=1)
    id = ran(live, catalog, plan, expecting("3", "4", "3"))
    made = call_count(log, id)
    for checks, passed in (((Number(),), [True, False, True]), ((Number(tolerance=1), Contains("2")), [True] * 3)):
        again = live.recheck(id, checks)
        assert again.wait(60) and not again.problem and (again.judged, again.total) == (6, 6)
        found = judged(log, id, *checks)
        assert [found[n, 0, 0][0] for n in (1, 2, 3)] == passed
        assert [found[n, 0, 1][0] for n in (1, 2, 3)] == [None] * 3
        with log.database.reading() as connection:
            assert from_json(experiments.one(connection, id).plan).checks == checks
    assert live.recheck(id, ()).wait(60) and live.rechecking(id).total == 0
    with log.database.reading() as connection:
        assert from_json(experiments.one(connection, id).plan).checks == ()
    assert call_count(log, id) == made
    with pytest.raises(KeyError):
        live.recheck("absent", ())


def test_judging_again_can_be_stopped_and_goes_on_where_it_was(live, log, catalog, monkeypatch):
    monkeypatch.setattr(judging, "_BATCH", 3)
    id = ran(live, catalog, planned(COUNTS_TO_3), expecting(*"3333333"))
    with log.database.writing() as connection:
        kept = experiments.one(connection, id).plan | {"checks": [to_json(Number())]}
        experiments.replan(connection, id, kept)
    told = []
    assert judge_kept(log.database, id, lambda done: told.append(done) or done < 3) == 3
    assert len(judged(log, id, Number())) == 3
    assert judge_kept(log.database, id, lambda done: told.append(done) or True) == 4
    assert told == [0, 3, 0, 3, 4] and len(judged(log, id, Number())) == 7


def test_checks_changed_while_it_runs_hold_for_all_of_its_calls(url, live, log, catalog, monkeypatch):
    """Here, and for one that another process runs and that hears nothing of it."""
    monkeypatch.setattr(engines, "RENEW_S", 0.1)
    plan = planned("ttft-30.rate-2000.numbered.tokens-4", checks=(Number(),), concurrency=2)
    there_log = CallLog(url)
    there = Experiments(there_log)
    for changing in (live, there):
        prompts = expecting(*"3" * 20)
        id = live.add(plan, prompts)
        engine = live.resume(id, catalog)
        again = changing.recheck(id, (Contains("3"),))
        assert engine.progress.state == "running"
        assert engine.wait(60) and again.wait(60) and not again.problem
        assert len(judged(log, id, Contains("3"))) == 20 and not judged(log, id, Number())
    there.close()
    there_log.close()
