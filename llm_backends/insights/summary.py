"""The table of the Insights page: what calls came to, a row a model, deployment, endpoint or day."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..metrics import METRIC, Metric
from ..store.rollups.cells import TIMES
from .view import CARRIED, Groups, Key, View

Breakdown = Literal["model", "deployment", "endpoint", "day"]

BREAKDOWNS: Mapping[Breakdown, tuple[str, ...]] = {
    "model": ("provider", "model", "route"),
    "deployment": ("provider", "model", "route", "deployment"),
    "endpoint": ("route", "endpoint_host"),
    "day": ("stretch",),
}
"""The columns of a cell by which each breakdown groups."""

_OVER = "the calls that ended well and whose value is known"


def _time(name: str) -> tuple[Metric, ...]:
    metric, stem = METRIC[name], name.removesuffix("_ms")
    few = "fewer than {} calls have a value, so that its 95 % interval has no upper end"
    return (
        Metric(f"{stem}_n", f"{metric.label}, values", "count", f"Calls that ended well and whose `{name}` is known."),
        metric.at("p50", _OVER),
        replace(metric.at("p95", _OVER), unknown=few.format(CARRIED[0.95])),
        replace(metric.at("p99", _OVER), unknown=few.format(CARRIED[0.99])),
    )


FIGURES = (
    Metric("calls", "Calls", "count", "All calls, also stopped and failed ones."),
    Metric("failed", "Failed", "count", "Calls that failed."),
    Metric("error_rate", "Error rate", "share", "Failed calls / calls that were not stopped, from 0 to 1."),
    Metric("errors", "Errors", "text", "The failed calls by class of error."),
    Metric("stopped", "Stopped", "count", "Calls that somebody stopped."),
    *(metric for name in TIMES for metric in _time(name)),
    Metric("tokens_per_s_p50", "Tokens/s p50", "tokens/s", f"{METRIC['tokens_per_s'].definition} Half are no higher."),
    Metric("input_tokens", "Tokens in", "tokens", "Summed over the calls whose provider counted them."),
    Metric("output_tokens", "Tokens out", "tokens", "Summed over the calls whose provider counted them."),
    Metric("cached_input_tokens", "Cached in", "tokens", "The part of the tokens in that the provider had cached."),
    Metric("usage_unknown", "Usage unknown", "count", "Calls without token counts; they are in no sum of tokens."),
    Metric("cost_per_call_usd", "Cost a call", "USD", "The mean of the costs that are known.", "no cost is known"),
    Metric("cost_usd", "Cost", "USD", "The sum of the costs that are known.", "no cost is known"),
    Metric("cost_unknown", "Cost unknown", "count", "Calls without a price or a token count; they are in no sum."),
)
FIGURE = {metric.name: metric for metric in FIGURES}
"""The figures of a row, by name."""


@dataclass(frozen=True)
class Row:
    """A group of calls: the columns that they share, and what they came to by the names of FIGURES; None is unknown."""

    key: Mapping[str, Any]
    figures: Mapping[str, Any]

    @property
    def flat(self) -> dict[str, Any]:
        """Both together, as a row of a file: the stretch is called by what it is."""
        names = {"stretch": "day_utc"}
        return {names.get(name, name): value for name, value in self.key.items()} | dict(self.figures)


def summary(view: View, by: Breakdown) -> tuple[Row, ...]:
    """A row for each group that has calls, in the order of their keys."""
    groups = view.groups(*BREAKDOWNS[by])
    columns = _columns(groups)
    return tuple(
        Row(dict(zip(groups.by, key, strict=True)), {name: values[place] for name, values in columns.items()})
        for place, key in enumerate(groups.keys)
    )


def _columns(groups: Groups) -> dict[str, list[Any]]:
    sums, none = groups.sums, [0.0] * len(groups.keys)
    calls = _whole(sums["calls"])
    failed, stopped = (_whole(groups.statuses.get(status, none)) for status in ("error", "stopped"))
    found: dict[str, list[Any]] = {"calls": calls, "failed": failed, "stopped": stopped}
    tried = [n - s for n, s in zip(calls, stopped, strict=True)]
    found["error_rate"] = [f / n if n else None for f, n in zip(failed, tried, strict=True)]
    found["errors"] = [_classes(groups, place) for place in range(len(calls))]
    for time in TIMES:
        stem = time.removesuffix("_ms")
        found[f"{stem}_n"] = _whole(groups.samples(time))
        for q, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99")):
            found[f"{stem}_{name}_ms"] = groups.quantiles(time, q)
    found["tokens_per_s_p50"] = [1000 / ms if ms else None for ms in found["tpot_p50_ms"]]
    for name in ("input_tokens", "output_tokens", "cached_input_tokens"):
        found[name] = _known(_whole(sums[name]), sums["counted"])
    found["usage_unknown"] = [n - int(known) for n, known in zip(calls, sums["counted"], strict=True)]
    found["cost_per_call_usd"] = groups.mean("cost_usd", "priced")
    found["cost_usd"] = _known([float(usd) for usd in sums["cost_usd"]], sums["priced"])
    found["cost_unknown"] = [n - int(known) for n, known in zip(calls, sums["priced"], strict=True)]
    return {name: found[name] for name in FIGURE}


def _whole(values: Any) -> list[int]:
    return [round(float(value)) for value in values]


def _known(values: list[Any], of: Any) -> list[Any]:
    return [value if n else None for value, n in zip(values, of, strict=True)]


def _classes(groups: Groups, place: int) -> str:
    """ "RateLimited 12, TimedOut 3", the most frequent first."""
    counts = {name: round(float(values[place])) for name, values in groups.errors.items()}
    frequent = sorted((n for n in counts.items() if n[1]), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{name} {count:,}" for name, count in frequent)


def named(key: Key | Mapping[str, Any]) -> str:
    """What a group is called: "openai/gpt-4o (azure)", "eu-deployment"."""
    values = list(key.values()) if isinstance(key, Mapping) else list(key)
    if isinstance(key, Mapping) and "model" not in key:
        return " · ".join("unknown" if value is None else str(value) for value in values)
    provider, model, route, *deployment = values
    return f"{provider}/{model} ({', '.join([route, *(d or 'no deployment' for d in deployment)])})"
