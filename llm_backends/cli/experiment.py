"""`experiment`: run a plan over its prompts, go on with one, list them, show one."""

import argparse
import sys
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import sentences
from ..settings import Settings
from .common import FAILED, INTERRUPTED, OK, OVER_BUDGET, print_json, refuse
from .experiment_progress import line, shown, watch

if TYPE_CHECKING:
    from ..catalog.catalog import Catalog
    from ..experiments.live import Experiments
    from ..experiments.plan import ExperimentPlan
    from ..experiments.progress import Progress
    from ..experiments.prompts import Prompts
    from ..store.call_log import CallLog
    from ..store.experiments import Experiment
    from .common import Commands


def add(commands: "Commands") -> None:
    """Add the command with its own commands."""
    experiment = commands.add_parser("experiment", help="run a plan: the same models over many prompts")
    own = experiment.add_subparsers(required=True, metavar="what")
    start = own.add_parser("run", help="start the experiment that a plan describes")
    start.add_argument("plan", type=Path, help="a YAML file")
    resume = own.add_parser("resume", help="go on with one that was paused, stopped or interrupted")
    for command in (start, resume):
        command.add_argument("--budget", type=float, metavar="USD", help="pause before this much is spent")
    listed = own.add_parser("list", help="the latest experiments")
    show = own.add_parser("show", help="how far one is")
    for command in (resume, show):
        command.add_argument("id", help="the experiment's id, or how it begins")
    for command, do in ((start, run), (resume, go_on), (listed, list_all), (show, show_one)):
        command.add_argument("--json", action="store_true", help="one JSON object a line")
        command.set_defaults(run=do)


def run(options: argparse.Namespace, config: Settings) -> int:
    """Run a new experiment; the exit code."""
    from ..experiments.plan_file import PlanUnusable, from_file
    from ..experiments.prompts import in_template, prompt_set
    from ..store.prompt_sets import PromptSets

    with closing(_log(config)) as log:
        try:
            plan = _limited(from_file(options.plan), options.budget)
            catalog = _checked(plan, config)
            chosen = prompt_set(plan.prompt_set, PromptSets(log.database))
            prompts = in_template(plan.template, chosen.rows)
        except PlanUnusable as exc:
            return refuse("\n".join(map(sentences.sentence, exc.faults)))
        from ..experiments.live import Experiments

        experiments = Experiments(log)
        _tell_expected(plan, prompts, catalog)
        return _run(options, experiments, experiments.add(plan, chosen), catalog)


def go_on(options: argparse.Namespace, config: Settings) -> int:
    """Go on with an experiment; the exit code."""
    from ..experiments.live import Experiments
    from ..experiments.plan_file import PlanUnusable, from_json
    from ..store import experiments as kept

    with closing(_log(config)) as log:
        found = _found(log, options.id)
        if found is None:
            return refuse(f"there is no one experiment whose id begins with {options.id}")
        try:
            plan = _limited(from_json(found.plan), options.budget)
            catalog = _checked(plan, config)
        except PlanUnusable as exc:
            return refuse("\n".join(map(sentences.sentence, exc.faults)))
        if options.budget is not None:
            with log.database.writing() as connection:
                kept.replan(connection, found.id, plan.to_json())
        return _run(options, Experiments(log), found.id, catalog)


def list_all(options: argparse.Namespace, config: Settings) -> int:
    """Print the latest experiments."""
    from ..store import experiments as kept

    with closing(_log(config)) as log, log.database.reading() as connection:
        for one in kept.recent(connection):
            print_json(_columns(one)) if options.json else print(shown(one))
    return OK


def show_one(options: argparse.Namespace, config: Settings) -> int:
    """Print how far one experiment is, and what its slots came to."""
    from ..store import experiments as kept

    with closing(_log(config)) as log:
        found = _found(log, options.id)
        if found is None:
            return refuse(f"there is no one experiment whose id begins with {options.id}")
        with log.database.reading() as connection:
            tallies = kept.tallies(connection, found.id)
        models = [slot["model"] for slot in found.plan["slots"]]
        slots = [{"model": model} | asdict(tallies.get(n, kept.Tally())) for n, model in enumerate(models)]
        if options.json:
            print_json(_columns(found) | {"slots": slots})
            return OK
        print(shown(found))
        for slot in slots:
            ended, failed = f"{slot['ended']:7,} ended", f"{slot['failed']:6,} failed"
            print(f"  {slot['model']:40} {ended}  {failed}  known cost ${slot['spent_usd']:.4f}")
    return OK


def _log(config: Settings) -> "CallLog":
    from ..store.call_log import CallLog

    return CallLog(config.database_url)


def _found(log: "CallLog", id: str) -> "Experiment | None":
    from ..store import experiments as kept

    with log.database.reading() as connection:
        return kept.one(connection, id)


def _limited(plan: "ExperimentPlan", budget: float | None) -> "ExperimentPlan":
    from ..experiments.plan_file import PlanUnusable, usd

    if budget is None:
        return plan
    faults: list[Any] = []
    limit = usd(budget, faults)
    if faults:
        raise PlanUnusable(tuple(faults))
    return replace(plan, limits=replace(plan.limits, usd=limit))


def _checked(plan: "ExperimentPlan", config: Settings) -> "Catalog":
    """The catalogue. Raises PlanUnusable with all that keeps the plan from running."""
    from ..catalog.catalog import Catalog
    from ..experiments.plan import faults
    from ..experiments.plan_file import PlanUnusable

    for problem in config.problems:
        print(f"llm_backends: {sentences.problem(problem)}", file=sys.stderr)
    catalog = Catalog(config)
    if found := tuple(faults(plan, catalog)):
        raise PlanUnusable(found)
    return catalog


def _tell_expected(plan: "ExperimentPlan", prompts: "Prompts", catalog: "Catalog") -> None:
    from ..experiments.estimate import expected

    ahead = expected(plan, prompts, catalog)
    cost = "unknown" if ahead.cost_usd is None else f"at most about ${ahead.cost_usd:,.4f}"
    print(f"{ahead.calls:,} calls, {ahead.input_tokens:,} tokens in, cost {cost}", file=sys.stderr)


def _run(
    options: argparse.Namespace,
    experiments: "Experiments",
    id: str,
    catalog: "Catalog",
) -> int:
    from ..experiments.engine import Busy

    try:
        engine = experiments.resume(id, catalog)
    except Busy:
        return refuse(f"experiment {id} is run by another process")
    interrupted = not watch(engine, as_json=options.json)
    experiments.close()
    progress = engine.progress
    if options.json:
        print_json({"event": "end", "id": id} | asdict(progress))
    else:
        print(line(progress))
        if progress.state != "done":
            print(f"Go on with: python -m llm_backends experiment resume {id}", file=sys.stderr)
    if engine.problem:
        print(f"llm_backends: {engine.problem}", file=sys.stderr)
    return INTERRUPTED if interrupted else _code(progress)


def _code(progress: "Progress") -> int:
    if progress.reason in ("usd", "calls"):
        return OVER_BUDGET
    return OK if progress.state == "done" and not progress.failed else FAILED


def _columns(one: "Experiment") -> dict[str, Any]:
    row = asdict(one)
    counts: dict[str, Any] = row.pop("counts")
    return row | counts
