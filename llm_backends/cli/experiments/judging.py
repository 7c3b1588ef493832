"""`experiment judge`: have a model compare an experiment's answers, each pair in both orders, by a rubric."""

import argparse
from contextlib import closing
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ...settings import Settings
from ..common import print_json, refuse
from .common import add_id, add_json, checked, found, limited, opened_log, refuse_id, refuse_plan
from .running import carry_out, tell_expected

if TYPE_CHECKING:
    from ...judging.judge.outcome import Outcome
    from ...prompt_set import PromptSet
    from ...store.call_log import CallLog
    from ...store.experiments import Experiment
    from ..common import Commands

_PAIRS = 100


def add(commands: "Commands") -> None:
    """Add the command with its options."""
    judge = commands.add_parser("judge", help="have a model compare the answers of one, two by two, in both orders")
    add_id(judge)
    judge.add_argument("--model", required=True, metavar="PROVIDER/MODEL", help="the judge")
    judge.add_argument("--route", choices=("direct", "azure"), default="direct", help="the way to it (%(default)s)")
    judge.add_argument("--rubric", type=Path, metavar="FILE", help="a text that says what makes an answer better")
    judge.add_argument("--pairs", type=int, default=_PAIRS, help="at most so many, drawn at random (%(default)s)")
    judge.add_argument("--seed", type=int, default=0, help="of the draw (%(default)s)")
    judge.add_argument("--budget", type=float, metavar="USD", help="pause before this much is spent")
    add_json(judge)
    judge.set_defaults(run=run)


def run(options: argparse.Namespace, config: Settings) -> int:
    """Ask the judge, and say what it came to; the exit code."""
    from ...experiments.live import Experiments
    from ...experiments.plan_file import PlanUnusable
    from ...judging.judge import pairs, task, votes

    if not 1 <= options.pairs <= pairs.MOST_PAIRS:
        return refuse(f"--pairs takes 1 to {pairs.MOST_PAIRS:,}")
    try:
        rubric = options.rubric.read_text("utf-8-sig") if options.rubric else task.RUBRIC
    except (OSError, UnicodeDecodeError) as exc:
        return refuse(f"the rubric {options.rubric} can't be read as UTF-8 text: {exc}")
    with closing(opened_log(config)) as log:
        one = found(log, options.id)
        if one is None:
            return refuse_id(options.id)
        if one.judges is not None:
            return refuse(f"experiment {one.id} is a judge's itself: name the one that it judges, {one.judges}")
        try:
            plan = limited(task.plan(one, options.model, options.route), options.budget)
            catalog = checked(plan, config)
        except PlanUnusable as exc:
            return refuse_plan(exc)
        prompts = _prompts(log, one, options, rubric)
        if not prompts.rows:
            return refuse("there is no pair to judge: it takes two slots that answered a prompt, and not alike")
        plan = replace(plan, prompt_set=prompts.id)
        tell_expected(plan, prompts.rows, catalog)
        experiments = Experiments(log, over=partial(votes.keep, log))
        id = experiments.add(plan, prompts, judges=one.id)
        code = carry_out(options, log, experiments, id, plan, prompts.rows, catalog)
        _tell(log, one, id, as_json=options.json)
        return code


def _prompts(log: "CallLog", one: "Experiment", options: argparse.Namespace, rubric: str) -> "PromptSet":
    from ...judging.judge import pairs, task

    drawn = pairs.drawn(log.database, one.id, range(len(one.plan["slots"])), options.pairs, options.seed)
    asked = task.questions(log.database, one, [pair.number for pair in drawn.pairs])
    return task.prompt_set(one, task.rows(drawn.pairs, asked, rubric))


def _tell(log: "CallLog", judged: "Experiment", id: str, *, as_json: bool) -> None:
    from ...judging.judge.outcome import outcome

    judging = found(log, id)
    came_to = outcome(log.database, judging) if judging else None
    if came_to is None:
        return
    names = [slot["model"] for slot in judged.plan["slots"]]
    if as_json:
        standings = [asdict(one) | {"model": names[one.slot]} for one in came_to.standings]
        counts = {"pairs": len(came_to.pairs), "decided": came_to.decided, "changed": came_to.changed}
        print_json({"event": "judged", "id": id, "of": judged.id, "judge": came_to.judge} | counts | {"by": standings})
    else:
        print("\n".join(_said(came_to, names)))


def _said(came_to: "Outcome", names: list[str]) -> list[str]:
    lines = [
        f"a verdict on {came_to.decided:,} of {len(came_to.pairs):,} pairs; changed its mind with the order in "
        f"{came_to.changed:,}, which count as ties"
    ]
    if lost := came_to.looks("failed", "no verdict"):
        lines.append(f"{lost:,} calls failed or held no verdict")
    for one in came_to.standings:
        share = "unknown"
        if rate := one.share:
            share = f"{rate.estimate:.1%}, 95 % interval {100 * rate.low:.0f} to {100 * rate.high:.0f}"
        counts = f"{one.better:,} won, {one.tie:,} tied, {one.worse:,} lost"
        lines.append(f"  slot {one.slot + 1}, {names[one.slot]}: better in {share}; {counts}")
    return lines
