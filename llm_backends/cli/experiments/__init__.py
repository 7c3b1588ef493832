"""`experiment`: run a plan over its prompts, go on with one, list, show, export, judge them by checks or a model."""

from typing import TYPE_CHECKING

from . import check, export, judging, listing, running, show

if TYPE_CHECKING:
    from ..common import Commands


def add(commands: "Commands") -> None:
    """Add the command with its own commands."""
    experiment = commands.add_parser("experiment", help="run a plan: the same models over many prompts")
    own: Commands = experiment.add_subparsers(required=True, metavar="what")
    for command in (running, listing, show, export, check, judging):
        command.add(own)
