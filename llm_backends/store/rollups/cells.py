"""Cells: what calls of one kind came to in a stretch of time, as a columnar table made of the calls' figures."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import Table
from sqlalchemy import Boolean, ColumnElement, Text, cast, func, select, type_coerce

from ...stats import sketch
from ..calls import OPENED, Query
from ..columns import restored
from ..tables import calls

FORMAT = 2
"""To be raised when the columns of a cell, the buckets of stats/sketch.py or what `packed` makes become others."""

MARK = 16
"""So many bytes before what is packed are drawn anew each time: rollups with the same ones are the same."""

_SIZE = 8
_CODEC = pa.Codec("zstd")

KINDS = (
    *("provider", "model", "route", "deployment", "endpoint_host", "status", "error_type"),
    *("experiment", "streamed", "opened", "simulated"),
)
"""What calls of one cell have in common; the last four are true, false, or null where unknown."""

_TEXTS = KINDS[:-4]

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
    # Texts come as they are kept: `made` restores each once, not at every call.
    known: dict[str, ColumnElement[Any]] = {name: type_coerce(c[name], Text) for name in _TEXTS}
    known |= {
        "experiment": c.experiment_id.is_not(None),
        "streamed": c.streamed,
        "opened": cast(OPENED, Boolean),
        "simulated": c.simulated,
    }
    figures = (c[name] for name in (*_TOKENS, "cost_usd", *TIMES))
    began = func.substr(c.started_at, 1, stretch, type_=Text)
    return select(began, *(known[name] for name in KINDS), *figures)


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
        values_of = [key[place] for key in found]
        arrays[name] = pa.array([*map(restored, values_of)] if name in _TEXTS else values_of, kind)
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
    *((name, pa.string()) for name in _TEXTS),
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
    return pa.concat_tables([SCHEMA.empty_table(), *tables])


def packed(table: Table) -> bytes:
    """The table as it is kept: its mark, its size, and an Arrow stream.

    Compressed in one piece, since each of a day's hundred small buffers by itself takes ten times as long to unpack.
    """
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    whole = sink.getvalue()
    size: bytes = whole.size.to_bytes(_SIZE, "big")
    return b"".join((os.urandom(MARK), size, _CODEC.compress(whole, asbytes=True)))


def unpacked(kept: bytes) -> Table:
    """The table that was `packed`."""
    size = int.from_bytes(kept[MARK : MARK + _SIZE], "big")
    with pa.ipc.open_stream(_CODEC.decompress(pa.py_buffer(kept).slice(MARK + _SIZE), size)) as stream:
        return stream.read_all()
