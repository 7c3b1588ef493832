"""`sandbox`: simulated providers on loopback, to try everything without keys."""

import argparse
from typing import TYPE_CHECKING

from ..settings import Settings
from .common import refuse

if TYPE_CHECKING:
    from .common import Commands

LONGEST_MS = 60_000


def add(commands: "Commands") -> None:
    """Add the command with its options."""
    sandbox = commands.add_parser("sandbox", help="simulated providers on loopback, to try everything without keys")
    sandbox.add_argument("--port", type=int, default=0, metavar="N", help="default: any free one")
    sandbox.add_argument("--canned", action="store_true", help="canned text instead of the embedded model's")
    sandbox.add_argument("--dashboard", action="store_true", help="start the dashboard on it")
    delay = sandbox.add_argument_group("times, to try a Route lab on; milliseconds")
    delay.add_argument("--azure-delay", type=float, default=0.0, metavar="MS", help="Azure answers later by so much")
    delay.add_argument(
        "--second-azure-delay", type=float, metavar="MS", help="a second Azure endpoint, which is later by so much"
    )
    delay.add_argument("--jitter", type=float, default=0.0, metavar="MS", help="what chance adds to each, on average")
    delay.add_argument("--seed", type=int, default=0, metavar="N", help="another one: another chance")
    sandbox.set_defaults(run=run)


def run(options: argparse.Namespace, _config: Settings) -> int:
    """Serve until interrupted; the exit code."""
    from ..sandbox.command import run as serve

    delays = (options.azure_delay, options.jitter, options.second_azure_delay)
    if not all(delay is None or 0 <= delay <= LONGEST_MS for delay in delays):
        return refuse(f"a delay is a number of milliseconds from 0 to {LONGEST_MS:,}")
    return serve(
        port=options.port,
        canned=options.canned,
        dashboard=options.dashboard,
        azure_delay_ms=options.azure_delay,
        second_azure_delay_ms=options.second_azure_delay,
        jitter_ms=options.jitter,
        seed=options.seed,
    )
