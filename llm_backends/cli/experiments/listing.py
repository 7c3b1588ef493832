"""`experiment list`: the latest experiments."""

import argparse
from contextlib import closing
from typing import TYPE_CHECKING

from ...settings import Settings
from ..common import OK, print_json
from .common import add_json, columns, opened_log
from .progress import shown

if TYPE_CHECKING:
    from ..common import Commands


def add(commands: "Commands") -> None:
    """Add the command with its options."""
    listed = commands.add_parser("list", help="the latest experiments")
    add_json(listed)
    listed.set_defaults(run=run)


def run(options: argparse.Namespace, config: Settings) -> int:
    """Print the latest experiments, the newest first."""
    from ...store import experiments as kept

    with closing(opened_log(config)) as log, log.database.reading() as connection:
        for one in kept.recent(connection):
            print_json(columns(one)) if options.json else print(shown(one))
    return OK
