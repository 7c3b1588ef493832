"""`--fail-under`: what an experiment must come to, told and turned into an exit code."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ..common import FAILED, OK, print_json

if TYPE_CHECKING:
    from ...experiments.plan import ExperimentPlan
    from ...results.gate import Gate
    from ...store.call_log import CallLog
    from ...store.experiments import Experiment


def add_gates(command: argparse.ArgumentParser) -> None:
    """The option, any number of times."""
    command.add_argument(
        "--fail-under",
        action="append",
        default=[],
        metavar="FIGURE=BOUND",
        help="exit with 1 unless it holds at every slot: pass=0.9 is the least share of calls that pass; errors=0.01, "
        "ttft_p50_ms=800 and the like are the most. At one slot: pass[SLOT]=0.9. Repeatable",
    )


def gates(written: Sequence[str], plan: "ExperimentPlan") -> "tuple[Gate, ...]":
    """The gates as they are written. Raises ConfigError where the plan can't be held against one."""
    if not written:
        return ()
    from ...results.gate import GateUnusable, check, parse
    from ...results.sentences import of_gate_fault

    try:
        wanted = tuple(map(parse, written))
        check(wanted, plan.names, checked=bool(plan.checks))
    except GateUnusable as exc:
        raise ConfigError(of_gate_fault(exc.fault)) from exc
    return wanted


def judge(log: "CallLog", one: "Experiment", written: Sequence[str], *, as_json: bool) -> int:
    """Say what each gate found, on standard error where it is not for a program; the exit code.

    Raises ConfigError as `gates` does.
    """
    from ...results.columns import read
    from ...results.gate import held
    from ...results.sentences import of_gate

    columns, code = read(log.database, one), OK
    for found in held(columns, gates(written, columns.plan)):
        if as_json:
            print_json({"event": "gate", "id": one.id} | asdict(found))
        else:
            print(f"{'held' if found.held else 'fell short'}: {of_gate(found)}", file=sys.stderr)
        code = code if found.held else FAILED
    return code
