"""How two answers differ, word by word, and how much of them they share."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

MOST_WORDS = 20_000
"""Of one answer: two so long ones take some 50 MB and a second."""

_PIECES = re.compile(r"\w+(?:['’]\w+)*|\s+|[^\w\s]")


@dataclass(frozen=True)
class Part:
    """A stretch of text that both have, or only the first or only the second."""

    of: Literal["both", "first", "second"]
    text: str


@dataclass(frozen=True)
class Diff:
    """The parts in order: those of "both" and "first" together are the first text, likewise the second.

    `shared` is how much of the words of both is in both, 0 to 1: twice the common ones / all (Sørensen and Dice, in
    order). None where neither has a word.
    """

    parts: tuple[Part, ...]
    shared: float | None


def diff(first: str, second: str) -> Diff:
    """The fewest words that make the first text the second. Raises ValueError beyond MOST_WORDS.

    A word is a run of letters and digits of any script; signs stand for themselves. Where a script puts no spaces
    between words, a sentence is one.
    """
    from rapidfuzz.distance import Indel

    one, other = (_PIECES.findall(text) for text in (first, second))
    if max(len(one), len(other)) > 2 * MOST_WORDS:
        raise ValueError(f"longer than {MOST_WORDS:,} words")
    parts: list[Part] = []
    common = 0
    for code in Indel.opcodes(one, other):
        old, new = one[code.src_start : code.src_end], other[code.dest_start : code.dest_end]
        if code.tag == "equal":
            common += sum(map(_is_word, old))
            parts.append(Part("both", "".join(old)))
        else:
            parts += [Part("first", "".join(old))] if old else []
            parts += [Part("second", "".join(new))] if new else []
    words = sum(map(_is_word, one)) + sum(map(_is_word, other))
    return Diff(tuple(_joined(parts)), 2 * common / words if words else None)


def _is_word(piece: str) -> bool:
    return piece[0].isalnum() or piece[0] == "_"


def _joined(parts: list[Part]) -> Iterator[Part]:
    """A space alone between two changes changes with them: single words in between would make it hard to read."""
    found: list[Part] = []
    lone = {n for n, (a, b, c) in enumerate(zip(parts, parts[1:], parts[2:], strict=False), 1) if _between(a, b, c)}
    for place, part in enumerate(parts):
        found += [Part("first", part.text), Part("second", part.text)] if place in lone else [part]
    run: dict[str, list[str]] = {"first": [], "second": []}
    for part in found:
        if part.of == "both":
            yield from _flushed(run)
            run = {"first": [], "second": []}
            yield part
        else:
            run[part.of].append(part.text)
    yield from _flushed(run)


def _between(before: Part, part: Part, after: Part) -> bool:
    return part.of == "both" and part.text.isspace() and before.of != "both" and after.of != "both"


def _flushed(run: dict[str, list[str]]) -> Iterator[Part]:
    if run["first"]:
        yield Part("first", "".join(run["first"]))
    if run["second"]:
        yield Part("second", "".join(run["second"]))
