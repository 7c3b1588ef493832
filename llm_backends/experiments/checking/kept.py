"""Judges answers that are in the log: those that a killed process left unjudged, and all of them by other checks."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...checks.checks import Judge, checks_id, from_json
from ...checks.criteria import Check, CheckFault
from ...store import experiments, judgements

if TYPE_CHECKING:
    from ...store.database import Database

_BATCH = 500


def judge_kept(database: "Database", experiment_id: str, go_on: Callable[[int], bool] = lambda judged: True) -> int:
    """Judge every call that has ended and that the plan's present checks have not judged; how many there were.

    `go_on` is told how many are done, time after time, and ends it by saying False: what is done is kept. Raises
    ConfigError when the database can't be used.
    """
    with database.reading() as connection:
        found = experiments.one(connection, experiment_id)
    kept = found.plan.get("checks") if found else None
    if not kept:
        return 0
    judge, name = Judge(usable(kept)), checks_id(kept)
    with database.reading() as connection:
        left = judgements.unjudged(connection, experiment_id, name)
    judged = 0
    while go_on(judged) and judged < len(left):
        with database.reading() as connection:
            batch = judgements.read(connection, left[judged : judged + _BATCH])
        rows = [judgements.row(one.id, one.place, one.slot, name, judge.judge(one.result, one)) for one in batch]
        with database.writing() as connection:
            judgements.keep(connection, rows)
        judged = min(judged + _BATCH, len(left))
    return judged


def usable(kept: Sequence[Mapping[str, Any]]) -> tuple[Check, ...]:
    """The checks of a plan on record. They were usable when it was kept; one that is no more is a fault of our own."""
    checks = []
    for one in map(from_json, kept):
        if isinstance(one, CheckFault):
            raise ValueError(f"a check on record can't be used: {one}")
        checks.append(one)
    return tuple(checks)
