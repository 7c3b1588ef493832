"""The counted calls of an experiment as arrays, read once; everything else in this folder is worked out from them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks.checks import checks_id
from ..experiments.plan import ExperimentPlan
from ..experiments.plan_file import FIELDS, from_json
from ..store.database import Database
from ..store.experiments import Experiment
from ..store.results import counted

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Columns:
    """Every counted call of an experiment: it has ended, was not stopped, and is no warm-up.

    Arrays are prompts x repeats x slots; prompts are those with a call, by their `numbers`, ascending. `called` says
    where there is a call, `failed` which failed, `error` of what (a place in `error_types`, -1: none). `passed` is 1
    or 0, not a number where the checks leave it open or have not judged; `judged` says which they have. `figures` are
    by the log's name, in its units, not a number where unknown.
    """

    experiment: Experiment
    plan: ExperimentPlan
    numbers: NDArray[np.int64]
    called: Bools
    failed: Bools
    error: NDArray[np.int16]
    error_types: tuple[str, ...]
    judged: Bools
    passed: Floats
    figures: Mapping[str, Floats]

    @property
    def slots(self) -> int:
        return len(self.plan.slots)

    @property
    def checks(self) -> str:
        """What the present checks are called in `judgements`."""
        return checks_id(self.experiment.plan.get("checks") or ())

    @property
    def checked(self) -> bool:
        """Whether the experiment has checks."""
        return bool(self.experiment.plan.get("checks"))

    @property
    def outcome(self) -> Floats:
        """1 for a call that did well, 0 for one that did not, not a number where that is open or there is none.

        A call does well when its checks passed, or where there are none, when it ended well. One that failed never.
        """
        well = self.passed if self.checked else np.ones(self.called.shape)
        return np.where(self.called, np.where(self.failed, 0.0, well), np.nan)

    def of(self, metric: str) -> Floats:
        """A figure of the calls that ended well, not a number elsewhere: one of `figures`, "passed", "ttft_open_ms"
        or "tokens_per_chunk"."""
        return np.where(self.failed, np.nan, self._figure(metric))

    def only(self, wanted: Bools) -> "Columns":
        """The same without the calls that are not wanted, whose figures count as unknown."""
        figures = {name: np.where(wanted, values, np.nan) for name, values in self.figures.items()}
        return replace(self, figures=figures, passed=np.where(wanted, self.passed, np.nan))

    def _figure(self, metric: str) -> Floats:
        if metric == "passed":
            return self.passed
        if metric == "ttft_open_ms":
            return self.figures["ttft_ms"] - np.nan_to_num(self.figures["connect_ms"])
        if metric == "tokens_per_chunk":
            chunks = self.figures["chunks"]
            return self.figures["output_tokens"] / np.where(chunks > 0, chunks, np.nan)
        return self.figures[metric]


def read(database: Database, experiment: Experiment) -> Columns:
    """Read the calls of the experiment. Raises ConfigError where the database can't be read."""
    plan = from_json({name: value for name, value in experiment.plan.items() if name in FIELDS})
    checks = checks_id(experiment.plan.get("checks") or ())
    with database.reading() as connection:
        found = _numbers(counted.figures(connection, experiment.id), 4 + len(counted.FIGURES))
        judged = _numbers(counted.judged(connection, experiment.id, checks), 4)
        errors = counted.errors(connection, experiment.id)
    numbers = np.unique(found[:, 0].astype(np.int64))
    shape = (len(numbers), plan.repeats, len(plan.slots))
    calls, judgements = _Rows(found, numbers, shape), _Rows(judged, numbers, shape)
    called = calls.grid(True, False)
    types = tuple(sorted({kind or "unknown" for *_, kind in errors}))
    codes = np.array([types.index(kind or "unknown") for *_, kind in errors], np.int16)
    failures = _Rows(_numbers([place for *place, _ in errors], 3), numbers, shape)
    # What was written after the calls were read is left aside.
    was_judged = judgements.grid(True, False) & called
    return Columns(
        experiment,
        plan,
        numbers,
        called,
        calls.grid(found[:, 3] == 1, False),
        np.where(called, failures.grid(codes, np.int16(-1)), np.int16(-1)),
        types,
        was_judged,
        np.where(was_judged, judgements.grid(judged[:, 3], np.nan), np.nan),
        {name: calls.grid(found[:, 4 + n], np.nan) for n, name in enumerate(counted.FIGURES)},
    )


def _numbers(rows: Iterable[Sequence[Any]], width: int) -> Floats:
    """The rows as an array, None as not a number."""
    return np.array(list(chain.from_iterable(rows)), np.float64).reshape(-1, width)


class _Rows:
    """Rows that begin with number, repeat and slot; those of prompts that `numbers` lack are left aside."""

    def __init__(self, rows: Floats, numbers: NDArray[np.int64], shape: tuple[int, int, int]) -> None:
        self.known = np.isin(rows[:, 0], numbers)
        number, repeat, slot = rows[self.known, :3].astype(np.int64).T
        self._place, self._shape = (np.searchsorted(numbers, number), repeat, slot), shape

    def grid(self, values: Any, empty: Any) -> Any:
        """The values, one for each row or one for all, as prompts x repeats x slots; `empty` where there is no row."""
        grid = np.full(self._shape, empty)
        grid[self._place] = values[self.known] if isinstance(values, np.ndarray) else values
        return grid
