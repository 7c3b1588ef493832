"""What is wrong with a prompt set or a template, in plain English."""

from .reading import MAX_CELL_CHARS, MAX_ROWS
from .records import Reason, RowFault
from .template import TemplateFault

_FILE: dict[Reason, str] = {
    "unknown kind": "This kind of file can't be read: save it as CSV, JSON lines (.jsonl) or Parquet.",
    "not UTF-16": "The file says that it is UTF-16 text, but is not: save it as UTF-8.",
    "no Parquet": "The file can't be read as Parquet: it is damaged, or something else.",
    "no rows": "There are no prompts in it: the first line names the columns, and each one below is a prompt.",
    "too many rows": f"It has more than {MAX_ROWS:,} rows: split it.",
    "no column": "There is no column {column}: the first line must name the columns, {column} among them.",
    "column twice": "There is more than one column {column}: give each a name of its own.",
    "column without name": "A column has no name: the first line must name every column.",
    "bad quotes": "The quotes in the first line are wrong: each that opens must close before the next column.",
    "not UTF-8": "The names of the columns are not UTF-8 text: save the file as UTF-8.",
    "null byte": "The names of the columns hold a null byte: the file is damaged, or no text.",
    "no character": "The names of the columns hold what is no character: write them anew.",
}
_ROW: dict[Reason, str] = {
    "no column": "has no {column}",
    "column twice": "names a column twice",
    "bad quotes": 'has wrong quotes: write "" for a quote within a quoted cell, and close every one',
    "too few cells": "has fewer cells than there are columns",
    "too many cells": "has more cells than there are columns: put quotes around text with commas",
    "not UTF-8": "has bytes in {column} that are not UTF-8 text: save the file as UTF-8",
    "null byte": "has a null byte in {column}",
    "no character": "has half a character, or what is none, in {column}",
    "too long": f"has more than {MAX_CELL_CHARS:,} characters in {{column}}",
    "empty": "has an empty {column}",
    "no text": "has a list or an object as {column}, which must be text",
    "no JSON": "is not JSON: write one object a line",
    "no object": 'is JSON, but no object: write {{"prompt": "..."}}',
}


def of_row(fault: RowFault) -> str:
    """Why a row, or the whole file, can't be used."""
    column = _shown(fault.column or "")
    if fault.row is None:
        return _FILE[fault.reason].format(column=column)
    return f"Row {fault.row:,} {_ROW[fault.reason].format(column=column)}."


def of_template(fault: TemplateFault) -> str:
    """Why a template can't be filled."""
    if fault.reason == "not understood":
        return f"{_shown(fault.name)} is not understood: write {{{{name}}}}, or \\{{{{ for the braces themselves."
    return f"There is no column {_shown(fault.name)}, which the template names as {{{{{_shown(fault.name)}}}}}."


def _shown(name: str) -> str:
    """A name that somebody wrote, made fit to be shown."""
    return "".join(char if char.isprintable() else "\ufffd" for char in name[:80])
