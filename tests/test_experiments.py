"""Experiments over the sandbox, real SDKs and real databases: fair, within limits, and nothing twice or lost."""

import contextlib
import io
import itertools
import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete, func, select, text, update

from llm_backends import Catalog, sentences, settings
from llm_backends.experiments import engine as engines
from llm_backends.experiments.done import Done
from llm_backends.experiments.engine import Busy
from llm_backends.experiments.estimate import expected
from llm_backends.experiments.live import Experiments
from llm_backends.experiments.order import blocks
from llm_backends.experiments.plan import ExperimentPlan, Limits, RoutedSlot, faults
from llm_backends.experiments.plan_file import PlanUnusable, from_file, from_json, from_yaml
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.runs.plan import Own, Parameters
from llm_backends.sandbox import serve
from llm_backends.store import experiments as kept
from llm_backends.store.call_log import CallLog, Filter
from llm_backends.store.prompt_sets import PromptSets
from llm_backends.store.sharing import shares
from llm_backends.store.sharing.leases import after
from llm_backends.store.tables import calls, experiments, judgements, leases, processes

ROOT = Path(__file__).parent.parent
QUICK = "canned.ttft-1.rate-2000.tokens-3"
_numbers = itertools.count(70_000)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    return request.getfixturevalue("postgres_url" if request.param == "postgresql" else "sqlite_url")


@pytest.fixture
def sqlite_url(tmp_path):
    return f"sqlite:///{tmp_path / 'log.db'}"


@contextlib.contextmanager
def opened(url):
    log = CallLog(url)
    live = Experiments(log)
    try:
        yield live
    finally:
        live.close()
        log.close()


@pytest.fixture
def live(sqlite_url):
    with opened(sqlite_url) as live:
        yield live


def models(*scripts: str) -> tuple[str, ...]:
    """Models of this test alone, one at each provider."""
    providers = itertools.cycle(("openai", "anthropic", "mistral"))
    return tuple(f"{next(providers)}/sandbox.{script}.retry-{next(_numbers)}" for script in scripts)


def planned(*refs: str, **more) -> ExperimentPlan:
    facts = {"name": "Test", "prompt_set": "none", "warm_up": 0} | more
    return ExperimentPlan(slots=tuple(map(RoutedSlot, refs)), **facts)


def lines(count: int) -> tuple[Row, ...]:
    mark = next(_numbers)
    return tuple(Row(n, f"Question {n} of {mark}") for n in range(1, count + 1))


def started(live, plan, prompts, catalog, **more):
    return live.run(live.add(plan, PromptSet.of("Test", prompts)), plan, prompts, catalog, **more)


def rows(url):
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with contextlib.closing(engine.connect()) as connection:
        found = connection.execute(select(calls).order_by(calls.c.id)).all()
    engine.dispose()
    return found


def requests_of(sandbox, prompts):
    """The sandbox's records of these prompts, with the prompt of each."""
    wanted = {prompt.prompt for prompt in prompts}
    asked = [
        (record.body["messages"][-1]["content"], record)
        for record in sandbox.records
        if "messages" in (record.body or {})
    ]
    return [(prompt, record) for prompt, record in asked if isinstance(prompt, str) and prompt in wanted]


def until_asked(sandbox, prompts, count: int) -> None:
    """Wait until the sandbox has read so many requests; it wakes nobody when it has read one."""
    deadline = time.monotonic() + 30
    while len(requests_of(sandbox, prompts)) < count:
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.002)


@pytest.fixture
def catalog(sandbox_settings):
    return Catalog(sandbox_settings)


# Order


def test_every_call_comes_once_and_the_same_seed_gives_the_same_order():
    order = list(blocks(50, 3, 4, seed=7))
    assert Counter((block.prompt, block.repeat, slot) for block in order for slot in block.slots) == Counter(
        itertools.product(range(50), range(3), range(4))
    )
    assert order == list(blocks(50, 3, 4, seed=7)) != list(blocks(50, 3, 4, seed=8))


def test_the_order_is_fair():
    order = list(blocks(1000, 2, 4, seed=1))
    firsts = Counter(block.slots[0] for block in order)
    assert all(420 < firsts[slot] < 580 for slot in range(4))  # of 500, within four standard deviations
    early = order[:1000]
    assert 400 < sum(block.repeat for block in early) < 600  # repeats are among each other
    assert 460 < sum(block.prompt for block in early) / 1000 < 540


def test_a_long_order_takes_little_memory_and_begins_at_once():
    tracemalloc.start()
    order = blocks(100_000, 1, 8, seed=3)
    for _ in range(1000):
        next(order)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000


def test_what_is_done_takes_a_bit_a_call():
    done = Done(2, 3, [(1, 0, 2), (100_000, 1, 0)])
    assert done.has(1, 0, 2) and done.has(100_000, 1, 0)
    assert not (done.has(1, 1, 2) or done.has(2, 0, 2) or done.has(500_000, 0, 0))


# Plans

FULL = """
name: Which temperature
prompt_set: abc
slots:
  - model: openai/gpt-4o
  - {model: openai/gpt-4o, route: azure, temperature: 1, stop: [END], system: Rhyme.}
shared: {temperature: 0.5, max_tokens: 20, system: Be brief.}
template: "Answer: {{prompt}}"
repeats: 3
seed: 9
concurrency: 2
warm_up: 0
limits: {usd: 2.5, calls: 100}
baseline: openai/gpt-4o
"""


def test_a_plan_is_read_from_yaml_and_comes_back_from_json():
    plan = from_yaml(FULL)
    assert plan == ExperimentPlan(
        "Which temperature",
        "abc",
        (
            RoutedSlot("openai/gpt-4o"),
            RoutedSlot("openai/gpt-4o #2", Own(temperature=1.0, stop=("END",), system="Rhyme."), "azure"),
        ),
        Parameters(0.5, 20, system="Be brief."),
        "Answer: {{prompt}}",
        3,
        9,
        2,
        0,
        Limits(2.5, 100),
        "openai/gpt-4o",
    )
    assert from_json(json.loads(json.dumps(plan.to_json()))) == plan
    assert plan.parameters(0, "Row's.").system == "Row's." and plan.parameters(1, "Row's.").system == "Rhyme."


@pytest.mark.parametrize(
    "change, told",
    [
        (("repeats: 3", "repeats: -1"), "repeats must be a whole number from 1 to 1,000."),
        (("usd: 2.5", "usd: -2.5"), "limits: usd must be a number above 0."),
        (("usd: 2.5", "usd: .nan"), "limits: usd must be a number above 0."),
        (("seed: 9", "color: red"), "the plan: color is not a field of a plan: choose among name, prompt_set, "),
        (("baseline: openai/gpt-4o", "baseline: x"), "baseline x is not known: choose openai/gpt-4o or "),
        (("route: azure", "route: moon"), "slots 2: route moon is not known: choose direct or azure."),
        (("temperature: 0.5", "temperature: hot"), "shared: temperature has a value that no model takes."),
        (("name: Which temperature", ""), "name is missing."),
        (("slots:", "slots: {"), "The plan is not YAML: line "),
        (("limits: {usd: 2.5, calls: 100}", "limits: 7"), "limits must be fields with their values"),
        (("  - model: openai/gpt-4o\n", "  - gpt\n"), "slots 1 must be fields with their values"),
    ],
)  # fmt: skip
def test_a_bad_plan_is_refused_with_what_is_wrong(change, told):
    with pytest.raises(PlanUnusable) as refused:
        from_yaml(FULL.replace(*change))
    assert told in " ".join(map(sentences.sentence, refused.value.faults))


def test_every_fault_of_a_plan_is_told_at_once(tmp_path):
    with pytest.raises(PlanUnusable) as refused:
        from_yaml("slots: []\nrepeats: many\n")
    assert len(refused.value.faults) == 4
    with pytest.raises(PlanUnusable, match="unreadable"):
        from_file(tmp_path / "absent.yaml")


def test_a_model_that_is_unknown_or_has_no_price_is_told_before_anything_is_called(catalog):
    limited = planned("moon/one", "openai/sandbox.mine", "openai/gpt-4o", limits=Limits(usd=1))
    told = [sentences.sentence(fault) for fault in faults(limited, catalog)]
    assert len(told) == 2 and "There is no provider moon" in told[0]
    assert "no price known for openai/sandbox.mine" in told[1] and "limit the calls" in told[1]
    assert len(list(faults(replace(limited, limits=Limits(calls=1)), catalog))) == 1


# Runs


def test_every_call_is_made_once_and_logged_with_its_place(url, sandbox, catalog):
    prompts = lines(6)
    plan = planned(*models(QUICK, QUICK, QUICK), repeats=2, warm_up=1)
    with opened(url) as live:
        engine = started(live, plan, prompts, catalog, user=None)
        assert engine.wait(60)
        progress = engine.progress
        assert (progress.state, progress.total, progress.ended, progress.failed) == ("done", 36, 36, 0)
        log = live._log
        with log.database.reading() as connection:
            (one,) = kept.recent(connection)
        assert (one.state, one.held, one.counts.ended) == ("done", False, 36)
        everything = Filter(include_simulated=True)
        assert len(log.calls(replace(everything, experiments=True))) == 39
        assert log.calls(replace(everything, experiments=False)) == ()
        assert sum(model.calls for model in log.by_model(everything)) == 39
        assert log.by_model(replace(everything, experiments=False)) == ()
        assert log.recent_comparisons() == () and log.interrupted() == ()
        (warm_up, *_) = [call for call in log.calls(everything) if call.place.prompt_number is None]
        assert warm_up.place.experiment_id == engine.id and warm_up.comparison_id is None
    places = Counter((row.prompt_number, row.repeat, row.slot) for row in rows(url) if row.prompt_number)
    assert places == Counter(itertools.product(range(1, 7), range(2), range(3)))
    assert len(requests_of(sandbox, prompts)) == 39


def test_no_more_calls_are_at_the_provider_than_the_plan_allows(live, sandbox, catalog):
    prompts = lines(15)
    plan = planned(*models("canned.ttft-20.rate-500.tokens-3", "canned.ttft-5.rate-500.tokens-3"), concurrency=3)
    assert started(live, plan, prompts, catalog).wait(60)
    records = [record for _, record in requests_of(sandbox, prompts)]
    # Until the last token: the sandbox may note the end only after the next request has come.
    moments = sorted([(r.received_at, 1) for r in records] + [(r.token_times[-1], -1) for r in records])
    at_once = list(itertools.accumulate(change for _, change in moments))
    assert len(records) == 30 and max(at_once) == 3


def test_blocks_stay_together(live, sandbox, catalog):
    """A call is sent at most as many blocks late as the window has, though one slot is much slower."""
    prompts = lines(40)
    plan = planned(*models("canned.ttft-1.rate-2000.tokens-1", "canned.ttft-30.rate-2000.tokens-1"), concurrency=2)
    assert started(live, plan, prompts, catalog).wait(60)
    sent = [prompt for prompt, _ in sorted(requests_of(sandbox, prompts), key=lambda found: found[1].received_at)]
    apart = [sent.index(prompt) - (len(sent) - 1 - sent[::-1].index(prompt)) for prompt in set(sent)]
    assert max(map(abs, apart)) <= 4


def test_failures_count_as_ended_and_are_told_apart(live, sandbox, catalog):
    prompts = lines(3)
    engine = started(live, planned(*models(QUICK, "fault-400")), prompts, catalog)
    assert engine.wait(60)
    assert (engine.progress.state, engine.progress.ended, engine.progress.failed) == ("done", 6, 3)


def test_a_slot_whose_warm_ups_are_refused_pauses_before_anything_else_is_spent(live, sandbox, catalog):
    prompts = lines(20)
    engine = started(live, planned(*models(QUICK, "fault-401"), warm_up=2), prompts, catalog)
    assert engine.wait(60)
    assert engine.progress.state == "paused" and "key" in engine.progress.reason
    assert len(requests_of(sandbox, prompts)) < 10


def test_retry_after_holds_back_everything_for_that_endpoint_and_nothing_else(live, sandbox):
    prompts = lines(2)
    with serve(canned=True) as other:
        environ = sandbox.environment() | {
            "COMPATIBLE_LAB_BASE_URL": f"{other.url}/openai/v1",
            "COMPATIBLE_LAB_API_KEY": "lab",
            "LLMSELECT_MAX_ATTEMPTS": "1",
        }
        catalog = Catalog(settings.load(environ=environ, dotenv_path=None))
        limited = f"openai/sandbox.fault-429.retry-1.after-{next(_numbers)}"
        plan = planned(limited, *models(QUICK), f"lab/sandbox.{QUICK}", concurrency=1)
        assert started(live, plan, prompts, catalog).wait(60)
        here = sorted((record for _, record in requests_of(sandbox, prompts)), key=lambda record: record.received_at)
        elsewhere = [record for _, record in requests_of(other, prompts)]
    assert len(here) == 4 and len(elsewhere) == 2
    refused = [record for record in here if record.status == 429]
    for earlier, later in itertools.pairwise(here):
        assert earlier.status != 429 or later.received_at - earlier.ended_at > 0.98
    assert max(record.received_at for record in elsewhere) < refused[0].received_at + 0.9


# Limits


def test_it_pauses_before_a_limit_in_usd_is_passed_and_goes_on_with_a_higher_one(live, sandbox, catalog):
    prompts = lines(8)
    plan = planned("openai/gpt-4o", shared=Parameters(max_tokens=3), limits=Limits(usd=0.00032))
    engine = started(live, plan, prompts, catalog)
    assert engine.wait(60)
    paused = engine.progress
    assert (paused.state, paused.reason) == ("paused", "usd") and 0 < paused.ended < 8
    assert 0 < paused.spent_usd <= 0.00032
    more = live.run(engine.id, replace(plan, limits=Limits(usd=1)), prompts, catalog)
    assert more.wait(60) and more.progress.state == "done"
    assert len(requests_of(sandbox, prompts)) == 8


def test_it_pauses_at_a_limit_of_calls_warm_ups_among_them(live, sandbox, catalog):
    prompts = lines(8)
    engine = started(live, planned(*models(QUICK), warm_up=1, limits=Limits(calls=5)), prompts, catalog)
    assert engine.wait(60)
    assert (engine.progress.state, engine.progress.reason, engine.progress.ended) == ("paused", "calls", 4)
    assert len(requests_of(sandbox, prompts)) == 5


def test_what_to_expect_comes_from_prices_first_and_from_its_own_calls_later(catalog):
    prompts = lines(10)
    plan = planned("openai/gpt-4o", shared=Parameters(max_tokens=100))
    before = expected(plan, prompts, catalog)
    assert (before.calls, before.output_tokens, before.measured, before.duration_s) == (10, 1000, False, None)
    assert before.cost_usd == pytest.approx(before.input_tokens * 2.5e-6 + 1000 * 10e-6, rel=0.05)
    so_far = kept.Tally(calls=6, ended=6, priced=6, spent_usd=0.06, counted=6, input_tokens=60, output_tokens=120)
    later = expected(plan, prompts, catalog, {0: replace(so_far, timed=6, total_ms=12_000)})
    assert (later.calls, later.input_tokens, later.output_tokens, later.measured) == (4, 40, 80, True)
    assert (later.cost_usd, later.duration_s) == (pytest.approx(0.04), 2.0)  # four at once


# Pause, stop, resume, lease


def test_pause_lets_calls_end_and_stop_cuts_them_and_both_are_resumed(live, sandbox, catalog, sqlite_url):
    prompts = lines(6)
    plan = planned(*models("canned.ttft-400.rate-2000.tokens-2"), concurrency=2)
    engine = started(live, plan, prompts, catalog)
    until_asked(sandbox, prompts, 2)
    engine.pause()
    assert engine.wait(30) and engine.progress.state == "paused" and engine.progress.ended == 2
    engine = live.run(engine.id, plan, prompts, catalog)
    until_asked(sandbox, prompts, 4)
    engine.stop()
    assert engine.wait(30) and engine.progress.state == "stopped"
    assert [row.status for row in rows(sqlite_url)].count("stopped") == 2
    engine = live.run(engine.id, plan, prompts, catalog)
    assert engine.wait(30) and engine.progress.state == "done"
    ended = [row for row in rows(sqlite_url) if row.status == "ok"]
    assert sorted(row.prompt_number for row in ended) == list(range(1, 7))


def test_another_process_may_ask_for_a_pause_but_not_run_it_too(url, sandbox, catalog, monkeypatch):
    monkeypatch.setattr(engines, "RENEW_S", 0.1)
    prompts, plan = lines(200), planned(*models("canned.ttft-50.rate-2000.tokens-2"), concurrency=1)
    with opened(url) as here, opened(url) as there:
        engine = started(here, plan, prompts, catalog)
        for live in (here, there):
            with pytest.raises(Busy):
                live.run(engine.id, plan, prompts, catalog)
        with there._log.database.reading() as connection:
            assert kept.one(connection, engine.id[:8]).held
        with there._log.database.writing() as connection:
            kept.want(connection, engine.id, "paused")
        assert engine.wait(30) and engine.progress.state == "paused"
        again = there.run(engine.id, plan, prompts, catalog)
        again.stop()
        assert again.wait(30)
        with there._log.database.reading() as connection:
            assert not kept.one(connection, engine.id).held


def test_one_that_loses_its_lease_ends_and_leaves_the_record_to_the_other(live, sandbox, catalog, monkeypatch):
    monkeypatch.setattr(engines, "RENEW_S", 0.1)
    prompts, plan = lines(200), planned(*models("canned.ttft-50.rate-2000.tokens-2"), concurrency=1)
    engine = started(live, plan, prompts, catalog)
    with live._log.database.writing() as connection:
        connection.execute(update(leases).values(holder="another"))
    assert engine.wait(30) and engine.progress.reason == "lost"
    with live._log.database.reading() as connection:
        assert connection.scalar(select(leases.c.holder)) == "another"
        assert connection.scalar(select(experiments.c.state)) == "running"


def test_a_lease_is_taken_over_when_it_is_over_or_its_process_dead_and_a_clock_set_back_keeps_nobody_out(url):
    """Whoever holds it: one alive here, one dead here, one of another machine."""
    with opened(url) as live:
        log = live._log
        log.check()
        some = PromptSet.of("Test", lines(1))
        PromptSets(log.database).keep(some)
        me = log.writer.process.id
        with subprocess.Popen([sys.executable, "-c", ""]) as ended:
            pass
        with log.database.writing() as connection:
            id = kept.add(connection, "Test", {}, some.id, 1)
            host = connection.scalar(select(processes.c.host).where(processes.c.id == me))
            row = {"started_at": "2026", "seen_at": "2999"}
            connection.execute(processes.insert(), row | {"id": "dead", "host": host, "pid": ended.pid})
            connection.execute(processes.insert(), row | {"id": "here", "host": host, "pid": os.getppid()})
            connection.execute(processes.insert(), row | {"id": "away", "host": "away", "pid": 1})

            def takes_over(holder, lease_s):
                held = {"holder": holder, "lease_until": after(connection, lease_s)}
                connection.execute(delete(leases))
                connection.execute(leases.insert(), {"experiment_id": id, "share": 0, "shares": 1} | held)
                return shares.claim(connection, id, me) == "taken"

            hour = 3600  # ahead: the clock has been set back since
            found = {(h, s): takes_over(h, s) for h in ("here", "dead", "away") for s in (-1, 20, hour)}
    assert found == {
        ("here", -1): True, ("here", 20): False, ("here", hour): False,
        ("dead", -1): True, ("dead", 20): True, ("dead", hour): True,
        ("away", -1): True, ("away", 20): False, ("away", hour): True,
    }  # fmt: skip


def test_while_the_database_is_away_nothing_further_is_sent_and_nothing_is_lost(live, sandbox, catalog, sqlite_url):
    prompts, plan = lines(20), planned(*models(QUICK), concurrency=2)
    id = live.add(plan, PromptSet.of("Test", prompts))
    engine = live.run(id, plan, prompts, catalog)
    until_asked(sandbox, prompts, 1)
    blocker = create_engine(sqlite_url, connect_args={"timeout": 30})
    with blocker.connect() as connection:
        connection.execute(text("BEGIN IMMEDIATE"))
        before = connection.scalar(select(func.count()).select_from(calls))
        deadline = time.monotonic() + 20
        while not engine.problem and engine.progress.ended < 20 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert before == 20 or "locked" in engine.problem
        assert len(requests_of(sandbox, prompts)) <= before + 4
    blocker.dispose()
    assert engine.wait(60) and engine.progress.state == "done"
    assert sorted(row.prompt_number for row in rows(sqlite_url)) == list(range(1, 21))


# The command line, and kills


@pytest.fixture
def command(tmp_path, sandbox):
    """`command(url, *arguments) -> Popen` in a folder of its own."""

    def start(url, *arguments):
        environ = sandbox.environment() | {"LLMSELECT_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
        environ |= {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        environ |= {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        line = [sys.executable, "-m", "llm_backends", "experiment", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(line, cwd=tmp_path, env=environ, **pipes)

    return start


def write_plan(folder: Path, prompts, refs, **more) -> None:
    (folder / "prompts.jsonl").write_text("".join(json.dumps({"prompt": p.prompt}) + "\n" for p in prompts))
    slots = [{"model": ref} for ref in refs]
    plan = {"name": "Test", "prompt_set": "prompts.jsonl", "slots": slots, "warm_up": 0} | more
    (folder / "plan.yaml").write_text(json.dumps(plan))  # JSON is YAML


def test_killed_at_any_moment_it_goes_on_and_nothing_is_twice_or_lost(url, command, sandbox, tmp_path):
    prompts, concurrency = lines(15), 4
    refs = models("canned.ttft-40.rate-500.tokens-3", "canned.ttft-20.rate-500.tokens-3")
    write_plan(tmp_path, prompts, refs, concurrency=concurrency, checks=[{"check": "length", "characters": 1000}])
    start, known, twice = ("run", "plan.yaml"), {}, 0
    for killed_after in (5, 9, None):
        begun = len(requests_of(sandbox, prompts))
        with command(url, *start) as process:
            if killed_after:
                until_asked(sandbox, prompts, begun + killed_after)
                process.send_signal(signal.SIGKILL)
            process.communicate()
        found = {row.id: row for row in rows(url)}
        assert known.items() <= found.items()  # what was there is there, unchanged
        if killed_after:
            twice += concurrency
            with opened(url) as live, live._log.database.reading() as connection:
                (one,) = kept.recent(connection)
            assert one.state == "running" and not one.held
            start, known = ("resume", one.id[:10]), found
            ended = {(prompts[row.prompt_number - 1].prompt, refs[row.slot].partition("/")[2]) for row in rows(url)}
            made = Counter((prompt, record.model) for prompt, record in requests_of(sandbox, prompts))
    assert process.returncode == 0
    assert Counter((row.prompt_number, row.slot) for row in found.values()) == Counter(
        itertools.product(range(1, 16), range(2))
    )
    requests = Counter((prompt, record.model) for prompt, record in requests_of(sandbox, prompts))
    assert all(requests[call] == made[call] for call in ended)  # none that had ended is made again
    assert len(requests) == 30 and sum(requests.values()) <= 30 + twice
    with opened(url) as live, live._log.database.reading() as connection:
        judged = connection.execute(select(judgements.c.call_id, judgements.c.passed)).all()
    assert sorted(judged) == sorted((id, True) for id in found)


def test_two_processes_do_not_run_one_experiment(sqlite_url, command, sandbox, tmp_path):
    prompts = lines(30)
    write_plan(tmp_path, prompts, models("canned.ttft-60.rate-2000.tokens-2"), concurrency=1)
    with command(sqlite_url, "run", "plan.yaml", "--json") as first:
        id = json.loads(first.stdout.readline())["id"]
        with command(sqlite_url, "resume", id) as second:
            _, told = second.communicate()
        assert second.returncode == 2 and "run by another process" in told
        first.send_signal(signal.SIGTERM)
        out, _ = first.communicate()
    last = json.loads(out.splitlines()[-1])
    assert first.returncode == 130 and (last["event"], last["state"], last["reason"]) == ("end", "paused", "asked")


@pytest.mark.parametrize(
    "script, more, code, told",
    [
        (QUICK, {}, 0, "3 of 3 calls, known cost $0.0000, done"),
        ("fault-400", {}, 1, "3 of 3 calls, known cost $0.0000, 3 failed, done"),
        (QUICK, {"repeats": 0}, 2, "repeats must be"),
        (QUICK, {"limits": {"calls": 2}}, 3, "2 of 3 calls, known cost $0.0000, paused: the limit of calls would"),
    ],
)
def test_the_exit_code_says_how_it_ended(script, more, code, told, sandbox, sqlite_url, tmp_path, monkeypatch, capsys):
    from llm_backends.__main__ import main

    write_plan(tmp_path, lines(3), models(script), **more)
    for name, value in (sandbox.environment() | {"LLMSELECT_DATABASE_URL": sqlite_url}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main(["experiment", "run", "plan.yaml"]) == code
    out, err = capsys.readouterr()
    assert told in out + err
    assert main(["experiment", "run", "plan.yaml", "--budget", "-1"]) == 2
    assert main(["experiment", "list", "--json"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == (code != 2)
    if listed:
        id = json.loads(listed[0])["id"]
        assert main(["experiment", "show", id]) == 0 and id in capsys.readouterr().out
    assert main(["experiment", "show", "nothing"]) == 2


@pytest.fixture
def run_here(sandbox, sqlite_url, tmp_path, monkeypatch, capsys):
    """Runs a command of `experiment` in this process: its exit code, and what it said."""
    from llm_backends.__main__ import main

    for name, value in (sandbox.environment() | {"LLMSELECT_DATABASE_URL": sqlite_url}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    def run(*arguments: str) -> tuple[int, str]:
        code = main(["experiment", *arguments])
        return code, "".join(capsys.readouterr())

    return run


def test_a_template_is_filled_and_a_resumed_experiment_reads_its_rows_from_the_database(
    run_here, sandbox, sqlite_url, tmp_path
):
    mark = next(_numbers)
    template = f"{mark} {{{{tongue}}}}: {{{{prompt}}}}"
    write_plan(tmp_path, (), models(QUICK), template=template, prompt_set="p.csv", limits={"calls": 1})
    (tmp_path / "p.csv").write_text("prompt,tongue\nHello,French\nBye,Dutch\n")
    assert run_here("run", "plan.yaml")[0] == 3
    (tmp_path / "p.csv").write_text("prompt,tongue\nOther,Other\n")
    with opened(sqlite_url) as live, live._log.database.writing() as connection:
        (one,) = kept.recent(connection)
        kept.replan(connection, one.id, one.plan | {"limits": {}})
    assert run_here("resume", one.id)[0] == 0
    asked = [Row(n, f"{mark} {text}") for n, text in enumerate(("French: Hello", "Dutch: Bye", "Other: Other"))]
    assert Counter(prompt for prompt, _ in requests_of(sandbox, asked)) == {asked[0].prompt: 1, asked[1].prompt: 1}


@pytest.mark.parametrize(
    "more, told",
    [
        ({"template": "{{prompt}} {{tongue}}"}, "no column tongue, which the template names as {{tongue}}. Row 1 is"),
        ({"template": "{{prompt"}, "{{prompt is not understood"),
        ({"prompt_set": "p.csv"}, "p.csv is not a usable prompt set:\nRow 3 has an empty prompt."),
        ({"prompt_set": "nowhere.csv"}, "nowhere.csv cannot be read: No such file"),
    ],
)
def test_what_is_wrong_with_the_prompts_is_told_before_anything_starts(more, told, run_here, tmp_path):
    write_plan(tmp_path, lines(2), models(QUICK), **more)
    (tmp_path / "p.csv").write_text("prompt,tongue\nHello,French\n,Dutch\n")
    code, said = run_here("run", "plan.yaml")
    assert code == 2 and told in said
    assert run_here("list") == (0, "")


def test_a_plan_may_name_a_set_that_comes_along_or_one_that_is_kept(run_here, sqlite_url, tmp_path):
    write_plan(tmp_path, (), models(QUICK), prompt_set="arithmetic")
    assert run_here("run", "plan.yaml")[0] == 0
    with opened(sqlite_url) as live, live._log.database.reading() as connection:
        (one,) = kept.recent(connection)
    write_plan(tmp_path, (), models(QUICK), prompt_set=one.prompt_set_id)
    assert run_here("run", "plan.yaml")[0] == 0
    with opened(sqlite_url) as live, live._log.database.reading() as connection:
        assert [other.prompt_set_id for other in kept.recent(connection)] == [one.prompt_set_id] * 2
