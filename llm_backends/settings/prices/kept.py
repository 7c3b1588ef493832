"""Own prices as the Settings page keeps them: a preference a row, named by its day, model and route."""

from typing import Any

from .prices import PriceRow
from .reading import COLUMNS, cells
from .reading import row as read

PAGE = "Settings page"
PRICE = "price "
_KEY, _NUMBERS = COLUMNS[:3], COLUMNS[3:]


def preference(found: PriceRow) -> tuple[str, dict[str, float]]:
    """The preference's name and value. Only of a row without a fault."""
    told = cells(found)
    value = {name: float(told[name]) for name in _NUMBERS if told[name]}
    return PRICE + " ".join(told[name] for name in _KEY), value


def row(name: str, value: Any) -> PriceRow:
    """The row of a preference, with its fault where it can't be used."""
    named = dict(zip(_KEY, name.removeprefix(PRICE).split(" "), strict=False))
    numbers = value if isinstance(value, dict) else {}
    told = {column: str(numbers[column]) for column in _NUMBERS if numbers.get(column) is not None}
    return read(named | told, PAGE, f"{PAGE}, {name[:80]}")
