"""`worker`: one of any number of processes that share the experiments which are given to workers."""

import argparse
import os
import socket
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from .. import sentences
from ..settings import Settings
from .common import INTERRUPTED
from .experiments.progress import REASONS

if TYPE_CHECKING:
    from ..workers.worker import Told
    from .common import Commands

ROOM = 8


def add(commands: "Commands") -> None:
    """Add the command with its options."""
    worker = commands.add_parser("worker", help="share experiments with other workers, through PostgreSQL")
    worker.add_argument(
        "--concurrency",
        type=_count,
        default=ROOM,
        metavar="N",
        help="take at most so many shares of experiments at once, each of which makes one call at a time at each "
        f"endpoint (default: {ROOM})",
    )
    worker.set_defaults(run=run)


def run(options: argparse.Namespace, config: Settings) -> int:
    """Work until it is interrupted; the exit code."""
    from ..catalog.catalog import Catalog
    from ..store.call_log import CallLog
    from ..workers.queue import check
    from ..workers.worker import Worker

    with closing(CallLog(config.database_url)) as log:
        check(log)
        for problem in config.problems:
            _say(sentences.problem(problem))
        worker = Worker(log, Catalog(config), options.concurrency, lambda told: _say(_line(told)), _say_away)
        who = f"worker {os.getpid()} on {socket.gethostname()}"
        _say(f"{who} takes up to {options.concurrency} shares at once, from {log.place}")
        worker.run()
        _say("ended; what it had is back in the queue")
    return INTERRUPTED


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 256:
        raise ValueError
    return number


def _line(told: "Told") -> str:
    name = f" ({told.name})" if told.name else ""
    of = f"share {told.share.number + 1} of {told.share.of} of experiment {told.id[:8]}{name}"
    if told.did == "takes":
        return f"takes {of}"
    calls = "1 call" if told.calls == 1 else f"{told.calls:,} calls"
    if told.state == "done":
        return f"ends {of}: {calls} made here, none left"
    if told.state == "queued":
        return f"hands over {of}: {calls} made here"
    why = f", {REASONS.get(told.reason, told.reason)}" if told.reason else ""
    return f"leaves {of}: {calls} made here, {told.state}{why}"


def _say_away(reason: str) -> None:
    _say(f"the queue is out of reach ({reason}); looking again soon")


def _say(line: str) -> None:
    print(f"{datetime.now().isoformat(sep=' ', timespec='seconds')} {line}", flush=True)
