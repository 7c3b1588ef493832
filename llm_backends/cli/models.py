"""`models`: which models exist on a route, and which of them are ready."""

import argparse
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ..sentences import sentence
from ..settings import Settings
from .common import OK, add_route, opened, print_json

if TYPE_CHECKING:
    from ..catalog.catalog import ModelEntry
    from .common import Commands


def add(commands: "Commands") -> None:
    """Add the command with its options."""
    models = commands.add_parser("models", help="which models exist, and which are ready")
    add_route(models)
    models.add_argument("--json", action="store_true", help="one JSON object a line")
    models.set_defaults(run=run)


def run(options: argparse.Namespace, config: Settings) -> int:
    """Print the models, those that are ready first."""
    catalog, route = opened(options, config)
    for entry in sorted(catalog.models(route), key=lambda entry: not entry.ready):
        print_json(_columns(entry)) if options.json else print(_line(entry))
    return OK


def _columns(entry: "ModelEntry") -> dict[str, Any]:
    why_not = entry.why_not
    told = {"why_not": why_not and sentence(why_not), "missing": why_not.variables if why_not else ()}
    return {field.name: getattr(entry, field.name) for field in fields(entry)} | told


def _line(entry: "ModelEntry") -> str:
    context = f"{entry.context_window:,}" if entry.context_window else "unknown"
    prices = (entry.input_usd_per_mtok, entry.output_usd_per_mtok)
    price = "unknown" if None in prices else "${:g} in, ${:g} out per million tokens".format(*prices)
    state = sentence(entry.why_not) if entry.why_not else "ready"
    return f"{entry.ref:45} context {context:>9}  price {price:45} {state}"
