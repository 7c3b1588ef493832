"""The command line, a file a command. Results go to stdout, all else to stderr."""

import argparse
import io
import signal
import sys
from collections.abc import Sequence

from . import settings
from .cli import check, compare, experiments, export, models, route_lab, sandbox, worker
from .cli.common import FAILED, INTERRUPTED, refuse
from .errors import ConfigError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 all well, 1 a slot failed, 2 bad usage or configuration, 130 interrupted."""
    options = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code: int = options.run(options, settings.load())
        return code
    except ConfigError as exc:
        return refuse(str(exc))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stdout = None
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m llm_backends", description="Compare language models side by side.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in (compare, models, check, experiments, route_lab, worker, export, sandbox):
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
