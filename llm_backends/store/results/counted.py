"""The figures of an experiment's counted calls, column by column and without their answers, and what checks found."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Double, Integer, Text, select, type_coerce

from ..tables import calls, judgements

FIGURES = (
    *("cost_usd", "input_tokens", "output_tokens", "total_ms", "connect_ms", "headers_ms", "ttft_ms", "ttfat_ms"),
    *("tpot_ms", "chunks"),
)
Columns = dict[str, Sequence[Any]]
_PLACE = ("prompt_number", "repeat", "slot")


def figures(connection: Connection, experiment_id: str) -> Columns:
    """Place, status, error and FIGURES of each call that has ended, by column; in no order.

    Warm-ups and calls that were stopped are not among them.
    """
    c = calls.c
    # Read as they are: 100,000 values of a column of ours would each go through Python.
    chosen: list[Any] = [type_coerce(c[name], Integer).label(name) for name in _PLACE]
    chosen += [type_coerce(c[name], Text).label(name) for name in ("status", "error_type")]
    chosen += [type_coerce(c[name], Double).label(name) for name in FIGURES]
    query = select(*chosen).where(c.experiment_id == experiment_id, c.prompt_number.is_not(None), c.status != "stopped")
    return _by_column(connection, query)


def judged(connection: Connection, experiment_id: str, checks: str) -> Columns:
    """Place and `passed` (None: left open) of each call that these checks have judged, by column; in no order."""
    j = judgements.c
    chosen = [type_coerce(j[name], Integer).label(name) for name in (*_PLACE, "passed")]
    return _by_column(connection, select(*chosen).where(j.experiment_id == experiment_id, j.checks == checks))


def _by_column(connection: Connection, query: Any) -> Columns:
    result = connection.execute(query)
    names = tuple(result.keys())
    rows = result.all()
    return dict(zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True))
