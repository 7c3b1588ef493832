"""`experiment show`: how far one is, what its slots came to, and how they differ from the baseline."""

import argparse
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from ...metrics import RESULT_METRIC, Metric
from ...settings import Settings
from ..common import OK, print_json
from .common import add_id, add_json, columns, found, opened_log, refuse_id
from .progress import shown

if TYPE_CHECKING:
    from ...results.changes import Changes
    from ...results.columns import Columns
    from ...results.differences import Compared
    from ...results.summary import SlotSummary
    from ..common import Commands

_SHOWN = (
    *("ended", "failed", "pass_rate", "pass_rate_low", "pass_rate_high", "open", "ttft_p50_ms", "ttft_p95_ms"),
    *("tpot_p50_ms", "total_p50_ms", "total_p95_ms", "output_tokens", "cost_per_call_usd", "cost_usd", "cost_unknown"),
)


def add(commands: "Commands") -> None:
    """Add the command with its options."""
    show = commands.add_parser("show", help="what one came to: its slots, and how they differ")
    add_id(show)
    show.add_argument("--against", metavar="ID", help="what changed against this earlier run on the same prompts")
    add_json(show)
    show.set_defaults(run=run)


def run(options: argparse.Namespace, config: Settings) -> int:
    """Print the summary by slot and the verdicts; the exit code."""
    from ...results.changes import changes
    from ...results.columns import read
    from ...results.differences import against_baseline
    from ...results.summary import summaries

    with closing(opened_log(config)) as log:
        chosen = [found(log, id) for id in filter(None, (options.id, options.against))]
        for one, id in zip(chosen, (options.id, options.against), strict=False):
            if one is None:
                return refuse_id(id)
        now, *before = [read(log.database, one) for one in chosen if one is not None]
    slots, differences = summaries(now), against_baseline(now)
    changed = [changes(now, earlier) for earlier in before]
    if options.json:
        row = columns(now.experiment) | {"slots": [{"name": one.name} | one.columns() for one in slots]}
        row["differences"] = [difference_columns(one) for one in differences]
        print_json(row | {"changes": [_changes_columns(change) for change in changed]})
        return OK
    print(shown(now.experiment))
    print(_table(slots))
    for line in _verdicts(now, differences):
        print(line)
    if now.plan.kind == "route lab":
        print(f"\nOver calls that found a connection open: python -m llm_backends route-lab --experiment {options.id}")
    for change in changed:
        _print_changes(now, change)
    return OK


def difference_columns(one: "Compared") -> dict[str, Any]:
    """A difference, flat, for a program; in the metric's own unit."""
    told, interval = one.verdict.difference, one.verdict.difference.interval
    return {
        "baseline": one.baseline.name,
        "other": one.other.name,
        "metric": one.measure.metric,
        "of": one.measure.of,
        "difference": told.estimate,
        "low": interval and interval.low,
        "high": interval and interval.high,
        "pairs": told.pairs,
        "p": one.verdict.p,
        "verdict": one.verdict.kind,
        "needed": one.verdict.needed,
        "sentence": one.sentence,
    }


def _table(slots: "Sequence[SlotSummary]") -> str:
    """A line a figure and a column a slot: there are more figures than slots."""
    metrics = [RESULT_METRIC[name] for name in _SHOWN]
    figures = [slot.columns() for slot in slots]
    rows = [["", *(slot.label for slot in slots)]]
    rows += [[metric.heading, *(_figure(metric, one[metric.name]) for one in figures)] for metric in metrics]
    rows += [["Errors", *(_errors(slot) for slot in slots)]] if any(slot.errors for slot in slots) else []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _figure(metric: Metric, value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.{metric.digits}f}"


def _errors(slot: "SlotSummary") -> str:
    return ", ".join(f"{name} {count:,}" for name, count in slot.errors) or "none"


def _verdicts(columns: "Columns", differences: "Sequence[Compared]") -> list[str]:
    from ...results.summary import labels

    names, lines, last = labels(columns), [], None
    for one in differences:
        if (both := (one.baseline.slot, one.other.slot)) != last:
            lines.append(f"\n{names[both[1]]} against {names[both[0]]}:")
            last = both
        lines.append(f"  {one.sentence}.")
    return lines


def _changes_columns(one: "Changes") -> dict[str, Any]:
    return {
        "before": one.before.id,
        "differs": one.differs,
        "only_now": one.only_now,
        "only_before": one.only_before,
        "slots": [
            {
                "now": slot.match.now,
                "before": slot.match.before,
                "differs": {name: {"before": old, "now": new} for name, old, new in slot.match.differs},
                "gained": slot.gained,
                "lost": slot.lost,
                "differences": [difference_columns(difference) for difference in slot.differences],
            }
            for slot in one.slots
        ],
    }


def _print_changes(columns: "Columns", changed: "Changes") -> None:
    from ...results.sentences import of_match, of_whole
    from ...results.summary import labels

    names = labels(columns)
    print(f"\nAgainst {changed.before.id}, {changed.before.created_at[:16]}, {changed.before.name}")
    for line in of_whole(changed):
        print(f"  {line}")
    for slot in changed.slots:
        differs = of_match(slot.match)
        print(f"\n{names[slot.match.now]}{f': {differs}' if differs else ''}")
        if "checks" not in changed.differs:
            print(f"  {len(slot.gained):,} prompts pass now and did not, {len(slot.lost):,} did and do not")
        for one in slot.differences:
            print(f"  {one.sentence}.")
