"""The counted calls of an experiment as arrays, read once; everything else in this folder is worked out from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
    with database.reading() as connection:
        found = counted.figures(connection, experiment.id)
        judged = counted.judged(connection, experiment.id, checks_id(experiment.plan.get("checks") or ()))
    numbers = np.unique(np.array(found["prompt_number"], np.int64))
    shape = (len(numbers), plan.repeats, len(plan.slots))
    place = _place(found, numbers)
    error_types, error = _coded(found["error_type"])
    called, failed = _grid(shape, place, True, False), _grid(shape, place, np.array(found["status"]) == "error", False)
    return Columns(
        experiment,
        plan,
        numbers,
        called,
        failed,
        _grid(shape, place, error, -1),
        error_types,
        *_judgements(judged, numbers, called),
        {name: _grid(shape, place, np.array(found[name], float), np.nan) for name in counted.FIGURES},
    )


def _place(found: counted.Columns, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    asked = np.searchsorted(numbers, np.array(found["prompt_number"], np.int64))
    return asked, np.array(found["repeat"], np.int64), np.array(found["slot"], np.int64)


def _grid(shape: tuple[int, ...], place: tuple[NDArray[np.int64], ...], values: Any, empty: Any) -> Any:
    grid = np.full(shape, empty, dtype=np.asarray(values).dtype if not isinstance(values, bool) else bool)
    grid[place] = values
    return grid


def _coded(names: Sequence[str | None]) -> tuple[tuple[str, ...], NDArray[np.int16]]:
    known = tuple(sorted({name for name in names if name}))
    codes = {name: code for code, name in enumerate(known)}
    return known, np.array([-1 if name is None else codes[name] for name in names], np.int16)


def _judgements(found: counted.Columns, numbers: NDArray[np.int64], called: Bools) -> tuple[Bools, Floats]:
    """Which calls were judged and what of, those left aside whose calls came after `called` was read."""
    asked = np.array(found["prompt_number"], np.int64)
    known = np.isin(asked, numbers)
    place = tuple(axis[known] for axis in _place(found, numbers))
    judged = _grid(called.shape, place, True, False) & called
    passed = _grid(called.shape, place, np.array(found["passed"], float)[known], np.nan)
    return judged, np.where(judged, passed, np.nan)
