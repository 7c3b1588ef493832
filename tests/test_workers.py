"""Workers that share experiments over one PostgreSQL: fairly, within limits, and nothing twice or lost."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from llm_backends import Catalog
from llm_backends.__main__ import main
from llm_backends.experiments.endpoint import Endpoint
from llm_backends.experiments.live import Experiments
from llm_backends.experiments.plan import ExperimentPlan, Limits, RoutedSlot
from llm_backends.experiments.sharing.lease import Busy, Lease
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.runs.plan import Parameters
from llm_backends.store import experiments as kept
from llm_backends.store.call_log import CallLog, Place
from llm_backends.store.calls import row as call_row
from llm_backends.store.sharing import shares
from llm_backends.store.sharing.leases import WHOLE, Load, Share
from llm_backends.store.sharing.shares import Refusal, Use
from llm_backends.store.tables import calls, leases, processes
from llm_backends.types import CallResult, Target
from llm_backends.workers import balance
from llm_backends.workers.queue import of_worker, queue, workers

ROOT = Path(__file__).parent.parent
_numbers = itertools.count(170_000)


@pytest.fixture(scope="module")
def url(module_postgres_url):
    return module_postgres_url


@pytest.fixture(scope="module")
def log(url):
    with contextlib.closing(CallLog(url)) as log:
        yield log


@pytest.fixture(scope="module")
def worker(url, sandbox, tmp_path_factory):
    """`worker(*arguments) -> Popen`, each a worker on the module's database; all that still run are ended."""
    folder = tmp_path_factory.mktemp("workers")
    with contextlib.ExitStack() as ends:

        def start(*arguments):
            environ = sandbox.environment() | {"LLMSELECT_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
            environ |= {"PATH": os.environ["PATH"], "HOME": str(folder)}
            environ |= {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
            line = [sys.executable, "-m", "llm_backends", "worker", *arguments]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
            process = ends.enter_context(subprocess.Popen(line, cwd=folder, env=environ, **pipes))
            ends.callback(process.kill)
            return process

        yield start


@pytest.fixture(scope="module")
def two(log, worker):
    """Two workers, there."""
    both = [worker(), worker()]
    until(lambda: workers(log) == 2, "two workers")
    yield both
    for process in both:
        out = ended(process)
        assert "Traceback" not in out, out


def planned(script: str, slots: int = 1, **more) -> ExperimentPlan:
    refs = [f"openai/sandbox.{script}.retry-{next(_numbers)}" for _ in range(slots)]
    return ExperimentPlan("Test", "none", tuple(map(RoutedSlot, refs)), **({"warm_up": 0} | more))


def lines(count: int) -> tuple[Row, ...]:
    mark = next(_numbers)
    return tuple(Row(n, f"Question {n} of {mark}") for n in range(1, count + 1))


def queued(log, plan, prompts) -> str:
    id = Experiments(log).add(plan, PromptSet.of("Test", prompts))
    queue(log, id)
    return id


def until(true, what: str, seconds: float = 120):
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)
    return found


def experiment(log, id):
    with log.database.reading() as connection:
        return kept.one(connection, id)


def until_state(log, id, state: str):
    until(lambda: (one := experiment(log, id)).state not in ("queued", "running") and not one.held, state)
    found = experiment(log, id)
    assert found.state == state, found
    return found


def rows(log, id):
    with log.database.reading() as connection:
        return connection.execute(select(calls).where(calls.c.experiment_id == id)).all()


def places(log, id):
    """How often each call of the experiment has ended."""
    return Counter((row.prompt_number, row.repeat, row.slot) for row in rows(log, id) if row.status != "stopped")


def holders(log, id) -> set[int]:
    """The processes that hold shares of the experiment."""
    with log.database.reading() as connection:
        held = select(leases.c.holder).where(leases.c.experiment_id == id)
        return set(connection.scalars(select(processes.c.pid).where(processes.c.id.in_(held))))


def held(log, id) -> set[int]:
    """The numbers of the shares of the experiment that are held."""
    with log.database.reading() as connection:
        return set(connection.scalars(select(leases.c.share).where(leases.c.experiment_id == id)))


def requests_of(sandbox, prompts):
    wanted = {prompt.prompt for prompt in prompts}
    asked = [
        (record.body["messages"][-1]["content"], record)
        for record in sandbox.records
        if "messages" in (record.body or {})
    ]
    return [(prompt, record) for prompt, record in asked if isinstance(prompt, str) and prompt in wanted]


def at_once(records) -> int:
    # Until the last token: the sandbox may note the end only after the next request has come.
    moments = sorted([(r.received_at, 1) for r in records] + [(r.token_times[-1], -1) for r in records])
    return max(itertools.accumulate(change for _, change in moments))


def ended(process) -> str:
    """End a worker; what it said."""
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    return out


def test_two_workers_share_an_experiment_and_each_endpoint_has_the_plans_concurrency(log, two, sandbox):
    prompts = lines(40)
    plan = planned("canned.ttft-60.rate-500.tokens-3", slots=2, concurrency=4)
    id, held = queued(log, plan, prompts), []
    until(lambda: held.append(holders(log, id)) or experiment(log, id).state == "done", "done")
    found = experiment(log, id)
    assert (found.counts.ended, found.counts.failed, found.total, found.reason) == (80, 0, 80, None)
    assert {process.pid for process in two} in held
    requests = requests_of(sandbox, prompts)
    assert len(requests) == 80 and at_once([record for _, record in requests]) == 4
    assert places(log, id) == Counter(itertools.product(range(1, 41), [0], range(2)))


def test_when_one_of_them_is_killed_nothing_is_twice_or_lost(log, two, worker, sandbox):
    prompts, victim = lines(90), worker()
    until(lambda: workers(log) == 3, "a third worker")
    id = queued(log, planned("canned.ttft-250.rate-500.tokens-3", concurrency=3), prompts)
    until(lambda: victim.pid in holders(log, id), "a share of its own")
    until(lambda: len(requests_of(sandbox, prompts)) < len(places(log, id)) + 3, "a call under way")
    victim.kill()
    victim.wait()
    made = Counter(prompt for prompt, _ in requests_of(sandbox, prompts))
    before = {prompts[number - 1].prompt for number, *_ in places(log, id)}
    until_state(log, id, "done")
    assert places(log, id) == Counter(itertools.product(range(1, 91), [0], [0]))
    requests = Counter(prompt for prompt, _ in requests_of(sandbox, prompts))
    assert all(requests[prompt] == made[prompt] for prompt in before)  # none that had ended is made again
    assert sum(requests.values()) <= 90 + 1  # the killed one had one call in flight, for its one share
    assert workers(log) == 2


def test_a_share_waits_for_the_worker_whose_due_it_is_but_not_when_that_one_has_gone(log, two, url):
    """In one queue for all, whoever must leave it to another could be the one to find it, time and again."""
    jobs = text("SELECT lock FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = :name")
    with contextlib.closing(CallLog(url)) as third:
        third.writer.process.room = 8
        third.check()
        name = of_worker(third.writer.process.id)
        id = queued(log, planned("canned.ttft-80.rate-500.tokens-3", concurrency=3), lines(500))

        def waiting() -> list[str]:
            with log.database.reading() as connection:
                return list(connection.scalars(jobs, {"name": name}))

        (lock,) = until(waiting, "a share waits for the third")
    until(lambda: held(log, id) == {0, 1, 2}, "the other two have it")
    assert lock.startswith(f"{id}/") and not waiting()
    with log.database.writing() as connection:
        kept.want(connection, id, "stopped")
    until_state(log, id, "stopped")


def test_a_pause_reaches_all_and_a_stop_cuts_them_and_what_is_left_is_made_later(log, two, sandbox):
    prompts = lines(140)
    id = queued(log, planned("canned.ttft-80.rate-500.tokens-3", concurrency=2), prompts)
    until(lambda: len(holders(log, id)) == 2, "both at it")
    for wanted in ("paused", "stopped"):
        until(lambda: experiment(log, id).state == "running", "running")
        with log.database.writing() as connection:
            kept.want(connection, id, wanted)
        found = until_state(log, id, wanted)
        assert found.counts.ended == len(places(log, id)) < 140 and found.reason == "asked"
        queue(log, id)
    queue(log, id)  # once is enough
    until_state(log, id, "done")
    assert places(log, id) == Counter(itertools.product(range(1, 141), [0], [0]))


def test_a_budget_holds_over_all_who_share_it(log, two, sandbox):
    prompts, limit_usd = lines(40), 0.00082
    plan = planned("canned", concurrency=4, shared=Parameters(max_tokens=3), limits=Limits(usd=limit_usd))
    plan = replace(plan, slots=(RoutedSlot("openai/gpt-4o"),))
    id = queued(log, plan, prompts)
    found = until_state(log, id, "paused")
    costs = [row.cost_usd for row in rows(log, id)]
    assert found.reason == "usd" and sum(costs) <= limit_usd < sum(costs) + 2 * max(costs)


def test_a_model_that_a_worker_can_not_call_pauses_the_experiment_and_says_why(log, two):
    plan = replace(planned("canned", concurrency=2), slots=(RoutedSlot("moon/one"),))
    found = until_state(log, queued(log, plan, lines(3)), "paused")
    assert "There is no provider moon" in found.reason


def test_workers_and_one_process_do_not_run_an_experiment_at_once(log, two, sandbox_settings):
    live, catalog, prompts = Experiments(log), Catalog(sandbox_settings), lines(200)
    plan = planned("canned.ttft-80.rate-500.tokens-3", concurrency=2)
    id = queued(log, plan, prompts)
    until(lambda: holders(log, id), "taken")
    with pytest.raises(Busy):
        live.run(id, plan, prompts, catalog)
    with log.database.writing() as connection:
        kept.want(connection, id, "stopped")
    until_state(log, id, "stopped")
    engine = live.run(id, plan, prompts, catalog)
    with pytest.raises(Busy):
        queue(log, id)
    engine.stop()
    assert engine.wait(30)
    live.close()


def test_connections_that_are_cut_cost_no_call(log, two, sandbox):
    prompts = lines(40)
    id = queued(log, planned("canned.ttft-50.rate-500.tokens-3", concurrency=2), prompts)
    until(lambda: len(places(log, id)) > 4, "under way")
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
    with log.database.writing() as connection:
        connection.execute(text(f"{cut} pg_backend_pid()"))
    until_state(log, id, "done")
    assert places(log, id) == Counter(itertools.product(range(1, 41), [0], [0]))
    assert workers(log) == 2


def test_the_command_line_leaves_the_calls_to_workers_and_watches_them(
    log, two, url, sandbox, tmp_path, monkeypatch, capsys
):
    for name, value in (sandbox.environment() | {"LLMSELECT_DATABASE_URL": url}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    slots = [{"model": slot.ref} for slot in planned("canned.ttft-1.rate-2000.tokens-3").slots]
    (tmp_path / "p.csv").write_text("prompt\n" + "\n".join(row.prompt for row in lines(4)))
    (tmp_path / "plan.yaml").write_text(json.dumps({"name": "Test", "prompt_set": "p.csv", "slots": slots}))
    assert main(["experiment", "run", "plan.yaml", "--workers"]) == 0
    out, err = capsys.readouterr()
    assert "4 of 4 calls, known cost $0.0000, done" in out and "2 workers are there" in err


def test_without_postgresql_it_says_why_there_are_no_workers_and_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LLMSELECT_DATABASE_URL", f"sqlite:///{tmp_path / 'log.db'}")
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    for command in (["worker"], ["experiment", "run", "plan.yaml", "--workers"]):
        assert main(command) == 2
        told = capsys.readouterr().err
        assert "through PostgreSQL" in told and "Set LLMSELECT_DATABASE_URL" in told and "without workers" in told


# Shares, and who should have them


def load(room: int, *shares: int) -> Load:
    return Load(room, tuple(("an experiment", Share(number, 9)) for number in shares))


def test_each_worker_should_have_as_many_shares_as_any_other_as_far_as_it_has_room():
    loads = {"a": load(8, 0, 1, 2, 3), "b": load(8), "c": load(1)}
    assert balance.fair(loads) == {"a": 2, "b": 1, "c": 1}
    assert [balance.surplus(loads, worker) for worker in "abcd"] == [2, 0, 0, 0]
    assert balance.due(loads, 4) == ("b", "c")
    level = {"a": load(8, 0, 1), "b": load(8, 2)}
    assert [balance.surplus(level, worker) for worker in "ab"] == [0, 0]
    assert balance.due(level, 4) == ("b",)
    full = {"a": load(1, 0), "b": load(1, 1)}
    assert balance.due(full, 3) == ()


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request, tmp_path):
    """The log and an experiment of ten calls that is queued for two shares."""
    url = request.getfixturevalue("url") if request.param == "postgresql" else f"sqlite:///{tmp_path / 'log.db'}"
    with contextlib.closing(CallLog(url)) as log:
        log.check()
        id = Experiments(log).add(planned("canned", concurrency=2), PromptSet.of("Test", lines(10)))
        with log.database.writing() as connection:
            assert shares.enqueue(connection, id, 2) == "queued"
        yield log, id


def test_a_share_is_one_processes_and_only_while_workers_are_wanted(shared):
    log, id = shared
    first, second, other = Share(0, 2), Share(1, 2), Share(1, 3)
    with log.database.writing() as connection:
        claims = [
            shares.claim(connection, id, process, share, queued=queued)
            for process, share, queued in (
                ("a", first, True),
                ("b", first, True),
                ("b", second, True),
                ("b", other, True),
                ("b", WHOLE, False),
            )
        ]
        assert claims == ["taken", "busy", "taken", "over", "busy"]
        shares.release(connection, id, "a", first, "paused", "usd", kept.Counts())
        assert shares.renew(connection, id, "b", second, None, Use()) == "paused"
        assert shares.claim(connection, id, "a", first, queued=True) == "over"
        shares.release(connection, id, "b", second, "paused", "asked", kept.Counts())
        found = kept.one(connection, id)
        assert (found.state, found.reason, found.held) == ("paused", "usd", False)
        assert shares.claim(connection, id, "a", first, queued=True) == "over"
        assert shares.claim(connection, id, "a") == "taken"
        assert shares.enqueue(connection, id, 2) == "busy"


def test_what_is_handed_over_waits_for_workers(shared):
    log, id = shared
    with log.database.writing() as connection:
        assert shares.claim(connection, id, "a", Share(0, 2), queued=True) == "taken"
        shares.release(connection, id, "a", Share(0, 2), "queued", None, kept.Counts())
        assert kept.one(connection, id).state == "queued"
        kept.want(connection, id, "paused")
        assert kept.one(connection, id).state == "paused"


def test_what_one_has_in_flight_is_in_the_budget_of_the_other_until_it_has_ended(shared):
    log, id = shared
    first, second, limits = Share(0, 2), Share(1, 2), (1.0, 3)
    with log.database.writing() as connection:
        for process, share in (("a", first), ("b", second)):
            assert shares.claim(connection, id, process, share, queued=True) == "taken"
        assert shares.reserve(connection, id, "a", first, Use(), 0.6, limits) is None
        assert shares.reserve(connection, id, "b", second, Use(), 0.5, limits) == Refusal("usd", final=False)
        assert shares.reserve(connection, id, "b", second, Use(), 0.3, limits) is None
        made = CallResult(Target("openai", "canned", "direct"), "ok", "2026-11-25T12:00:00.000+00:00", cost_usd=0.1)
        connection.execute(calls.insert(), call_row(None, 0, None, made, f"{id} a", Place(id, 1, 0)))
        assert shares.reserve(connection, id, "a", first, Use(1, 0.1), 0.5, limits) is None
        both = Use(made=1, spent_usd=0.1, in_flight=1, reserved_usd=0.5)
        assert shares.reserve(connection, id, "a", first, both, 0.0, limits) == Refusal("calls", final=False)
        connection.execute(update(leases).where(leases.c.holder == "a").values(lease_until="2020"))  # and it is no more
        assert shares.reserve(connection, id, "b", second, Use(0, 0.0, 1, 0.3), 0.5, limits) is None
        connection.execute(calls.insert(), call_row(None, 0, None, made, f"{id} b", Place(id, 2, 0)))
        connection.execute(calls.insert(), call_row(None, 0, None, made, f"{id} c", Place(id, 3, 0)))
        assert shares.reserve(connection, id, "b", second, Use(2, 0.2), 0.1, limits) == Refusal("calls", final=True)


def test_retry_after_that_one_hears_holds_back_all_who_share_the_experiment(shared, log):
    mine, id = shared
    heard, told = Endpoint("host", 1), Endpoint("host", 1)
    told.hold(5)
    one, other = Lease(mine, id, Share(0, 2)), Lease(mine, id, Share(1, 2))
    one.tell(told)
    other.hear((heard, Endpoint("elsewhere", 1)))
    assert 4 < heard.held_s <= 5
