"""Cells: what calls of one kind came to in a stretch of time, as a columnar table made of the calls' figures."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import Table
from sqlalchemy import Boolean, ColumnElement, cast, func, select

from ...stats import sketch
from ..calls import OPENED, Query
from ..tables import calls

FORMAT = 1
"""To be raised when the columns of a cell, or the buckets of stats/sketch.py, become others."""

KINDS = (
    *("provider", "model", "route", "deployment", "endpoint_host", "status", "error_type"),
    *("experiment", "streamed", "opened", "simulated"),
)
"""What calls of one cell have in common; the last four are true, false, or null where unknown."""

TIMES = ("ttft_ms", "ttfat_ms", "tpot_ms", "total_ms")
"""Times of calls that ended well, each as two lists: `..._bucket`, of stats/sketch.py, and `..._count`."""

_TOKENS = ("input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens")
_MIXED = ("input_tokens", "output_tokens", "cached_input_tokens")
PRODUCTS = tuple(f"{a} {b}" for n, a in enumerate(_MIXED) for b in _MIXED[n:])
"""Sums of products of token counts, each named by its two factors: what their spread follows from."""

SUMS = ("calls", "counted", *_TOKENS, *PRODUCTS, "priced", "cost_usd", "cost_usd cost_usd")
"""`counted` is how many calls have token counts, `priced` how many a cost; the other sums are over those."""

BY_DAY, BY_HOUR = len("2026-11-25"), len("2026-11-25T13")
"""How much of a call's `started_at` names its stretch."""


def query(stretch: int) -> Query:
    """The figures that `made` takes, a row a call; `stretch` is BY_DAY or BY_HOUR."""
    c = calls.c
    known: dict[str, ColumnElement[Any]] = {
        "experiment": c.experiment_id.is_not(None),
        "streamed": c.streamed,
        "opened": cast(OPENED, Boolean),
        "simulated": c.simulated,
    }
    kinds = (known.get(name, c.get(name)) for name in KINDS)
    figures = (c[name] for name in (*_TOKENS, "cost_usd", *TIMES))
    return select(func.substr(c.started_at, 1, stretch), *kinds, *figures)


def made(rows: Sequence[Sequence[Any]]) -> Table:
    """A cell for each stretch and kind among the rows of `query`."""
    found: dict[tuple[Any, ...], int] = {}
    kinds = 1 + len(KINDS)
    cell = np.array([found.setdefault(tuple(row[:kinds]), len(found)) for row in rows], int)
    columns = list(zip(*rows, strict=True)) or [()] * (kinds + len(_TOKENS) + 1 + len(TIMES))
    figures = [np.array(column, float) for column in columns[kinds:]]
    tokens = dict(zip(_TOKENS, figures, strict=False))
    cost, times = figures[len(_TOKENS)], figures[len(_TOKENS) + 1 :]
    values = {"calls": np.ones(len(rows)), "counted": ~np.isnan(tokens["input_tokens"]), **tokens}
    values |= {name: np.multiply(*(tokens[factor] for factor in name.split())) for name in PRODUCTS}
    values |= {"priced": ~np.isnan(cost), "cost_usd": cost, "cost_usd cost_usd": cost * cost}
    arrays: dict[str, Any] = {}
    for place, (name, kind) in enumerate(_NAMED):
        arrays[name] = pa.array([key[place] for key in found], kind)
    for name in SUMS:
        arrays[name] = pa.array(np.bincount(cell, np.nan_to_num(values[name]), len(found)))
    well = np.array([status == "ok" for status in columns[1 + KINDS.index("status")]], bool)
    for name, time in zip(TIMES, times, strict=True):
        arrays |= _sketched(name, cell, np.where(well, time, np.nan), len(found))
    return pa.table(arrays, SCHEMA)


def _sketched(name: str, cell: Any, time: Any, cells: int) -> dict[str, Any]:
    known = time > 0
    places, counts = np.unique(cell[known] * sketch.BUCKETS + sketch.buckets(time[known]), return_counts=True)
    begins = np.searchsorted(places, np.arange(cells + 1) * sketch.BUCKETS).astype(np.int32)
    lists = {"bucket": (places % sketch.BUCKETS).astype(np.uint16), "count": counts.astype(np.uint32)}
    return {f"{name}_{part}": pa.ListArray.from_arrays(begins, pa.array(of)) for part, of in lists.items()}


_NAMED = (
    ("stretch", pa.string()),
    *((name, pa.string()) for name in KINDS[:-4]),
    *((n, pa.bool_()) for n in KINDS[-4:]),
)
SCHEMA = pa.schema(
    [
        *_NAMED,
        *((name, pa.float64()) for name in SUMS),
        *(
            (f"{name}_{part}", pa.list_(of))
            for name in TIMES
            for part, of in (("bucket", pa.uint16()), ("count", pa.uint32()))
        ),
    ]
)


def joined(tables: Iterable[Table]) -> Table:
    """All cells of these."""
    return pa.concat_tables([SCHEMA.empty_table(), *tables]).combine_chunks()


def packed(table: Table) -> bytes:
    """The table as it is kept."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def unpacked(kept: bytes) -> Table:
    """The table that was `packed`."""
    with pa.ipc.open_stream(kept) as stream:
        return stream.read_all()
