"""What the commands share: the log, an experiment by the beginning of its id, a plan made ready, faults told."""

import argparse
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from ... import sentences
from ...settings import Settings
from ..common import refuse

if TYPE_CHECKING:
    from ...catalog.catalog import Catalog
    from ...experiments.plan import ExperimentPlan
    from ...experiments.plan_file import PlanUnusable
    from ...store.call_log import CallLog
    from ...store.experiments import Experiment


def add_id(command: argparse.ArgumentParser) -> None:
    """The argument that names an experiment."""
    command.add_argument("id", help="the experiment's id, or how it begins")


def add_json(command: argparse.ArgumentParser) -> None:
    """The option for programs."""
    command.add_argument("--json", action="store_true", help="one JSON object a line")


def opened_log(config: Settings) -> "CallLog":
    """The log."""
    from ...store.call_log import CallLog

    return CallLog(config.database_url)


def found(log: "CallLog", id: str) -> "Experiment | None":
    """The only experiment whose id begins so."""
    from ...store import experiments as kept

    with log.database.reading() as connection:
        return kept.one(connection, id)


def refuse_id(id: str) -> int:
    """Say that there is no such experiment; the exit code."""
    return refuse(f"there is no one experiment whose id begins with {id}: `experiment list` shows them")


def refuse_plan(exc: "PlanUnusable") -> int:
    """Say all that is wrong with a plan; the exit code."""
    return refuse("\n".join(map(sentences.sentence, exc.faults)))


def limited(plan: "ExperimentPlan", budget: float | None) -> "ExperimentPlan":
    """The plan with this limit in USD, where there is one. Raises PlanUnusable."""
    from ...experiments.plan_file import PlanUnusable, usd

    if budget is None:
        return plan
    faults: list[Any] = []
    limit = usd(budget, faults)
    if faults:
        raise PlanUnusable(tuple(faults))
    return replace(plan, limits=replace(plan.limits, usd=limit))


def checked(plan: "ExperimentPlan", config: Settings) -> "Catalog":
    """The catalogue. Raises PlanUnusable with all that keeps the plan from running."""
    from ...catalog.catalog import Catalog
    from ...experiments.plan import faults
    from ...experiments.plan_file import PlanUnusable

    for problem in config.problems:
        print(f"llm_backends: {sentences.problem(problem)}", file=sys.stderr)
    catalog = Catalog(config)
    if wrong := tuple(faults(plan, catalog)):
        raise PlanUnusable(wrong)
    return catalog


def columns(one: "Experiment") -> dict[str, Any]:
    """An experiment on record, flat, for a program."""
    row = asdict(one)
    counts: dict[str, Any] = row.pop("counts")
    return row | counts
