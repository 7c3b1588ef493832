"""`compare`: one prompt to several models at once, logged like every other comparison."""

import argparse
import math
import sys
from typing import TYPE_CHECKING, get_args

from ..runs.plan import Parameters, Plan, SlotPlan, named, ref_of, slots
from ..sentences import sentence
from ..settings import Settings
from ..types import CallResult, Effort
from .common import FAILED, OK, add_route, opened, print_json, refuse
from .terminal import Progress

if TYPE_CHECKING:
    from ..runs.live import Run
    from .common import Commands

MAX_SLOTS = 8  # as many answers as a terminal shows side by side


def add(commands: "Commands") -> None:
    """Add the command with its options."""
    compare = commands.add_parser("compare", help="put one prompt to several models at once")
    compare.add_argument("prompt", help="the prompt, or - to read it from standard input")
    compare.add_argument(
        "-m", "--model", action="append", required=True, metavar="PROVIDER/MODEL", help=f"1 to {MAX_SLOTS} times"
    )
    add_route(compare)
    compare.add_argument("--system", default="", help="the system prompt")
    compare.add_argument("--max-tokens", type=_positive, default=1024, metavar="N", help="at most N tokens an answer")
    taken = "sent to the models that take one"
    compare.add_argument("--temperature", type=float, metavar="T", help=taken)
    compare.add_argument("--top-p", type=float, metavar="P", help=taken)
    compare.add_argument("--stop", action="append", default=[], metavar="TEXT", help="end answers here; repeatable")
    compare.add_argument("--seed", type=int, metavar="N", help=taken)
    compare.add_argument("--reasoning-effort", choices=get_args(Effort), help="sent to the models that know this one")
    compare.add_argument("--no-stream", action="store_true", help="ask for each whole answer at once")
    compare.add_argument("--json", action="store_true", help="one JSON object a line: deltas and results")
    compare.set_defaults(run=run)


def run(options: argparse.Namespace, config: Settings) -> int:
    """Run the comparison; the exit code."""
    from ..runs.live import Runs
    from ..store.call_log import CallLog

    catalog, route = opened(options, config)
    try:
        prompt = sys.stdin.buffer.read().decode() if options.prompt == "-" else options.prompt
    except UnicodeDecodeError:
        return refuse("the prompt on standard input is not UTF-8 text")
    if not prompt.strip():
        return refuse("the prompt is empty")
    if len(options.model) > MAX_SLOTS:
        return refuse(f"at most {MAX_SLOTS} models can be compared at once")
    unready = [why_not for ref in options.model if (why_not := catalog.entry(ref, route).why_not)]
    if unready:
        return refuse("\n".join(f"{why_not.ref}: {sentence(why_not)}" for why_not in unready))

    names = named(map(ref_of, options.model))
    plan = Plan(route, tuple(SlotPlan(name) for name in names), _parameters(options))
    log = CallLog(config.database_url)
    runs = Runs(log, unwatched_s=math.inf)
    started = runs.start(prompt, plan, slots(plan, prompt, catalog), followed=options.json)
    results = _as_json(started) if options.json else Progress(started).show()
    runs.close()
    log.close()
    if log.problem:
        print(f"llm_backends: {log.problem}", file=sys.stderr)
    return OK if all(result.status == "ok" for result in results) else FAILED


def _parameters(options: argparse.Namespace) -> Parameters:
    return Parameters(
        temperature=options.temperature,
        max_tokens=options.max_tokens,
        top_p=options.top_p,
        stop=tuple(options.stop),
        seed=options.seed,
        reasoning_effort=options.reasoning_effort,
        stream=not options.no_stream,
        system=options.system,
    )


def _as_json(run: "Run") -> list[CallResult]:
    told: set[int] = set()

    def tell(slot: int) -> None:
        told.add(slot)
        print_json({"slot": slot, "event": "result"} | run.result(slot).columns())

    try:
        for slot, event in run.race.events():
            if isinstance(event, CallResult):
                tell(slot)
            else:
                print_json({"slot": slot, "event": "delta", "text": event.text, "reasoning": event.reasoning})
    except KeyboardInterrupt:
        for slot in range(len(run.race.lanes)):  # leaving the events stopped what was still running
            if slot not in told:
                tell(slot)
    return [run.result(slot) for slot in sorted(told)]


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
