"""The command line: compare, models, check, sandbox. Results go to standard output, all else to standard error."""

import argparse
import io
import json
import math
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import settings
from .cli.terminal import Progress
from .errors import ConfigError
from .types import CallResult, Message, Role

if TYPE_CHECKING:
    from .catalog.catalog import Catalog, ModelEntry, Toggle
    from .runs.check import Checked
    from .runs.live import Run

OK, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
MAX_SLOTS = 8  # as many answers as a terminal, or the page, shows side by side


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
        return _refuse(str(exc))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stdout = None
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m llm_backends", description="Compare language models side by side.")
    commands = parser.add_subparsers(required=True, metavar="command")

    compare = commands.add_parser("compare", help="put one prompt to several models at once")
    compare.add_argument("prompt", help="the prompt, or - to read it from standard input")
    compare.add_argument(
        "-m", "--model", action="append", required=True, metavar="PROVIDER/MODEL", help=f"1 to {MAX_SLOTS} times"
    )
    _add_route(compare)
    compare.add_argument("--system", default="", help="the system prompt")
    compare.add_argument("--max-tokens", type=_positive, default=1024, metavar="N", help="at most N tokens an answer")
    compare.add_argument("--temperature", type=float, metavar="T", help="sent to the models that take one")
    compare.add_argument("--no-stream", action="store_true", help="ask for each whole answer at once")
    compare.add_argument("--json", action="store_true", help="one JSON object a line: deltas and results")
    compare.set_defaults(run=_compare)

    models = commands.add_parser("models", help="which models exist, and which are ready")
    _add_route(models)
    models.add_argument("--json", action="store_true", help="one JSON object a line")
    models.set_defaults(run=_models)

    check = commands.add_parser("check", help="the smallest real call to everything configured, and what is wrong")
    _add_route(check)
    check.add_argument("--only", metavar="PROVIDER or PROVIDER/MODEL", help="check this one alone")
    check.add_argument("--json", action="store_true", help="one JSON object a line")
    check.set_defaults(run=_check)

    sandbox = commands.add_parser("sandbox", help="simulated providers on loopback, to try everything without keys")
    sandbox.add_argument("--port", type=int, default=0, metavar="N", help="default: any free one")
    sandbox.add_argument("--canned", action="store_true", help="canned text instead of the embedded model's")
    sandbox.add_argument("--dashboard", action="store_true", help="start the dashboard on it")
    sandbox.set_defaults(run=_sandbox)
    return parser


def _add_route(command: argparse.ArgumentParser) -> None:
    command.add_argument("--route", choices=("direct", "azure"), help="default: as USE_AZURE_FOUNDRY says")


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _refuse(reason: str) -> int:
    print(f"llm_backends: {reason}", file=sys.stderr)
    return UNUSABLE


def _catalog(options: argparse.Namespace, config: settings.Settings) -> tuple["Catalog", "Toggle"]:
    from .catalog.catalog import Catalog

    for problem in config.problems:
        print(f"llm_backends: {problem}", file=sys.stderr)
    toggle: Toggle = "azure" if config.azure.enabled else "direct"
    return Catalog(config), options.route or toggle


def _compare(options: argparse.Namespace, config: settings.Settings) -> int:
    from .runs.live import Runs
    from .store.call_log import CallLog

    catalog, route = _catalog(options, config)
    try:
        prompt = sys.stdin.buffer.read().decode() if options.prompt == "-" else options.prompt
    except UnicodeDecodeError:
        return _refuse("the prompt on standard input is not UTF-8 text")
    if not prompt.strip():
        return _refuse("the prompt is empty")
    if len(options.model) > MAX_SLOTS:
        return _refuse(f"at most {MAX_SLOTS} models can be compared at once")
    unready = [entry for ref in options.model if not (entry := catalog.entry(ref, route)).ready]
    if unready:
        return _refuse("\n".join(f"{entry.ref}: {entry.why_not}" for entry in unready))

    turns: tuple[tuple[Role, str], ...] = ("system", options.system), ("user", prompt)
    messages = tuple(Message(role, content) for role, content in turns if content)
    parameters = {
        "max_tokens": options.max_tokens,
        "temperature": options.temperature,
        "stream": not options.no_stream,
    }
    slots = [catalog.slot(ref, route, messages, **parameters) for ref in options.model]
    log = CallLog(config.database_url)
    params = parameters | {"route": route, "models": options.model}
    runs = Runs(log, unwatched_s=math.inf)
    run = runs.start(prompt, options.system, slots, params)
    results = _as_json(run) if options.json else Progress(run).show()
    runs.close()
    log.close()
    if log.problem:
        print(f"llm_backends: {log.problem}", file=sys.stderr)
    return OK if all(result.status == "ok" for result in results) else FAILED


def _as_json(run: "Run") -> list[CallResult]:
    told: set[int] = set()

    def tell(slot: int) -> None:
        told.add(slot)
        _print_json({"slot": slot, "event": "result"} | run.result(slot).columns())

    try:
        for slot, event in run.race.events():
            if isinstance(event, CallResult):
                tell(slot)
            else:
                _print_json({"slot": slot, "event": "delta", "text": event.text, "reasoning": event.reasoning})
    except KeyboardInterrupt:
        for slot in range(len(run.race.lanes)):  # leaving the events stopped what was still running
            if slot not in told:
                tell(slot)
    return [run.result(slot) for slot in sorted(told)]


def _print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=True), flush=True)


def _models(options: argparse.Namespace, config: settings.Settings) -> int:
    from dataclasses import asdict

    catalog, route = _catalog(options, config)
    for entry in sorted(catalog.models(route), key=lambda entry: not entry.ready):
        _print_json(asdict(entry)) if options.json else print(_line(entry))
    return OK


def _line(entry: "ModelEntry") -> str:
    context = f"{entry.context_window:,}" if entry.context_window else "unknown"
    prices = (entry.input_usd_per_mtok, entry.output_usd_per_mtok)
    price = "unknown" if None in prices else "${:g} in, ${:g} out per million tokens".format(*prices)
    return f"{entry.ref:45} context {context:>9}  price {price:45} {'ready' if entry.ready else entry.why_not}"


def _check(options: argparse.Namespace, config: settings.Settings) -> int:
    from dataclasses import asdict

    from .runs.check import check

    catalog, route = _catalog(options, config)
    found = set()
    for checked in check(catalog, route, options.only):
        found.add(checked.status)
        _print_json(asdict(checked)) if options.json else print(_told(checked), flush=True)
    return FAILED if "failed" in found else OK if "ok" in found else UNUSABLE


def _told(checked: "Checked") -> str:
    took = f"{checked.target} in {checked.total_ms:.0f} ms." if checked.status == "ok" else checked.detail
    return f"{checked.status:14}  {' '.join(filter(None, (took or checked.name + ':', checked.advice)))}"


def _sandbox(options: argparse.Namespace, config: settings.Settings) -> int:
    from .sandbox.command import run

    return run(port=options.port, canned=options.canned, dashboard=options.dashboard)


if __name__ == "__main__":
    sys.exit(main())
