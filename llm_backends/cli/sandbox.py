"""`sandbox`: simulated providers on loopback, to try everything without keys."""

import argparse
from typing import TYPE_CHECKING

from ..settings import Settings

if TYPE_CHECKING:
    from .common import Commands


def add(commands: "Commands") -> None:
    """Add the command with its options."""
    sandbox = commands.add_parser("sandbox", help="simulated providers on loopback, to try everything without keys")
    sandbox.add_argument("--port", type=int, default=0, metavar="N", help="default: any free one")
    sandbox.add_argument("--canned", action="store_true", help="canned text instead of the embedded model's")
    sandbox.add_argument("--dashboard", action="store_true", help="start the dashboard on it")
    sandbox.set_defaults(run=run)


def run(options: argparse.Namespace, _config: Settings) -> int:
    """Serve until interrupted; the exit code."""
    from ..sandbox.command import run as serve

    return serve(port=options.port, canned=options.canned, dashboard=options.dashboard)
