"""Gives an experiment to the workers, and shows how far they are with it."""

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from ...clock import now_ms
from ..common import print_json
from .progress import LINE_S, REFRESH_S, line

if TYPE_CHECKING:
    from ...experiments.progress import Progress
    from ...store.call_log import CallLog


def follow(log: "CallLog", id: str, *, as_json: bool) -> "tuple[Progress, bool]":
    """Queue it and watch until it is over: how it ended, and whether Ctrl-C came first, after which workers go on.

    Raises Busy where one process runs it, ConfigError where it can't be queued or looked at.
    """
    from ...workers.queue import queue, workers

    queue(log, id)
    count = workers(log)
    there = "1 worker is there" if count == 1 else f"{count} workers are there"
    if as_json:
        print_json({"event": "queued", "id": id, "workers": count})
    else:
        none = there if count else "no worker is there yet; start one with: python -m llm_backends worker"
        print(f"experiment {id}: {none}", file=sys.stderr, flush=True)
    told_ms = now_ms()
    try:
        while (progress := _progress(log, id)).state in ("queued", "running"):
            if now_ms() - told_ms > LINE_S * 1000:
                told_ms = now_ms()
                if as_json:
                    print_json({"event": "progress", "id": id} | asdict(progress))
                else:
                    print(line(progress), file=sys.stderr, flush=True)
            time.sleep(REFRESH_S)
    except KeyboardInterrupt:
        return _progress(log, id), True
    return progress, False


def _progress(log: "CallLog", id: str) -> "Progress":
    from ...experiments.progress import Progress
    from ...store import experiments

    with log.database.reading() as connection:
        found = experiments.one(connection, id)
    assert found is not None
    counts = found.counts
    # How many calls are in flight, and how long it takes, only the workers know.
    return Progress(found.state, found.reason, found.total, counts.ended, counts.failed, 0, counts.spent_usd, None)
