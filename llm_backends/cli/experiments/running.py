"""`experiment run` and `experiment resume`: carry out a plan, or go on with one, and hold it against gates."""

import argparse
import sys
from contextlib import closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ...settings import Settings
from ..common import FAILED, INTERRUPTED, OK, OVER_BUDGET, print_json, refuse
from .by_workers import follow
from .common import add_id, add_json, checked, found, limited, opened_log, refuse_id, refuse_plan
from .gates import add_gates, gates, judge
from .progress import line, watch

if TYPE_CHECKING:
    from ...catalog.catalog import Catalog
    from ...experiments.live import Experiments
    from ...experiments.plan import ExperimentPlan
    from ...experiments.progress import Progress
    from ...experiments.prompts import Prompts
    from ...store.call_log import CallLog
    from ..common import Commands


def add(commands: "Commands") -> None:
    """Add both commands with their options."""
    start = commands.add_parser("run", help="start the experiment that a plan describes")
    start.add_argument("plan", type=Path, help="a YAML file")
    resume = commands.add_parser("resume", help="go on with one that was paused, stopped or interrupted")
    add_id(resume)
    for command, do in ((start, run), (resume, go_on)):
        command.add_argument("--budget", type=float, metavar="USD", help="pause before this much is spent")
        command.add_argument("--workers", action="store_true", help="leave the calls to workers, and watch them")
        add_gates(command)
        add_json(command)
        command.set_defaults(run=do)


def run(options: argparse.Namespace, config: Settings) -> int:
    """Run a new experiment; the exit code."""
    from ...experiments.plan_file import PlanUnusable, from_file
    from ...experiments.prompts import in_template, prompt_set
    from ...store.prompt_sets import PromptSets

    with closing(opened_log(config)) as log:
        queueable(options, log)
        try:
            plan = limited(from_file(options.plan), options.budget)
            gates(options.fail_under, plan)
            catalog = checked(plan, config)
            chosen = prompt_set(plan.prompt_set, PromptSets(log.database))
            prompts = in_template(plan.template, chosen.rows)
        except PlanUnusable as exc:
            return refuse_plan(exc)
        from ...experiments.live import Experiments

        experiments = Experiments(log)
        tell_expected(plan, prompts, catalog)
        return carry_out(options, log, experiments, experiments.add(plan, chosen), plan, prompts, catalog)


def go_on(options: argparse.Namespace, config: Settings) -> int:
    """Go on with an experiment; the exit code."""
    from ...experiments.live import Experiments
    from ...experiments.plan_file import PlanUnusable, from_json
    from ...experiments.prompts import in_template
    from ...judging.judge.votes import keep
    from ...store import experiments as kept
    from ...store.prompt_sets import PromptSets

    with closing(opened_log(config)) as log:
        queueable(options, log)
        one = found(log, options.id)
        if one is None:
            return refuse_id(options.id)
        try:
            plan = limited(from_json(one.plan), options.budget)
            gates(options.fail_under, plan)
            catalog = checked(plan, config)
            prompts = in_template(plan.template, tuple(PromptSets(log.database).rows(one.prompt_set_id)))
        except PlanUnusable as exc:
            return refuse_plan(exc)
        if options.budget is not None:
            with log.database.writing() as connection:
                kept.replan(connection, one.id, plan.to_json())
        experiments = Experiments(log, over=partial(keep, log))
        return carry_out(options, log, experiments, one.id, plan, prompts, catalog)


def queueable(options: argparse.Namespace, log: "CallLog") -> None:
    """Raises ConfigError where workers are wanted and can't be had, before anything is kept."""
    if options.workers:
        from ...workers.queue import check

        check(log)


def tell_expected(plan: "ExperimentPlan", prompts: "Prompts", catalog: "Catalog") -> None:
    """Say what the experiment will come to, before it starts."""
    from ...experiments.estimate import expected

    ahead = expected(plan, prompts, catalog)
    cost = "unknown" if ahead.cost_usd is None else f"at most about ${ahead.cost_usd:,.4f}"
    print(f"{ahead.calls:,} calls, {ahead.input_tokens:,} tokens in, cost {cost}", file=sys.stderr)


def carry_out(
    options: argparse.Namespace,
    log: "CallLog",
    experiments: "Experiments",
    id: str,
    plan: "ExperimentPlan",
    prompts: "Prompts",
    catalog: "Catalog",
) -> int:
    """Run it to its end, or until it pauses, and say how it ended; the exit code.

    `options` has `json`, and may have `fail_under`.
    """
    from ...experiments.engine import Busy

    try:
        if getattr(options, "workers", False):
            return end(options, log, id, *follow(log, id, as_json=options.json))
        engine = experiments.run(id, plan, prompts, catalog)
    except Busy:
        return refuse(f"experiment {id} is run by another process")
    interrupted = not watch(engine, as_json=options.json)
    experiments.close()
    if engine.problem:
        print(f"llm_backends: {engine.problem}", file=sys.stderr)
    return end(options, log, id, engine.progress, interrupted)


def end(options: argparse.Namespace, log: "CallLog", id: str, progress: "Progress", interrupted: bool) -> int:
    """Say how it ended, and what the gates found where all calls have ended; the exit code."""
    if options.json:
        print_json({"event": "end", "id": id} | asdict(progress))
    else:
        print(line(progress))
        if progress.state in ("queued", "running"):
            print("Workers go on with it.", file=sys.stderr)
        elif progress.state != "done":
            print(f"Go on with: python -m llm_backends experiment resume {id}", file=sys.stderr)
    if interrupted:
        return INTERRUPTED
    written = getattr(options, "fail_under", [])
    if progress.state == "done" and written and (one := found(log, id)):
        return judge(log, one, written, as_json=options.json)
    return _code(progress)


def _code(progress: "Progress") -> int:
    if progress.reason in ("usd", "calls"):
        return OVER_BUDGET
    return OK if progress.state == "done" and not progress.failed else FAILED
