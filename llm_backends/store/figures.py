"""Figures over the log, by model: counts, exact percentiles and costs, all made in the database."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Integer, bindparam, func, select

from ..stats.percentiles import between, rank
from ..types import Route
from .calls import GROUP, Filter, Group, Query, conditions, groups
from .tables import calls

_RANKED = ("ttft_ms", "total_ms", "tpot_ms")


@dataclass(frozen=True)
class ModelStats:
    """One model on one route. Percentiles are exact, over the calls that ended well; None where no value is known.

    `cost_usd` sums the known costs, `cost_unknown` counts the calls without one, `cost_per_call_usd` is the mean of the
    known. Tokens are summed over the calls whose usage is known.
    """

    provider: str
    model: str
    route: Route
    calls: int
    ok: int
    errors: int
    stopped: int
    ttft_p50_ms: float | None
    ttft_p95_ms: float | None
    total_p50_ms: float | None
    total_p95_ms: float | None
    tokens_per_s_p50: float | None
    tokens_per_s_p95: float | None
    cost_usd: float | None
    cost_unknown: int
    cost_per_call_usd: float | None
    input_tokens: int | None
    output_tokens: int | None

    @property
    def ref(self) -> str:
        """`provider/model`, the name used in the picker."""
        return f"{self.provider}/{self.model}"


def by_model(connection: Connection, filter: Filter) -> tuple[ModelStats, ...]:
    """One ModelStats for each provider, model and route that has a call, in that order."""
    scope = [column == bindparam(column.name) for column in GROUP]
    scope += conditions(filter)
    sums = _sums().where(*scope)
    ranked = {(metric, down): _ranked(metric, down).where(*scope) for metric in _RANKED for down in (False, True)}
    stats = (_model_stats(connection, group, sums, ranked) for group in groups(connection, filter))
    return tuple(one for one in stats if one.calls)


def _sums() -> Query:
    c = calls.c
    return select(
        func.count().label("calls"),
        *(func.count().filter(c.status == status).label(status) for status in ("ok", "error", "stopped")),
        *(func.sum(column).label(column.name) for column in (c.cost_usd, c.input_tokens, c.output_tokens)),
        func.count(c.cost_usd).label("priced"),
        *(func.count().filter(c.status == "ok", c[metric] > 0).label(metric) for metric in _RANKED),
    )


def _ranked(metric: str, down: bool) -> Query:
    """`take` values of the metric after the first `skip`, upwards or down, over the calls that ended well."""
    column = calls.c[metric]
    query = select(column).where(calls.c.status == "ok", column > 0)
    query = query.order_by(column.desc() if down else column.asc())
    query = query.limit(bindparam("take", type_=Integer)).offset(bindparam("skip", type_=Integer))
    # Without statistics SQLite would rather read the calls by time and sort them.
    return query.with_hint(calls, f"INDEXED BY calls_by_{metric}", "sqlite")


def _model_stats(
    connection: Connection,
    group: Group,
    sums: Query,
    ranked: Mapping[tuple[str, bool], Query],
) -> ModelStats:
    names = group._asdict()
    row = connection.execute(sums, names).one()

    def quantile(metric: str, q: float, rate: bool = False) -> float | None:
        """stats.percentile of the metric, or of the `rate` 1000 / metric, by walking its index from the nearer end."""
        count = getattr(row, metric)
        if not count:
            return None
        low, share = rank(count, q)
        take = min(2, count - low)
        from_top = low > count // 2
        skip = count - low - take if from_top else low
        # The highest rate has the lowest time.
        found = connection.scalars(ranked[metric, from_top != rate], names | {"take": take, "skip": skip}).all()
        values = [1000 / value for value in found] if rate else found
        return between(min(values), max(values), share)

    return ModelStats(
        **names,
        calls=row.calls,
        ok=row.ok,
        errors=row.error,
        stopped=row.stopped,
        ttft_p50_ms=quantile("ttft_ms", 0.5),
        ttft_p95_ms=quantile("ttft_ms", 0.95),
        total_p50_ms=quantile("total_ms", 0.5),
        total_p95_ms=quantile("total_ms", 0.95),
        tokens_per_s_p50=quantile("tpot_ms", 0.5, rate=True),
        tokens_per_s_p95=quantile("tpot_ms", 0.95, rate=True),
        cost_usd=row.cost_usd,
        cost_unknown=row.calls - row.priced,
        cost_per_call_usd=row.cost_usd / row.priced if row.priced else None,
        input_tokens=None if row.input_tokens is None else int(row.input_tokens),
        output_tokens=None if row.output_tokens is None else int(row.output_tokens),
    )
