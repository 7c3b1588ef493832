"""The figures of an experiment's counted calls, without their answers, and what its checks found, as bare rows."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Double, Integer, Text, case, select, type_coerce

from ..tables import calls, judgements

FIGURES = (
    *("cost_usd", "input_tokens", "output_tokens", "total_ms", "connect_ms", "headers_ms", "ttft_ms", "ttfat_ms"),
    *("tpot_ms", "chunks", "attempts"),
)
Rows = Sequence[tuple[Any, ...]]
_PLACE = ("prompt_number", "repeat", "slot")


def figures(connection: Connection, experiment_id: str) -> Rows:
    """(number, repeat, slot, 1 where it failed, *FIGURES) of each call that has ended, in no order; None is unknown.

    Warm-ups and calls that were stopped are not among them.
    """
    c = calls.c
    failed = case((c.status == "error", 1), else_=0)
    values = [type_coerce(c[name], Double) for name in FIGURES]
    return _rows(connection, _counted(experiment_id, *_place(calls), failed, *values))


def errors(connection: Connection, experiment_id: str) -> Rows:
    """(number, repeat, slot, class) of each call that failed, in no order."""
    error_type = type_coerce(calls.c.error_type, Text)
    return _rows(connection, _counted(experiment_id, *_place(calls), error_type).where(calls.c.status == "error"))


def judged(connection: Connection, experiment_id: str, checks: str) -> Rows:
    """(number, repeat, slot, passed) of each call that these checks have judged, in no order; None: left open."""
    j = judgements.c
    query = select(*_place(judgements), type_coerce(j.passed, Integer))
    return _rows(connection, query.where(j.experiment_id == experiment_id, j.checks == checks))


def _place(table: Any) -> list[Any]:
    return [type_coerce(table.c[name], Integer) for name in _PLACE]


def _counted(experiment_id: str, *columns: Any) -> Any:
    c = calls.c
    return select(*columns).where(c.experiment_id == experiment_id, c.prompt_number.is_not(None), c.status != "stopped")


def _rows(connection: Connection, query: Any) -> Rows:
    """As the driver has them: for 100,000 rows SQLAlchemy's own take as long again."""
    found: Rows = connection.execute(query).cursor.fetchall()
    return found
