"""`experiment check`: judge an experiment's answers by further checks, without a call, and hold it against gates."""

import argparse
import json
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...settings import Settings
from ..common import INTERRUPTED, OK, print_json, refuse
from .common import add_id, add_json, found, opened_log, refuse_id, refuse_plan
from .gates import add_gates, gates, judge
from .progress import REFRESH_S

if TYPE_CHECKING:
    from ...checks.criteria import Check
    from ...results.summary import SlotSummary
    from ...store.call_log import CallLog
    from ...store.experiments import Experiment
    from ..common import Commands

_FOUND = ("ended", "failed", "pass_rate", "pass_rate_low", "pass_rate_high", "passed", "not_passed", "open", "unjudged")


def add(commands: "Commands") -> None:
    """Add the command with its options."""
    check = commands.add_parser("check", help="judge the answers of one by further checks, without a call")
    add_id(check)
    check.add_argument("--checks", type=Path, metavar="FILE", help="a YAML list of checks to add to those it has")
    check.add_argument("--replace", action="store_true", help="have these checks in place of those it has")
    add_gates(check)
    add_json(check)
    check.set_defaults(run=run)


def run(options: argparse.Namespace, config: Settings) -> int:
    """Add checks where there are some, judge what is not judged, and say what it came to; the exit code."""
    from ...experiments.plan_file import PlanUnusable, checks_from_file, from_json

    if options.replace and options.checks is None:
        return refuse("--replace needs --checks: the file that holds the checks to have")
    with closing(opened_log(config)) as log:
        one = found(log, options.id)
        if one is None:
            return refuse_id(options.id)
        try:
            plan = from_json(one.plan)
            checks = plan.checks if not options.replace else ()
            if options.checks is not None:
                checks += tuple(check for check in checks_from_file(options.checks) if check not in checks)
        except PlanUnusable as exc:
            return refuse_plan(exc)
        gates(options.fail_under, replace(plan, checks=checks))
        code = _judge(log, one, checks) if checks else OK
        one = found(log, one.id) or one
        _tell(log, one, as_json=options.json)
        if code != OK or not options.fail_under:
            return code
        return judge(log, one, options.fail_under, as_json=options.json)


def _judge(log: "CallLog", one: "Experiment", checks: "tuple[Check, ...]") -> int:
    """Have every kept answer judged by these checks, and say how far that is; the exit code."""
    from ...experiments.live import Experiments

    experiments = Experiments(log)
    judging = experiments.recheck(one.id, checks)
    terminal = sys.stderr.isatty()
    try:
        while not judging.wait(REFRESH_S):
            if terminal:
                print(f"\r{judging.judged:,} of {judging.total:,} answers judged", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        experiments.close()
        if terminal:
            print(file=sys.stderr)
    if judging.problem:
        return refuse(judging.problem)
    print(f"{judging.total:,} answers judged anew", file=sys.stderr)
    return OK


def _tell(log: "CallLog", one: "Experiment", *, as_json: bool) -> None:
    """Print the checks, and what they found by slot."""
    from ...results.columns import read
    from ...results.summary import summaries

    checks, slots = one.plan.get("checks") or [], summaries(read(log.database, one))
    if as_json:
        found = [{name: value for name, value in slot.columns().items() if name in _FOUND} for slot in slots]
        told = [{"name": slot.name} | row for slot, row in zip(slots, found, strict=True)]
        print_json({"event": "checks", "id": one.id, "checks": checks, "slots": told})
        return
    for number, check in enumerate(checks, 1):
        print(f"{number}. {_said(check)}")
    if not checks:
        print("no checks: add some with --checks FILE")
    for slot in slots:
        print(f"  {slot.label}: {_found(slot)}" if checks else f"  {slot.label}: {slot.ok:,} answers")


def _said(check: dict[str, Any]) -> str:
    own = [f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in check.items() if _tells(name, value)]
    return f"{check['check']}: {', '.join(own)}" if own else f"{check['check']}"


def _tells(name: str, value: Any) -> bool:
    return name != "check" and value is not None and value is not False


def _found(slot: "SlotSummary") -> str:
    rate = "unknown" if slot.pass_rate is None else f"{slot.pass_rate.estimate:.1%}"
    parts = [f"pass rate {rate}", f"{slot.passed:,} passed", f"{slot.not_passed:,} did not"]
    parts += [f"{slot.open:,} left open"] if slot.open else []
    parts += [f"{slot.unjudged:,} not judged yet"] if slot.unjudged else []
    return ", ".join(parts + ([f"{slot.failed:,} calls failed"] if slot.failed else []))
