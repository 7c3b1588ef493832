"""Is a call repeated or lost when processes that run an experiment are killed at random moments?

30 kills each on SQLite and on PostgreSQL, with one process and with two: most in the midst of calls, some while one
starts. A call counts as repeated where its row was there when one was killed and it was asked for again; as
lost where it has no row in the end. What was in flight at a kill is made again by design, and counted apart.

Other moments: python -m benchmarks.kills SEED
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from sqlalchemy import select

from llm_backends.experiments.live import Experiments
from llm_backends.experiments.plan import ExperimentPlan, RoutedSlot
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.store import experiments
from llm_backends.store.call_log import CallLog
from llm_backends.store.tables import calls, leases, processes
from llm_backends.workers.queue import queue

from .database import GIVEN, postgres_database
from .loopback import sandbox
from .report import Figure

KILLS, PROMPTS, SLOTS, CONCURRENCY = 30, 600, 2, 4
SCRIPT = "canned.ttft-50.rate-500.tokens-10"
ROOT = Path(__file__).parent.parent

Call = tuple[int, int]  # prompt number, slot


@dataclass
class Run:
    """One experiment under fire: what had ended at each kill, and how often each call had been asked for by then."""

    log: CallLog
    id: str
    environ: dict[str, str]
    command: list[str]
    random: random.Random
    up: list[subprocess.Popen] = field(default_factory=list)
    known: dict[Call, str] = field(default_factory=dict)
    asked: dict[Call, int] = field(default_factory=dict)
    repeated: set[Call] = field(default_factory=set)


def figures(seed: int = 7) -> Iterator[Figure]:
    """Calls repeated and lost, and those in flight that were made again, for each database and number of processes."""
    with tempfile.TemporaryDirectory() as folder:
        for count in (1, 2):
            place = f"sqlite:///{Path(folder) / f'{count}.db'}"
            yield from _figures("SQLite", place, count, ["experiment", "resume", "ID"], seed)
    for count in (1, 2):
        with postgres_database() as url:
            if url is None:
                print(f"no PostgreSQL answers; name one in {GIVEN}", file=sys.stderr)
                return
            yield from _figures("PostgreSQL", url, count, ["worker"], seed)


def _figures(name: str, url: str, count: int, command: list[str], seed: int) -> Iterator[Figure]:
    started = time.perf_counter()
    with sandbox() as environ, contextlib.closing(CallLog(url)) as log:
        slots = tuple(RoutedSlot(f"openai/sandbox.{SCRIPT}.retry-{slot}") for slot in range(SLOTS))
        plan = ExperimentPlan("Kills", "none", slots, concurrency=CONCURRENCY, warm_up=0)
        rows = tuple(Row(number, f"Question {number}") for number in range(1, PROMPTS + 1))
        id = Experiments(log).add(plan, PromptSet.of("Kills", rows))
        if log.database.is_server:
            queue(log, id)
        line = [sys.executable, "-m", "llm_backends", *(id if word == "ID" else word for word in command)]
        own = {"LLMSELECT_DATABASE_URL": url, "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
        run = Run(log, id, environ | own, line, random.Random(f"{seed} {name} {count}"))
        with tempfile.TemporaryDirectory() as folder:
            kills = _under_fire(run, count, folder)
        found = _found(run)
        _compare(run, _asked(run))
        planned = set(product(range(1, PROMPTS + 1), range(SLOTS)))
        again = sum(_asked(run).values()) - len(planned) - len(run.repeated)
        name = f"{name}, {count} {'process' if count == 1 else 'processes'}"
        yield Figure(f"{name}: kills", kills)
        yield Figure(f"{name}: calls repeated, of {len(planned)}", len(run.repeated), 0)
        yield Figure(f"{name}: calls without exactly one row", sum(found[call] != 1 for call in planned), 0)
        yield Figure(f"{name}: in flight at a kill and made again", again, KILLS * CONCURRENCY)
        yield Figure(f"{name}: s in all", time.perf_counter() - started)


def _under_fire(run: Run, count: int, folder: str) -> int:
    """Keep so many processes up and kill one after the other, then let them end; how many were killed."""
    killed = 0
    try:
        while not _done(run):
            at_work, pause_s = run.random.random() < 0.8, run.random.uniform(0.0, 0.6)
            moment = time.monotonic() + pause_s
            while time.monotonic() < moment and not _done(run):
                _keep_up(run, count, folder)
                if at_work and len(_rows(run)) == len(run.known):
                    moment = time.monotonic() + pause_s
                time.sleep(0.02)
            if killed < KILLS and not _done(run):
                victim = run.random.choice(_holding(run) or run.up)
                victim.send_signal(signal.SIGKILL)
                victim.wait()
                run.up.remove(victim)
                killed += 1
                _remember(run)
    finally:
        for process in run.up:
            process.terminate()
            process.wait()
    return killed


def _keep_up(run: Run, count: int, folder: str) -> None:
    """One that found another at it has ended, and comes back."""
    run.up = [process for process in run.up if process.poll() is None]
    while len(run.up) < count:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        run.up.append(subprocess.Popen(run.command, cwd=folder, env=run.environ, **quiet))


def _holding(run: Run) -> list[subprocess.Popen]:
    with run.log.database.reading() as connection:
        held = select(leases.c.holder).where(leases.c.experiment_id == run.id)
        pids = set(connection.scalars(select(processes.c.pid).where(processes.c.id.in_(held))))
    return [process for process in run.up if process.pid in pids]


def _done(run: Run) -> bool:
    with run.log.database.reading() as connection:
        return experiments.one(connection, run.id).state == "done"


def _remember(run: Run) -> None:
    """What has ended stays as it is, and is never asked for again."""
    ended = _rows(run)
    asked = _asked(run)
    _compare(run, asked)
    run.known = {(row.prompt_number, row.slot): row.started_at for row in ended}
    run.asked = {call: asked[call] for call in run.known}


def _compare(run: Run, asked: Counter[Call]) -> None:
    now = {(row.prompt_number, row.slot): row.started_at for row in _rows(run)}
    run.repeated |= {call for call, at in run.known.items() if now.get(call) != at or asked[call] != run.asked[call]}


def _found(run: Run) -> Counter[Call]:
    return Counter((row.prompt_number, row.slot) for row in _rows(run))


def _rows(run: Run) -> list:
    c = calls.c
    with run.log.database.reading() as connection:
        query = select(c.prompt_number, c.slot, c.started_at).where(c.experiment_id == run.id, c.status != "stopped")
        return connection.execute(query).all()


def _asked(run: Run) -> Counter[Call]:
    """How often the provider was asked for each call."""
    with urllib.request.urlopen(f"{run.environ['url']}/sandbox/records") as answer:
        records = json.load(answer)
    return Counter(
        (int(record["body"]["messages"][-1]["content"].split()[-1]), int(record["model"].rpartition("-")[2]))
        for record in records
        if "messages" in (record["body"] or {})
    )


if __name__ == "__main__":
    for figure in figures(int(sys.argv[1]) if len(sys.argv) > 1 else 7):
        print(figure, flush=True)
