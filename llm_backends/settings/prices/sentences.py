"""What is wrong with a table of own prices, in plain English."""

from ...facts import PriceFault
from .reading import COLUMNS, MOST_BYTES, MOST_ROWS, MOST_USD, ROUTES

_SAID = {
    "no file": "names no file that can be read: write the path of a CSV file. Until then no cost is known",
    "too big": f"is larger than {MOST_BYTES / 1e6:g} MB: is it a table of prices?",
    "too many rows": f"is one row too many: a table of prices has up to {MOST_ROWS:,}",
    "not UTF-8": "is not UTF-8 text: save the file as UTF-8",
    "no column": f"has no column {{column}}: the first line must name the columns, of {', '.join(COLUMNS)}",
    "unknown column": f"names a column that is not known (number {{column}}): write {', '.join(COLUMNS)}",
    "column twice": "names the column {column} twice",
    "bad quotes": 'has wrong quotes: write "" for a quote within a quoted cell, and close every one',
    "too many cells": "has more cells than there are columns: write 2.5 with a point, not a comma",
    "no date": "has no day from which it holds: write it, UTC, as 2026-11-01",
    "no model": "names no model: write provider/model, provider/* for all of a provider's, or * for all",
    "no route": f"has no route that there is: write {', '.join(filter(None, ROUTES))}",
    "no number": f"has no price in {{column}}: write USD for a million tokens as 2.5, from 0 to {MOST_USD:,.0f}",
    "no percentage": "has no number from 0 to 100 in {column}: write 15 for 15 % less than the list",
    "nothing": "has neither a price nor a discount: write one of them",
    "both": "has a price and a discount: that is off the list's price, so write one of them",
    "cached alone": "has a price for cached tokens in, but none for the others: write both",
    "twice": "says what row {other} says, the same day, model and route: take one of them out",
    "more rows": "has {other:,} more rows that can't be used",
}


def of_price(fault: PriceFault) -> str:
    """Why a row, or the whole table, can't be used."""
    row = "" if fault.row is None else f" row {fault.row:,}"
    return f"{fault.where}{row} {_SAID[fault.reason].format(column=fault.column, other=fault.other)}."
