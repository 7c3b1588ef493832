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
from sqlalchemy import select, text

from llm_backends import settings
from llm_backends.experiments.live import Experiments
from llm_backends.experiments.plan import ExperimentPlan, Limits, RoutedSlot
from llm_backends.experiments.sharing.lease import Busy
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.runs.plan import Parameters
from llm_backends.store import experiments as kept
from llm_backends.store.call_log import CallLog
from llm_backends.store.sharing.leases import Load, Share
from llm_backends.store.tables import calls
from llm_backends.workers import balance
from llm_backends.workers.queue import queue, workers

ROOT = Path(__file__).parent.parent
_numbers = itertools.count(170_000)


@pytest.fixture
def log(postgres_url):
    with contextlib.closing(CallLog(postgres_url)) as log:
        yield log


@pytest.fixture
def worker(postgres_url, sandbox, tmp_path):
    """`worker(*arguments) -> Popen`, and once it is there; all that still run are ended."""
    with contextlib.ExitStack() as ends:

        def start(*arguments, url=postgres_url, environ=None):
            environ = (sandbox.environment() if environ is None else environ) | {"LLMSELECT_DATABASE_URL": url}
            environ |= {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
            environ |= {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
            line = [sys.executable, "-m", "llm_backends", "worker", *arguments]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
            process = ends.enter_context(subprocess.Popen(line, cwd=tmp_path, env=environ, **pipes))
            ends.callback(process.terminate)
            return process

        yield start


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


def until(true, what: str, seconds: float = 60):
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)
    return found


def experiment(log, id):
    with log.database.reading() as connection:
        return kept.one(connection, id)


def until_state(log, id, state: str):
    return until(lambda: (one := experiment(log, id)).state == state and not one.held and one, f"{state}")


def rows(log):
    with log.database.reading() as connection:
        return connection.execute(select(calls).order_by(calls.c.id)).all()


def requests_of(sandbox, prompts):
    wanted = {prompt.prompt for prompt in prompts}
    asked = [
        (record.body["messages"][-1]["content"], record)
        for record in sandbox.records
        if "messages" in (record.body or {})
    ]
    return [(prompt, record) for prompt, record in asked if isinstance(prompt, str) and prompt in wanted]


def at_once(records) -> int:
    moments = sorted([(r.received_at, 1) for r in records] + [(r.ended_at, -1) for r in records])
    return max(itertools.accumulate(change for _, change in moments))


def said(process) -> str:
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    return out


def test_two_workers_share_an_experiment_and_each_endpoint_has_the_plans_concurrency(log, worker, sandbox):
    prompts = lines(60)
    plan = planned("canned.ttft-60.rate-500.tokens-3", slots=2, concurrency=4)
    both = [worker(), worker()]
    until(lambda: workers(log) == 2, "two workers")
    id = queued(log, plan, prompts)
    found = until_state(log, id, "done")
    assert (found.counts.ended, found.counts.failed, found.total) == (120, 0, 120)
    told = [said(process) for process in both]
    assert all(out.count("takes share") >= 2 and "ends share" in out for out in told), "\n".join(told)
    requests = requests_of(sandbox, prompts)
    assert len(requests) == 120 and at_once([record for _, record in requests]) == 4
    places = Counter((row.prompt_number, row.repeat, row.slot) for row in rows(log))
    assert places == Counter(itertools.product(range(1, 61), [0], range(2)))
    assert workers(log) == 0
