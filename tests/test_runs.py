"""Live comparisons: found again by id, logged however each call ends, stopped when nobody watches."""

import itertools
import subprocess
import sys
from threading import Event
from types import SimpleNamespace

import pytest

from llm_backends.runs.live import Runs
from llm_backends.runs.plan import Plan
from llm_backends.store.call_log import CallLog
from pages._shared import warm

from .kinds import KINDS

_numbers = itertools.count()


@pytest.fixture
def log(tmp_path):
    log = CallLog(f"sqlite:///{tmp_path}/log.db")
    yield log
    log.close()


@pytest.fixture
def runs(log):
    runs = Runs(log)
    yield runs
    runs.close()


def slots(sandbox, *scripts):
    return [
        KINDS[0].slot(sandbox, f"sandbox.canned.ttft-1.{script}.retry-{5000 + next(_numbers)}") for script in scripts
    ]


def test_every_call_is_in_the_log_with_its_text_however_it_ended(runs, log, sandbox):
    run = runs.start("Hello", Plan(), slots(sandbox, "rate-2000.tokens-5", "rate-2000.fault-drop", "fault-500"))
    assert run.wait(10) and log.flush(10)
    comparison = log.comparison(run.id)
    results = [call.result for call in comparison.calls]
    assert [result.status for result in results] == ["ok", "error", "error"]
    assert [result.answer for result in results] == [lane.answer for lane in run.race.lanes]
    assert results[1].answer and results[1].error_type == "ProviderDown"
    assert all(result.target.simulated for result in results)


def test_a_run_is_found_again_by_its_owner_only(runs, sandbox):
    run = runs.start("Hello", Plan(), slots(sandbox, "rate-2000.tokens-5"), owner="ada")
    assert runs.get(run.id, "ada") is run
    assert runs.get(run.id, "bob") is None and runs.get("no such run") is None
    assert run.wait(10)


def test_a_run_that_nobody_watches_is_stopped_and_logged(log, sandbox):
    runs = Runs(log, unwatched_s=0.2)
    run = runs.start("Hello", Plan(), slots(sandbox, "rate-50.tokens-5000"))
    assert run.wait(10) and log.flush(10)
    runs.close()
    (call,) = log.comparison(run.id).calls
    assert call.result.status == "stopped" and call.result.answer


def test_a_run_that_is_watched_goes_on(log, sandbox):
    runs = Runs(log, unwatched_s=0.4)
    run = runs.start("Hello", Plan(), slots(sandbox, "rate-100.tokens-120"))
    while not run.wait(0.05):
        run.watch()
    runs.close()
    assert run.race.lanes[0].result.status == "ok"


def test_a_run_is_stopped_soon_after_the_last_of_its_watchers_has_gone(log, sandbox):
    here = {"one tab", "another"}
    runs = Runs(log, gone_s=0.2, present=here.__contains__)
    run = runs.start("Hello", Plan(), slots(sandbox, "rate-50.tokens-5000"))
    for watcher in tuple(here):
        run.watch(watcher)
    here.remove("one tab")
    assert not run.wait(0.6)
    here.clear()
    assert run.wait(10)
    runs.close()
    assert run.race.lanes[0].result.status == "stopped"


def test_no_library_is_loaded_ahead_beside_a_comparison(runs, sandbox):
    run, loaded = runs.start("Hello", Plan(), slots(sandbox, "rate-50.tokens-5000")), Event()
    warm._once(SimpleNamespace(runs=runs), "a library", loaded.set)
    assert not loaded.wait(0.2) and runs.live() == [run]
    run.race.stop()
    assert loaded.wait(10) and run.finished


KILLED = """
import sys
from llm_backends import Catalog, Message, load_settings
from llm_backends.store.call_log import CallLog
from llm_backends.runs.live import Runs
from llm_backends.runs.plan import Plan

url, quick, slow = sys.argv[1:]
catalog, prompt = Catalog(load_settings(dotenv_path=None)), (Message("user", "Hello"),)
run = Runs(CallLog(url)).start("Hello", Plan(), [catalog.slot(ref, "direct", prompt) for ref in [quick, slow] * 4])
while True:
    run.watch()
    for slot in range(len(run.race.lanes)):
        if slot in run.results:
            print(slot, flush=True)
"""


def test_every_call_that_had_ended_survives_a_kill_and_the_comparison_is_known_as_interrupted(sandbox, tmp_path):
    url = f"sqlite:///{tmp_path}/log.db"
    refs = [f"openai/sandbox.canned.ttft-1.rate-{rate}.retry-{4000 + rate}" for rate in (2000, 5)]
    environ = sandbox.environment() | {"PYTHONPATH": sys.path[0]}
    with subprocess.Popen([sys.executable, "-c", KILLED, url, *refs], env=environ, stdout=subprocess.PIPE) as process:
        ended = set()
        while len(ended) < 4:
            ended.add(int(process.stdout.readline()))
        process.kill()
    log = CallLog(url)
    (comparison,) = log.interrupted()
    log.close()
    assert {call.slot for call in comparison.calls} == ended == {0, 2, 4, 6}
    assert all(call.result.status == "ok" for call in comparison.calls)
