"""Reads own prices: from a CSV file, and row by row from cells of text; what is wrong becomes a fact, never a price."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from ...facts import PriceFault, Problem
from ...types import Route
from ..azure import REF
from .prices import ANY, PriceRow, Prices

PRICES = ("input_usd_per_mtok", "output_usd_per_mtok", "cached_input_usd_per_mtok")
COLUMNS = ("from", "model", "route", *PRICES, "percent_off")
NEEDED = COLUMNS[:2]
ROUTES: dict[str, Route | None] = {"": None, "all": None, "direct": "direct", "azure": "azure", "local": "local"}

MOST_BYTES = 1_000_000
MOST_ROWS = 5_000
MOST_USD = 1_000_000.0
TOLD = 5  # faults of one file, each in a sentence of its own

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def from_file(variable: str, path: Path, problems: list[Problem]) -> Prices:
    """The rows of a CSV file whose first line names the columns; the first faults are added to `problems`.

    Never raises. A file that cannot be read as a whole is one row that fits every call and has a fault: what it might
    say of a call is unknown.
    """
    try:
        if not path.is_file():
            raise OSError
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError:
        return unusable(PriceFault(variable, "no file"), path.name, problems)
    if len(raw) > MOST_BYTES:
        return unusable(PriceFault(path.name, "too big"), path.name, problems)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return unusable(PriceFault(path.name, "not UTF-8", line), path.name, problems)
    rows = _told_apart([*_rows(path.name, text)], path.name)
    faults = [row.fault for _, row in rows if row.fault]
    problems += faults[:TOLD]
    if len(faults) > TOLD:
        problems.append(PriceFault(path.name, "more rows", other=len(faults) - TOLD))
    return Prices(tuple(row for _, row in rows))


def unusable(fault: PriceFault, set_by: str, problems: list[Problem]) -> Prices:
    """What is known of prices when a table of them can't be read: nothing, of any call."""
    problems.append(fault)
    return Prices((PriceRow(None, ANY, None, set_by, fault=fault),))


def row(cells: Mapping[str, str], set_by: str, where: str, number: int | None = None) -> PriceRow:
    """The row that these cells, by the names of COLUMNS, make; with its fault where it can't be used."""
    text = {name: cells.get(name, "").strip() for name in COLUMNS}
    found = PriceRow(_day(text["from"]), ANY, None, set_by)
    ref = _tidy(text["model"])
    if not _names_models(ref):
        return replace(found, fault=PriceFault(where, "no model", number, "model"))
    found = replace(found, model=ref)
    if text["route"].lower() in ROUTES:
        found = replace(found, route=ROUTES[text["route"].lower()])
    numbers = {name: _number(text[name], MOST_USD) for name in PRICES}
    numbers["percent_off"] = _number(text["percent_off"], 100)
    if fault := _fault(text, found.since, numbers, where, number):
        return replace(found, fault=fault)
    into, out, cached = (numbers[name] for name in PRICES)
    return PriceRow(found.since, ref, found.route, set_by, into, out, cached, numbers["percent_off"])


def cells(found: PriceRow) -> dict[str, str]:
    """The cells that make this row."""
    numbers = {name: getattr(found, name) for name in (*PRICES, "percent_off")}
    told = {name: "" if value is None else repr(value) for name, value in numbers.items()}
    since = found.since.isoformat() if found.since else ""
    return {"from": since, "model": found.model, "route": found.route or "all"} | told


def _fault(
    text: Mapping[str, str], since: date | None, numbers: Mapping[str, float | None], where: str, row: int | None
) -> PriceFault | None:
    wrong = [name for name, value in numbers.items() if text[name] and value is None]
    if since is None:
        return PriceFault(where, "no date", row, "from")
    if text["route"].lower() not in ROUTES:
        return PriceFault(where, "no route", row, "route")
    if wrong:
        return PriceFault(where, "no percentage" if wrong[0] == "percent_off" else "no number", row, wrong[0])
    prices = [numbers[name] for name in PRICES]
    if numbers["percent_off"] is not None:
        return PriceFault(where, "both", row) if any(price is not None for price in prices) else None
    if prices[0] is None and prices[1] is None:
        return PriceFault(where, "cached alone" if prices[2] is not None else "nothing", row)
    return PriceFault(where, "cached alone", row) if prices[0] is None and prices[2] is not None else None


def _rows(where: str, text: str) -> Iterator[tuple[int, PriceRow]]:
    """Each row with its number; one that fits every call, where the file can't be read from there on."""

    def broken(fault: PriceFault) -> tuple[int, PriceRow]:
        return fault.row or 0, PriceRow(None, ANY, None, where, fault=fault)

    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    count = 0
    try:
        for record in lines:
            number = lines.line_num
            if not any(cell.strip() for cell in record):
                continue
            if not header:
                header = [cell.strip().lower() for cell in record]
                if fault := _header_fault(where, header, number):
                    yield broken(fault)
                    return
                continue
            count += 1
            if count > MOST_ROWS:
                yield broken(PriceFault(where, "too many rows", number))
                return
            found = row(dict(zip(header, record, strict=False)), where, where, number)
            if any(cell.strip() for cell in record[len(header) :]) and not found.fault:
                found = PriceRow(*found.key, where, fault=PriceFault(where, "too many cells", number))
            yield number, found
    except csv.Error:
        yield broken(PriceFault(where, "bad quotes", lines.line_num))
    if not header:
        yield broken(PriceFault(where, "no column", None, NEEDED[0]))


def _header_fault(where: str, header: Sequence[str], row: int) -> PriceFault | None:
    for place, name in enumerate(header):
        if name not in COLUMNS:  # not quoted: the file may be another one, and hold a key
            return PriceFault(where, "unknown column", row, str(place + 1))
        if name in header[:place]:
            return PriceFault(where, "column twice", row, name)
    missing = next((name for name in NEEDED if name not in header), None)
    return PriceFault(where, "no column", row, missing) if missing else None


def _told_apart(rows: Sequence[tuple[int, PriceRow]], where: str) -> list[tuple[int, PriceRow]]:
    """The rows, of which a later one for the same day, model and route is at fault: which of the two is meant?"""
    seen: dict[object, int] = {}
    told = []
    for number, one in rows:
        first = seen.setdefault(one.key, number)
        if first != number and not one.fault:
            one = PriceRow(*one.key, one.set_by, fault=PriceFault(where, "twice", number, other=first))
        told.append((number, one))
    return told


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _number(text: str, most: float) -> float | None:
    value = float(text) if len(text) < 40 and _NUMBER.fullmatch(text) else None
    return value if value is not None and value <= most else None


def _names_models(ref: str) -> bool:
    named = REF.fullmatch(ref) and ref.isprintable() and ANY not in ref.removesuffix(f"/{ANY}")
    return ref == ANY or bool(named)


def _tidy(ref: str) -> str:
    provider, slash, model = ref[:200].partition("/")
    return f"{provider.lower()}{slash}{model}"
