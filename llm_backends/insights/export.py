"""The whole log as a table for other programs: a row a call, every column typed and explained, read in batches."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..experiments.plan import ExperimentPlan
from ..experiments.plan_file import FIELDS, PlanUnusable, from_json
from ..files.tables import Column, Kind
from ..metrics import METRICS, Metric
from ..prompt_set import Row
from ..prompt_sets.template import TemplateFault, render
from ..runs.plan import Plan
from ..store import experiments
from ..store.call_log import Filter
from ..store.results import everything

if TYPE_CHECKING:
    from ..store.database import Database

_WHOLE = ("tokens", "count")

_PLACED = (
    Column("call_id", "text", "The call."),
    Column("comparison_id", "text", "The comparison that it belongs to, if any."),
    Column("experiment_id", "text", "The experiment that it belongs to, if any."),
    Column("prompt_number", "whole", "Which prompt of the experiment's set; none for a warm-up."),
    Column("repeat", "whole", "Which repeat of that prompt."),
    Column("slot", "whole", "Its place in the comparison or experiment, from 0."),
    Column("user", "text", "Who asked, where there are users."),
    Column("started_at_utc", "moment", "When the call was made."),
    Column("provider", "text"),
    Column("model", "text"),
    Column("route", "text", "direct, azure or local."),
    Column("deployment", "text", "Azure's name for the model."),
    Column("endpoint_host", "text", "The host that answered, or failed last."),
    Column("simulated", "flag", "Whether the provider was the sandbox: no time or cost of such a call is real."),
    Column("streamed", "flag", "Whether the answer was asked for as a stream."),
    Column("status", "text", "ok, stopped or error."),
    Column("error_type", "text", "The class of the error."),
    Column("error_message", "text", "What was said of it."),
    Column("finish_reason", "text", "Why the answer ended, in the provider's words."),
)
_LAST = (
    Column("price_source", "text", "Where `cost_usd` comes from, or why there is none."),
    Column("request_id", "text", "The provider's name for the request."),
    Column("tries", "text", "Every attempt, as JSON; its times are in ms since the request."),
)
_TEXTS = (
    Column("prompt", "text", "As it was asked: in its template, where the experiment has one. Unknown: a warm-up's."),
    Column("system", "text", "The system prompt."),
    Column("answer", "text", "What had arrived of it."),
    Column("reasoning", "text", "What the provider sent of the model's thinking."),
)
_RENAMED = {"call_id": "id", "started_at_utc": "started_at"}


def columns(*, texts: bool) -> tuple[Column, ...]:
    """The columns of the table, in their order; prompts and answers are the last, with `texts`."""
    return (*_PLACED, *map(_figure, METRICS), *_LAST, *(_TEXTS if texts else ()))


def _figure(metric: Metric) -> Column:
    kind: Kind = "text" if metric.unit == "text" else "whole" if metric.unit in _WHOLE else "number"
    return Column(metric.name, kind, metric.help, "" if kind == "text" else metric.unit)


def rows(database: "Database", filter: Filter, *, texts: bool) -> Iterator[dict[str, Any]]:
    """A row a call by the names of `columns`, oldest first. Raises ConfigError where the database can't be read.

    Some thousand calls are held at once, however many there are.
    """
    names = [(name.name, _RENAMED.get(name.name, name.name)) for name in columns(texts=False)]
    names = [pair for pair in names if pair[0] not in ("tokens_per_s", "ttft_open_ms")]
    asked = _Asked(database)
    for batch in everything.read(database, filter, texts=texts):
        for found in batch:
            row = {name: found[kept] for name, kept in names} | _derived(found)
            yield row | asked.of(found) if texts else row


def _derived(found: everything.Record) -> dict[str, Any]:
    """As types.CallResult has it."""
    tpot_ms, ttft_ms = found["tpot_ms"], found["ttft_ms"]
    return {
        "tokens_per_s": 1000 / tpot_ms if tpot_ms else None,
        "ttft_open_ms": None if ttft_ms is None else ttft_ms - (found["connect_ms"] or 0.0),
    }


class _Asked:
    """What was asked, with the plans of the experiments that were met so far."""

    def __init__(self, database: "Database") -> None:
        self._database = database
        self._plans: dict[str, ExperimentPlan | None] = {}

    def of(self, found: everything.Record) -> dict[str, Any]:
        prompt, system = (self._of_comparison if found["comparison_id"] else self._of_experiment)(found)
        return {"prompt": prompt, "system": system} | {name: found[name] for name in everything.ANSWERS}

    def _of_comparison(self, found: everything.Record) -> tuple[str | None, str | None]:
        """A slot may have a system prompt of its own, or none in place of the shared one."""
        plan, slot = Plan.from_json(json.loads(found["params"] or "{}"), found["compared_system"] or ""), found["slot"]
        name = plan.names[slot] if slot < len(plan.names) else ""
        return found["compared"], plan.parameters(name).system or None

    def _of_experiment(self, found: everything.Record) -> tuple[str | None, str | None]:
        if found["prompt"] is None or (plan := self._plan(found["experiment_id"])) is None:
            return None, None
        texts = (found["prompt"], found["system"], found["expected"])
        row = Row(found["prompt_number"], *texts, variables=tuple(json.loads(found["variables"]).items()))
        system = plan.parameters(found["slot"], row.system).system or None
        try:
            return row.prompt if plan.template is None else render(plan.template, row.values), system
        except TemplateFault:
            return None, system

    def _plan(self, id: str) -> ExperimentPlan | None:
        """None for one that this version can't read."""
        if id not in self._plans:
            with self._database.reading() as connection:
                one = experiments.one(connection, id)
            kept = {name: value for name, value in one.plan.items() if name in FIELDS} if one else {}
            try:
                self._plans[id] = from_json(kept)
            except PlanUnusable:
                self._plans[id] = None
        return self._plans[id]
