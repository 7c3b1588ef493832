"""Shows a run on a terminal: one status line while it runs, then every answer and a table of figures."""

import shutil
import sys
import unicodedata

from ..metrics import METRIC, Metric
from ..runs.live import Run
from ..runs.race import Lane
from ..types import CallResult

REFRESH_S = 0.2
_FIGURES = tuple(
    METRIC[name] for name in ("ttft_ms", "total_ms", "tokens_per_s", "input_tokens", "output_tokens", "cost_usd")
)


class Progress:
    """Watches a run and prints it. Away from a terminal there is no status line."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def show(self) -> list[CallResult]:
        """Watch to the end, print, and return the results by slot. Ctrl-C stops every slot and keeps its text."""
        try:
            self._watch()
        except KeyboardInterrupt:
            self._run.race.stop()
            self._run.wait()
        results = [self._run.results[slot] for slot in sorted(self._run.results)]
        for slot, result in enumerate(results):
            print(_answer(slot, result))
        print(_table(results))
        return results

    def _watch(self) -> None:
        terminal = sys.stderr.isatty()
        while not self._run.wait(REFRESH_S):
            if terminal:
                line = "  ".join(_status(slot, lane) for slot, lane in enumerate(self._run.race.lanes))
                width = shutil.get_terminal_size().columns - 1
                print(f"\r{line[:width]:{width}}", end="", file=sys.stderr, flush=True)
        if terminal:
            print("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r", end="", file=sys.stderr, flush=True)


def _status(slot: int, lane: Lane) -> str:
    if lane.result:
        return f"{slot} {lane.target.model}: {lane.result.status}"
    elapsed = f" {lane.elapsed_ms / 1000:.1f} s" if lane.elapsed_ms is not None else ""
    doing = f"{lane.chunks} chunks" if lane.chunks else lane.state
    return f"{slot} {lane.target.model}: {doing}{elapsed}"


def _answer(slot: int, result: CallResult) -> str:
    head = f"── {slot} {result.target} ──"
    parts = [head, _printable(result.answer.strip())]
    if result.status == "stopped":
        parts.append("[stopped: the answer is incomplete]")
    elif result.error_message:
        parts.append(f"[{result.error_type}] {_printable(result.error_message)}")
    return "\n".join(part for part in parts if part) + "\n"


def _printable(text: str) -> str:
    """Without control characters: a model must not move the cursor or rename the window."""
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) != "Cc")


def _table(results: list[CallResult]) -> str:
    heads = ("slot", "model", "route", "status", *(metric.heading for metric in _FIGURES))
    rows = [heads, *(_row(slot, result) for slot, result in enumerate(results))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _row(slot: int, result: CallResult) -> tuple[str, ...]:
    figures = (_figure(metric, result) for metric in _FIGURES)
    return (str(slot), result.target.ref, result.target.route, result.status, *figures)


def _figure(metric: Metric, result: CallResult) -> str:
    value = metric.of(result)
    return "unknown" if value is None else f"{value:.{metric.digits}f}"
