"""One flat row a call: what was asked, what came of it, and what each check found, read in batches."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..checks.sentences import of_result
from ..files.tables import Kind
from ..metrics import METRICS, Metric
from ..prompt_set import Row
from ..prompt_sets.template import render
from ..store.database import Database
from ..store.results import texts
from ..store.results.texts import OpenedCall
from .columns import Columns
from .summary import labels

_BATCH = 500  # calls that are held at once, about
_WHOLE = ("tokens", "count")


@dataclass(frozen=True)
class Field:
    """A column of an export: its name, with the unit where it has one, what its values are, and how they are found."""

    name: str
    kind: Kind
    of: Callable[["_Call"], Any]


@dataclass(frozen=True)
class _Call:
    columns: Columns
    label: str
    row: Row | None
    opened: OpenedCall

    @property
    def result(self) -> Any:
        return self.opened.call.result

    @property
    def place(self) -> Any:
        return self.opened.call.place


def fields(columns: Columns) -> tuple[Field, ...]:
    """The columns of an experiment's rows, in their order."""
    return (*_asked(columns), *_came(), *_judged(columns))


def rows(columns: Columns, database: Database) -> Iterator[dict[str, Any]]:
    """A row for each counted call, by number, repeat and slot. Raises ConfigError where the database can't be read.

    A few hundred calls are held at once, however many there are.
    """
    known, names = fields(columns), labels(columns)
    step = max(1, _BATCH // (columns.slots * columns.plan.repeats))
    for start in range(0, len(columns.numbers), step):
        numbers = columns.numbers[start : start + step].tolist()
        with database.reading() as connection:
            asked = texts.rows(connection, columns.experiment.prompt_set_id, numbers)
            found = [*texts.between(connection, columns.experiment.id, columns.checks, numbers[0], numbers[-1])]
        for opened in found:
            number = opened.call.place.prompt_number if opened.call.place else None
            call = _Call(columns, names[opened.call.slot], asked.get(number or 0), opened)
            yield {field.name: field.of(call) for field in known}


def _asked(columns: Columns) -> Iterator[Field]:
    yield Field("experiment_id", "text", lambda call: call.place.experiment_id)
    yield Field("prompt_number", "whole", lambda call: call.place.prompt_number)
    yield Field("repeat", "whole", lambda call: call.place.repeat)
    yield Field("slot", "whole", lambda call: call.opened.call.slot)
    yield Field("slot_name", "text", lambda call: call.label)
    for name in ("provider", "model", "route", "deployment", "endpoint_host"):
        yield Field(name, "text", _target(name))
    yield Field("prompt", "text", lambda call: call.row and call.row.prompt)
    if columns.plan.template is not None:
        yield Field("prompt_in_template", "text", _in_template)
    yield Field("system", "text", _system)
    yield Field("expected", "text", lambda call: call.row and call.row.expected)
    yield Field("tags", "list", lambda call: [*call.row.tags] if call.row else None)
    yield Field("variables", "mapping", lambda call: dict(call.row.variables) if call.row else None)


def _came() -> Iterator[Field]:
    for name in ("started_at", "status", "error_type", "error_message", "finish_reason", "answer", "reasoning"):
        yield Field(name, "text", _result(name))
    for metric in METRICS:
        kind: Kind = "text" if metric.unit == "text" else "whole" if metric.unit in _WHOLE else "number"
        yield Field(metric.name, kind, _figure(metric))
    yield Field("price_source", "text", _result("price_source"))
    yield Field("request_id", "text", _result("request_id"))
    yield Field("simulated", "flag", _target("simulated"))


def _judged(columns: Columns) -> Iterator[Field]:
    """`passed`, and for each check whether the answer passed it and what was found; empty where that is open."""
    checks: Sequence[Any] = columns.experiment.plan.get("checks") or ()
    if checks:
        yield Field("passed", "flag", lambda call: call.opened.judged and call.opened.judged.passed)
    for number, check in enumerate(checks):
        yield from _check(number, f"check_{number + 1}_{check['check']}")


def _check(number: int, name: str) -> tuple[Field, Field]:
    def found(call: _Call) -> Any:
        return call.opened.judged and call.opened.judged.found[number]

    def passed(call: _Call) -> Any:
        one = found(call)
        return one and one.passed

    def said(call: _Call) -> Any:
        one = found(call)
        return one and of_result(one)

    return Field(name, "flag", passed), Field(f"{name}_found", "text", said)


def _target(name: str) -> Callable[[_Call], Any]:
    return lambda call: getattr(call.result.target, name)


def _figure(metric: Metric) -> Callable[[_Call], Any]:
    return lambda call: metric.of(call.result)


def _result(name: str) -> Callable[[_Call], Any]:
    return lambda call: getattr(call.result, name)


def _in_template(call: _Call) -> str | None:
    template = call.columns.plan.template
    return render(template, call.row.values) if template is not None and call.row else None


def _system(call: _Call) -> str | None:
    own = call.row.system if call.row else None
    return call.columns.plan.parameters(call.opened.call.slot, own).system or None
