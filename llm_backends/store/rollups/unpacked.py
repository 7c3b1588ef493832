"""Rollups that were read before, kept in memory for as long as the database has the same."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from ..tables import rollups

if TYPE_CHECKING:
    from pyarrow import Table

    # By day, what marks the rollup and its cells.
    Known = Mapping[str, tuple[bytes, Table]]

MOST_BYTES = 128_000_000
"""What is kept at most; days beyond it are read anew each time."""


class Unpacked:
    """The cells of days, by day. Safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: Known = {}

    def read(self, connection: Connection, since: str, until: str) -> dict[str, "Table"]:
        """The rollups of the days from `since` to before `until`, oldest first."""
        from . import cells

        kept, r = self._kept, rollups.c
        within = (r.format == cells.FORMAT, r.day >= since, r.day < until)
        query = select(r.day, func.substr(r.cells, 1, cells.MARK, type_=r.cells.type))
        marks: dict[str, bytes] = dict(connection.execute(query.where(*within)).all())
        found = {day: kept[day] for day, mark in marks.items() if day in kept and kept[day][0] == mark}
        if missing := sorted(marks.keys() - found.keys()):
            whole = select(r.day, r.cells).where(*within, r.day.in_(missing))
            new = connection.execute(whole)
            found |= {day: (packed[: cells.MARK], cells.unpacked(packed)) for day, packed in new}
            self._keep(kept, found)
        return {day: found[day][1] for day in sorted(found)}

    def _keep(self, kept: "Known", found: "Known") -> None:
        """Remember what was found, the newest days first; another thread may do so at the same time."""
        most, known = 0, {}
        for day, one in sorted({**kept, **found}.items(), reverse=True):
            most += one[1].nbytes
            if most > MOST_BYTES:
                break
            known[day] = one
        self._kept = known
