"""Values as cells of a CSV file that a spreadsheet may open."""

import json
import re
from typing import Any

_NUMBER = re.compile(r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?\s*%?")


def cell(value: Any) -> Any:
    """The value as one cell: unknown is empty, true and false are words, and no text can be taken for a formula.

    A text that begins as formulas do gets an apostrophe before it, unless it is a plain number: a spreadsheet would run
    =HYPERLINK(…) from a model's answer. Lists and mappings are JSON.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
