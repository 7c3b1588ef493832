"""What the commands share: exit codes, the catalogue on a route, JSON lines and refusals."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from .. import sentences
from ..settings import Settings

if TYPE_CHECKING:
    from ..catalog.catalog import Catalog, Toggle

    # What `add_subparsers` returns: each command adds itself to it.
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

OK, FAILED, UNUSABLE, OVER_BUDGET, INTERRUPTED = 0, 1, 2, 3, 130


def add_route(command: argparse.ArgumentParser) -> None:
    """The option that chooses the route."""
    command.add_argument("--route", choices=("direct", "azure"), help="default: as USE_AZURE_FOUNDRY says")


def opened(options: argparse.Namespace, config: Settings) -> tuple["Catalog", "Toggle"]:
    """The catalogue and the route; what is wrong with the settings is told first."""
    from ..catalog.catalog import Catalog

    for problem in config.problems:
        print(f"llm_backends: {sentences.problem(problem)}", file=sys.stderr)
    return Catalog(config), options.route or ("azure" if config.azure.enabled else "direct")


def refuse(reason: str) -> int:
    """Say why nothing is done; the exit code."""
    print(f"llm_backends: {reason}", file=sys.stderr)
    return UNUSABLE


def print_json(value: dict[str, Any]) -> None:
    """One object on one line."""
    print(json.dumps(value, ensure_ascii=True), flush=True)
