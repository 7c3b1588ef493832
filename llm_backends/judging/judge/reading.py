"""Reads what a judge said: one line of JSON at the end of its answer, or nothing that counts."""

import json
import re
from typing import Literal

Better = Literal["A", "B", "tie"]

_OBJECT = re.compile(r"\{[^{}]*\}")
_BETWEEN = re.compile(r"(\W|_|or|json)*", re.IGNORECASE)
_WORDS: dict[str, Better] = {"a": "A", "b": "B", "tie": "tie"}


def better(answer: str) -> Better | None:
    """Which answer the judge calls better; None where it says nothing that counts.

    It is the last `{"better": …}`, whatever text stands around it. A value that was not asked for counts as nothing,
    and so do several in a row that contradict each other: those repeat the question.
    """
    found = [one for one in _OBJECT.finditer(answer) if '"better"' in one[0]]
    run = found[-1:]
    for one in reversed(found[:-1]):
        if not _BETWEEN.fullmatch(answer, one.end(), run[-1].start()):
            break
        run.append(one)
    said = {_said(one[0]) for one in run}
    return said.pop() if len(said) == 1 else None


def _said(text: str) -> Better | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    value = found.get("better")
    return _WORDS.get(value.strip().lower()) if isinstance(value, str) else None
