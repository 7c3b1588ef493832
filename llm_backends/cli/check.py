"""`check`: the smallest real call to everything configured, and what is wrong."""

import argparse
from typing import TYPE_CHECKING, Any

from ..sentences import advice
from ..settings import Settings
from .common import FAILED, OK, UNUSABLE, add_route, opened, print_json

if TYPE_CHECKING:
    from ..runs.check import Checked
    from .common import Commands


def add(commands: "Commands") -> None:
    """Add the command with its options."""
    check = commands.add_parser("check", help="the smallest real call to everything configured, and what is wrong")
    add_route(check)
    check.add_argument("--only", metavar="PROVIDER or PROVIDER/MODEL", help="check this one alone")
    check.add_argument("--json", action="store_true", help="one JSON object a line")
    check.set_defaults(run=run)


def run(options: argparse.Namespace, config: Settings) -> int:
    """Check everything on the route; the exit code."""
    from ..runs.check import check

    catalog, route = opened(options, config)
    found = set()
    for checked in check(catalog, route, options.only):
        found.add(checked.status)
        print_json(_columns(checked)) if options.json else print(_told(checked), flush=True)
    return FAILED if "failed" in found else OK if "ok" in found else UNUSABLE


def _columns(checked: "Checked") -> dict[str, Any]:
    return {
        "name": checked.name,
        "target": checked.target,
        "status": checked.status,
        "detail": checked.detail,
        "advice": advice(checked.findings, checked.why_not),
        "total_ms": checked.total_ms,
        "usage_in_stream": checked.usage_in_stream,
    }


def _told(checked: "Checked") -> str:
    took = f"{checked.target} in {checked.total_ms:.0f} ms." if checked.status == "ok" else checked.detail
    told = (took or f"{checked.name}:", advice(checked.findings, checked.why_not))
    return f"{checked.status:14}  {' '.join(filter(None, told))}"
