"""What is behind a figure: its definition, what it is over, and which calls show it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ..metrics import METRIC, Metric
from ..stats.sketch import RELATIVE_ERROR
from ..store.calls import Behind, Filter
from ..store.rollups.cells import TIMES
from .series import MODEL
from .summary import FIGURE, Row, named

_WHAT: Mapping[str, Behind] = {
    "failed": "failed",
    "error_rate": "failed",
    "errors": "failed",
    "stopped": "stopped",
    "usage_unknown": "uncounted",
    "cost_unknown": "unpriced",
    "cost_usd": "priced",
    "cost_per_call_usd": "priced",
    "input_tokens": "counted",
    "output_tokens": "counted",
    "cached_input_tokens": "counted",
    "ttft_n": "ttft_ms",
    "ttfat_n": "ttfat_ms",
    "tpot_n": "tpot_ms",
    "total_n": "total_ms",
}


@dataclass(frozen=True)
class Provenance:
    """A figure of some calls. Those that show it are what CallLog.behind finds by `filter`, `what` and `near`, a time's
    name and the value that its calls are nearest to."""

    of: str
    metric: Metric
    value: Any
    over: str
    filter: Filter
    what: Behind | None = None
    near: tuple[str, float] | None = None

    @property
    def nothing(self) -> bool:
        """Whether it counts calls of which there is none."""
        return self.what is not None and self.near is None and self.value in (0, "", None)


def of_row(row: Row, name: str, filter: Filter) -> Provenance:
    """What is behind a figure of the summary's row, whose calls the filter let through."""
    value, narrow = row.figures[name], narrowed(filter, row.key)
    return Provenance(
        named(row.key), FIGURE[name], value, _over(row.figures, name), narrow, _WHAT.get(name), _near(name, value)
    )


def of_point(point: Mapping[str, Any], name: str, filter: Filter, long: timedelta) -> Provenance:
    """What is behind a value of a chart's row (insights/series.py), of a stretch so `long` where it has a time."""
    key = {part: point[part] for part in (*MODEL, "time_utc") if part in point}
    model = {part: value for part, value in key.items() if part != "time_utc"}
    about = named(model) if model else ""
    at = f"from {point['time_utc'][:16].replace('T', ' ')} UTC" if "time_utc" in point else ""
    metric = _metric(name)
    if metric is None:
        name, metric = "calls", FIGURE["calls"]
    value = point.get(name)
    over = f"Of {point['calls']:,} calls." if "calls" in point else ""
    of = ", ".join(words for words in (about, at) if words)
    return Provenance(of, metric, value, over, narrowed(filter, key, long), _WHAT.get(name), _near(name, value))


def _metric(name: str) -> Metric | None:
    if name in FIGURE:
        return FIGURE[name]
    if name in TIMES:
        return METRIC[name]
    return METRIC["tokens_per_s"] if name.startswith("tokens_per_s_p") else None


def narrowed(filter: Filter, key: Mapping[str, Any], long: timedelta = timedelta(days=1)) -> Filter:
    """Those of the filter's calls that have this key; an hour is told by its name, any other stretch is `long`."""
    if "model" in key:
        filter = replace(filter, models=(f"{key['provider']}/{key['model']}",))
    elif "provider" in key:
        filter = replace(filter, providers=(key["provider"],))
    if "route" in key:
        filter = replace(filter, routes=(key["route"],))
    if "deployment" in key:
        filter = replace(filter, deployments=(key["deployment"],))
    if "endpoint_host" in key:
        filter = replace(filter, endpoints=(key["endpoint_host"],))
    stretch = key.get("stretch") or key.get("time_utc")
    if stretch is None:
        return filter
    begin = datetime.fromisoformat(stretch)
    begin = begin if begin.tzinfo else begin.replace(tzinfo=UTC)
    end = begin + (timedelta(hours=1) if "T" in key.get("stretch", "") else long)
    return replace(filter, since=max(begin, filter.since or begin), until=min(end, filter.until or end))


def _near(name: str, value: Any) -> tuple[str, float] | None:
    """The time whose nearest calls show a percentile."""
    if not value:
        return None
    if name.startswith("tokens_per_s_p"):
        return "tpot_ms", 1000 / value
    stem, percentile, _ = name.removesuffix("_ms").partition("_p")
    time = f"{stem}_ms"
    return (time, float(value)) if time in TIMES and (percentile or name == time) else None


def _over(figures: Mapping[str, Any], name: str) -> str:
    calls = figures["calls"]
    stem = "tpot" if name.startswith("tokens_per_s") else name.partition("_p")[0].removesuffix("_n")
    if f"{stem}_ms" in TIMES:
        said = (
            f"Over {figures[f'{stem}_n']:,} of {calls:,} calls: the others failed, were stopped, or have no such time."
        )
        if name.endswith("_n"):
            return said
        return f"{said} Within {100 * RELATIVE_ERROR:g} % of the exact one: it is told from counts in buckets."
    if name in ("cost_usd", "cost_per_call_usd"):
        return f"Over {calls - figures['cost_unknown']:,} of {calls:,} calls: the cost of the others is unknown."
    if name.endswith("tokens"):
        return f"Over {calls - figures['usage_unknown']:,} of {calls:,} calls: the others have no token counts."
    return f"Of {calls:,} calls."
