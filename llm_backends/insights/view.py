"""A view of the log: the cells that a filter lets through, and what groups of them come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..stats import sketch
from ..store.call_log import Filter
from ..store.rollups.cells import SUMS, TIMES

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]
Key = tuple[Any, ...]

CARRIED = {0.5: 1, 0.95: 72, 0.99: 368}
"""From how many values on a percentile is told. Above the median: where its 95 % interval by order statistics has an
upper end, q^n <= 0.025. Of fewer values the highest would be called the 99th percentile."""


@dataclass(frozen=True)
class Groups:
    """What groups of calls come to.

    `sums` has an array by the names of store.rollups.cells.SUMS, a place a group; `statuses` and `errors` the calls by
    status and by class of error. `counts` has the sketch of each time, (groups, buckets).
    """

    by: tuple[str, ...]
    keys: tuple[Key, ...]
    sums: Mapping[str, Numbers]
    statuses: Mapping[str, Numbers]
    errors: Mapping[str, Numbers]
    counts: Mapping[str, NDArray[np.int64]]

    def samples(self, time: str) -> NDArray[np.int64]:
        """How many values each group has of this time."""
        return np.asarray(self.counts[time].sum(axis=1))

    def quantiles(self, time: str, q: float) -> list[float | None]:
        """The time's percentile in each group, None where the values don't carry it: see CARRIED."""
        found = sketch.quantiles(self.counts[time], (q,))[:, 0].tolist()
        enough = (self.samples(time) >= CARRIED.get(q, 1)).tolist()
        return [value if n else None for value, n in zip(found, enough, strict=True)]

    def several(self, time: str, group: int, qs: Sequence[float]) -> list[float | None]:
        """Several percentiles of one group, whatever carries them."""
        found = sketch.quantiles(self.counts[time][group : group + 1], qs)[0].tolist()
        return [None if isnan(value) else value for value in found]

    def mean(self, total: str, of: str) -> list[float | None]:
        """The mean of a sum over its count, None of none."""
        pairs = zip(self.sums[total], self.sums[of], strict=True)
        return [float(value / n) if n else None for value, n in pairs]


@dataclass(frozen=True)
class View:
    """Cells as a columnar table: see store/rollups/cells.py."""

    cells: pa.Table

    def chosen(self, filter: Filter) -> "View":
        """Those cells that the filter lets through, its time aside."""
        table, wanted = self.cells, []
        of: tuple[tuple[str, Sequence[str | None]], ...] = (
            ("provider", filter.providers),
            ("route", filter.routes),
            ("endpoint_host", filter.endpoints),
            ("deployment", filter.deployments),
            ("status", filter.statuses),
        )
        wanted += [pc.is_in(table[name], pa.array(names)) for name, names in of if names]
        if filter.models:
            ref = pc.binary_join_element_wise(table["provider"], table["model"], "/")
            wanted.append(pc.is_in(ref, pa.array(filter.models)))
        for name, value in (
            ("experiment", filter.experiments),
            ("streamed", filter.streamed),
            ("opened", filter.opened),
            ("simulated", None if filter.include_simulated else False),
        ):
            if value is not None:
                wanted.append(pc.fill_null(pc.equal(table[name], value), False))
        return View(_all(table, wanted))

    @property
    def calls(self) -> int:
        """How many calls they are of."""
        return int(pc.sum(self.cells["calls"]).as_py() or 0)

    def codes(self, *names: str) -> tuple[Codes, tuple[Key, ...]]:
        """For each cell the place of its key among the sorted keys of these columns, and the keys."""
        if names not in self._codes:
            self._codes[names] = self._coded(names)
        return self._codes[names]

    @cached_property
    def _codes(self) -> dict[tuple[str, ...], tuple[Codes, tuple[Key, ...]]]:
        return {}

    def _coded(self, names: tuple[str, ...]) -> tuple[Codes, tuple[Key, ...]]:
        code = np.zeros(self.cells.num_rows, np.int64)
        for name in names:
            encoded = self.cells[name].combine_chunks().dictionary_encode("encode")
            code = code * max(1, len(encoded.dictionary)) + encoded.indices.to_numpy(zero_copy_only=False)
        _, first, place = np.unique(code, return_index=True, return_inverse=True)
        columns = [self.cells[name].take(pa.array(first)).to_pylist() for name in names]
        keys = list(zip(*columns, strict=True)) if names else [()] * len(first)
        order = sorted(range(len(keys)), key=lambda n: tuple((part is None, part) for part in keys[n]))
        rank = np.empty(len(keys), np.int64)
        rank[order] = np.arange(len(keys))
        return rank[place], tuple(keys[n] for n in order)

    def groups(self, *by: str, times: Sequence[str] = TIMES) -> Groups:
        """What the cells with the same values in these columns come to together."""
        code, keys = self.codes(*by)
        sums = {name: np.asarray(np.bincount(code, self.column(name), len(keys)), float) for name in SUMS}
        parts = {name: self._split(name, code, len(keys)) for name in ("status", "error_type")}
        counts = {time: self._counts(time, code, len(keys)) for time in times}
        return Groups(by, keys, sums, parts["status"], parts["error_type"], counts)

    def column(self, name: str) -> Numbers:
        """A column of numbers."""
        return np.asarray(self.cells[name].to_numpy(), float)

    def entries(self, time: str) -> tuple[Codes, Codes, Codes]:
        """The sketches of this time, flat: the cell, the bucket, and how many values."""
        if time not in self._entries:
            self._entries[time] = self._flat(time)
        return self._entries[time]

    @cached_property
    def _entries(self) -> dict[str, tuple[Codes, Codes, Codes]]:
        return {}

    def _flat(self, time: str) -> tuple[Codes, Codes, Codes]:
        bucket, count = (self.cells[f"{time}_{part}"].combine_chunks() for part in ("bucket", "count"))
        cell = np.repeat(np.arange(len(bucket)), pc.list_value_length(bucket).to_numpy(zero_copy_only=False))
        buckets, counts = (np.asarray(part.flatten(), np.int64) for part in (bucket, count))
        return cell.astype(np.int64, copy=False), buckets, counts

    def _counts(self, time: str, code: Codes, groups: int) -> NDArray[np.int64]:
        cell, bucket, count = self.entries(time)
        place = (code * sketch.BUCKETS)[cell]
        place += bucket
        flat = np.bincount(place, count, groups * sketch.BUCKETS)
        return flat.astype(np.int64).reshape(groups, sketch.BUCKETS)

    def _split(self, name: str, code: Codes, groups: int) -> dict[str, Numbers]:
        """The calls of each group by the values of this column."""
        of, values = self.codes(name)
        place = code * len(values) + of
        calls = np.bincount(place, self.column("calls"), groups * len(values)).reshape(groups, len(values))
        return {value: np.asarray(calls[:, n], float) for n, (value,) in enumerate(values) if value is not None}


def _all(table: pa.Table, wanted: Sequence[Any]) -> pa.Table:
    """The rows at which all of the masks hold."""
    if not wanted:
        return table
    mask = wanted[0]
    for other in wanted[1:]:
        mask = pc.and_(mask, other)
    return table.filter(mask).combine_chunks()
