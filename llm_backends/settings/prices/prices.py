"""Prices and discounts of one's own as values, and which row holds for a call."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

from ...facts import PriceFault
from ...types import Route

ANY = "*"


@dataclass(frozen=True)
class PriceRow:
    """A price of one's own, or a discount on the list's, from a day on (UTC). USD for a million tokens; None: none.

    `model` is `provider/model`, `provider/*` or `*`; `route` None stands for every route. `set_by` is the Settings page
    or the file. `fault` is what keeps the row from being used: no price is known then of the calls that it is for, from
    `since` on, or where that is None at any time.
    """

    since: date | None
    model: str
    route: Route | None
    set_by: str
    input_usd_per_mtok: float | None = None
    output_usd_per_mtok: float | None = None
    cached_input_usd_per_mtok: float | None = None
    percent_off: float | None = None
    fault: PriceFault | None = None

    @property
    def key(self) -> tuple[date | None, str, Route | None]:
        """What there can be only one row of."""
        return self.since, self.model.lower(), self.route


@dataclass(frozen=True)
class Prices:
    """All rows, in any order."""

    rows: tuple[PriceRow, ...] = ()

    def under(self, rows: Iterable[PriceRow]) -> "Prices":
        """With these laid over: each takes the place of the one for the same day, model and route."""
        own = tuple(rows)
        taken = {row.key for row in own if row.since}
        return Prices((*(row for row in self.rows if row.fault or row.key not in taken), *own))

    def at(self, provider: str, model: str, route: str, moment: datetime) -> PriceRow | None:
        """The row for a call that began at this moment (timezone-aware); None where there is none.

        A row that names the model comes before one for all of its provider's, and that before one for all models. Of
        those in force on the day the latest counts; of one day that for the route alone, then the one added last. A row
        whose day can't be read might be the latest, and so comes first.
        """
        day = moment.astimezone(UTC).date()
        for name in (f"{provider}/{model}", f"{provider}/{ANY}", ANY):
            found = [
                row
                for row in self._of_model.get(name.lower(), ())
                if row.route in (None, route) and (row.since is None or row.since <= day)
            ]
            if found:
                return max(enumerate(found), key=lambda one: (_latest(one[1]), one[1].route is not None, one[0]))[1]
        return None

    @cached_property
    def _of_model(self) -> dict[str, list[PriceRow]]:
        found: dict[str, list[PriceRow]] = {}
        for row in self.rows:
            found.setdefault(row.model.lower(), []).append(row)
        return found


def _latest(row: PriceRow) -> date:
    return row.since or date.max
