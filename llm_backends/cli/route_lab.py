"""`route-lab`: is a model slower on one side than on the other, and by how much?"""

import argparse
import sys
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..settings import Settings
from .common import OK, print_json, refuse
from .experiments.common import checked, found, limited, opened_log, refuse_plan
from .experiments.running import carry_out, tell_expected

if TYPE_CHECKING:
    from ..catalog.catalog import Catalog
    from ..experiments.plan import ExperimentPlan
    from ..route_lab.outcome import Match, Outcome
    from ..route_lab.sides import Side
    from ..store.call_log import CallLog
    from .common import Commands


def add(commands: "Commands") -> None:
    """Add the command with its options."""
    lab = commands.add_parser("route-lab", help="is a model slower on Azure, and by how much?")
    lab.add_argument("models", nargs="*", metavar="MODEL", help="provider/model, each asked on both sides")
    lab.add_argument("--prompts", default="routes", metavar="SET", help="a set that comes along, a kept one or a file")
    lab.add_argument("--repeats", type=int, metavar="N", help="how often each prompt is asked; default: 5")
    lab.add_argument(
        "--endpoints",
        nargs=2,
        metavar=("A", "B"),
        help="the two sides: `direct`, or the host of an Azure endpoint; default: direct and the first endpoint",
    )
    lab.add_argument("--connections", nargs="+", choices=("open", "new"), metavar="KIND", help="default: open new")
    lab.add_argument("--max-tokens", type=int, metavar="N", help="of an answer; default: 256")
    lab.add_argument("--budget", type=float, metavar="USD", help="pause before this much is spent")
    lab.add_argument("--experiment", metavar="ID", help="say again what a Route lab on record found")
    lab.add_argument("--json", action="store_true", help="one JSON object a line")
    lab.set_defaults(run=run)


def run(options: argparse.Namespace, config: Settings) -> int:
    """Run a Route lab and say what it found; the exit code."""
    from ..experiments.plan_file import PlanUnusable

    if bool(options.models) == bool(options.experiment):
        return refuse("name the models to compare, or the --experiment to tell again")
    with closing(opened_log(config)) as log:
        if options.experiment:
            return _tell_again(options, log, config)
        try:
            return _start(options, config, log)
        except PlanUnusable as exc:
            return refuse_plan(exc)


def _start(options: argparse.Namespace, config: Settings, log: "CallLog") -> int:
    from ..catalog.catalog import Catalog
    from ..experiments.live import Experiments
    from ..experiments.prompts import in_template, prompt_set
    from ..route_lab.plan import fewest
    from ..store.prompt_sets import PromptSets

    catalog = Catalog(config)
    both = _sides(options, catalog)
    if isinstance(both, str):
        return refuse(both)
    if reasons := _unready(options.models, catalog, both):
        return refuse(reasons)
    plan = limited(_plan(options, both), options.budget)
    catalog = checked(plan, config)
    chosen = prompt_set(plan.prompt_set, PromptSets(log.database))
    prompts = in_template(plan.template, chosen.rows)
    tell_expected(plan, prompts, catalog)
    if (pairs := len(prompts) * plan.repeats) < (least := fewest(plan)):
        print(f"{pairs} pairs can't show any difference to be real: it takes at least {least}", file=sys.stderr)
    experiments = Experiments(log)
    id = experiments.add(plan, chosen)
    code = carry_out(options, log, experiments, id, plan, prompts, catalog)
    _tell(log, id, config, options.json)
    return code


def _sides(options: argparse.Namespace, catalog: "Catalog") -> "tuple[Side, Side] | str":
    """The two sides, or what is wrong with them."""
    from ..route_lab.sides import sides

    known = {side.name: side for side in sides(catalog)}
    a, b = options.endpoints or list(known)[:2]
    for name in (a, b):
        if name not in known:
            return f"there is no side {name}: choose two of {', '.join(known)}"
    return "the two sides are the same: choose two" if a == b else (known[a], known[b])


def _unready(models: list[str], catalog: "Catalog", both: "tuple[Side, Side]") -> str | None:
    from ..route_lab.sentences import why_not
    from ..route_lab.sides import offer

    reasons = {model: why_not(offer(catalog, model, *both), both) for model in models}
    return "\n".join(f"{model} can't be compared. {reason}" for model, reason in reasons.items() if reason) or None


def _plan(options: argparse.Namespace, both: "tuple[Side, Side]") -> "ExperimentPlan":
    """The plan of these options. Raises PlanUnusable."""
    from ..experiments.plan_file import from_json
    from ..route_lab.plan import SHARED, lab

    more: dict[str, Any] = {"repeats": options.repeats} if options.repeats is not None else {}
    more |= {"connections": options.connections} if options.connections else {}
    shared = SHARED if options.max_tokens is None else replace(SHARED, max_tokens=options.max_tokens)
    made = lab(options.models, both, prompt_set=options.prompts, shared=shared, **more)
    from_json(made.to_json())  # which says what is wrong with it
    return made


def _tell_again(options: argparse.Namespace, log: "CallLog", config: Settings) -> int:
    one = found(log, options.experiment)
    if one is None or one.plan.get("kind") != "route lab":
        return refuse(f"there is no one Route lab whose id begins with {options.experiment}")
    _tell(log, one.id, config, options.json)
    return OK


def _tell(log: "CallLog", id: str, config: Settings, as_json: bool) -> None:
    """Print what was found, the verdict on the first token before the rest."""
    from ..results.columns import read
    from ..route_lab.export import summary
    from ..route_lab.outcome import outcome
    from ..route_lab.sentences import claimed

    one = found(log, id)
    assert one is not None
    told = outcome(read(log.database, one))
    if not as_json and (claim := claimed(told)):
        print(claim)
    for match in told.matches:
        if as_json:
            print_json({"event": "result", "id": id} | summary(told, match))
        else:
            _print(told, match, config)


def _print(told: "Outcome", match: "Match", config: Settings) -> None:
    from ..route_lab.sentences import against_claim, apart, headline, markup, verdict

    print(headline(told, match))
    more = (against_claim(told, match), markup(told, match, config.prices), *apart(told, match))
    for line in filter(None, more):
        print(f"  {line}")
    for one in match.differences[1:]:
        print(f"  {verdict(told, one)}.")
