"""Shows how far an experiment is: one line that changes on a terminal, a line now and then elsewhere."""

import shutil
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from ...clock import now_ms
from ..common import print_json

if TYPE_CHECKING:
    from ...experiments.engine import Engine
    from ...experiments.progress import Progress
    from ...store.experiments import Experiment

REFRESH_S = 0.5
LINE_S = 10.0

REASONS: dict[str | None, str] = {
    "usd": "the budget in USD would be passed",
    "calls": "the limit of calls would be passed",
    "asked": "somebody asked for it",
    "lost": "another process runs it",
    "not kept": "the log could not keep a call",
    "closed": "the program ended",
    "fault": "LLMSelect itself failed: its log has more; please report it",
}


def watch(engine: "Engine", *, as_json: bool) -> bool:
    """Show the progress until it is over; False where it was interrupted by Ctrl-C or SIGTERM, and so paused."""
    terminal = sys.stderr.isatty() and not as_json
    told_ms = now_ms()
    if as_json:
        print_json({"event": "start", "id": engine.id})
    else:
        print(f"experiment {engine.id}", file=sys.stderr, flush=True)
    try:
        while not engine.wait(REFRESH_S):
            if terminal:
                width = shutil.get_terminal_size().columns - 1
                print(f"\r{line(engine.progress)[:width]:{width}}", end="", file=sys.stderr, flush=True)
            elif now_ms() - told_ms > LINE_S * 1000:
                told_ms = now_ms()
                _tell(engine, as_json)
    except KeyboardInterrupt:
        engine.stop("paused", "asked")
        engine.wait(5)
        return False
    finally:
        if terminal:
            print(file=sys.stderr)
    return True


def _tell(engine: "Engine", as_json: bool) -> None:
    if as_json:
        print_json({"event": "progress", "id": engine.id} | asdict(engine.progress))
    else:
        print(line(engine.progress), file=sys.stderr, flush=True)


def line(progress: "Progress") -> str:
    """How far it is, in one line."""
    parts = [f"{progress.ended:,} of {progress.total:,} calls", f"known cost ${progress.spent_usd:.4f}"]
    if progress.failed:
        parts.append(f"{progress.failed:,} failed")
    if progress.state == "queued":
        parts.append("waiting for workers")
    elif progress.state == "running":
        parts.append("time left unknown" if progress.remaining_s is None else f"{_span(progress.remaining_s)} left")
        parts += [f"{name} asked for {seconds:.0f} s of quiet" for name, seconds in progress.held]
    else:
        why = f": {REASONS.get(progress.reason, progress.reason)}" if progress.reason else ""
        parts.append(f"{progress.state}{why}")
    return ", ".join(parts)


def shown(one: "Experiment") -> str:
    """An experiment on record, in one line."""
    state = "interrupted" if one.state == "running" and not one.held else one.state
    why = f" ({REASONS.get(one.reason, one.reason)})" if one.reason else ""
    counts = one.counts
    done = f"{counts.ended:,} of {one.total:,} calls, {counts.failed:,} failed, known cost ${counts.spent_usd:.4f}"
    return f"{one.id}  {one.created_at[:16]}  {one.name}: {state}{why}, {done}"


def _span(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
