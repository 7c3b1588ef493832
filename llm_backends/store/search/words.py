"""What a word is, the same in an index, in a query and in the text that shows a hit."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_WORDS = 16_000
"""Of a text; what comes after them is not found. PostgreSQL keeps no positions beyond."""
MOST_ASKED = 30
"""Words of a query; further ones are not looked at."""
SHORTEST_BEGINNING = 3
_LONGEST = 60
_AROUND = 90

# Scripts without spaces, and emoji: each sign is a word, and several in a row are a phrase.
_ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    "\u2600-\u27bf\U0001f300-\U0001faff"
)
_WORD = re.compile(f"[{_ALONE}]|[^\\W_{_ALONE}]+")
_ACCENT = re.compile("[\u0300-\u036f]")
_NOT_OF_A_WORD = re.compile(f"[^\\w{_ALONE}]|_")
_PHRASE = re.compile(r'"([^"]*)"|(\S+)')

Phrase = tuple[str, ...]
"""Words that stand one after the other."""


@dataclass(frozen=True)
class Query:
    """All of these phrases, most of them of one word, in one text; of the last word the beginning, if `open`."""

    phrases: tuple[Phrase, ...]
    open: bool


def words(text: str) -> Iterator[str]:
    """The words of a text as the index has them, MOST_WORDS at most, and no more than a tsvector can hold."""
    left = 400_000
    for number, (word, _) in enumerate(_found(text)):
        left -= len(word.encode()) + 8
        if number == MOST_WORDS or left < 0:
            return
        yield word


def query(text: str) -> Query | None:
    """What a search asks for; None where there is no word in it.

    All signs but quotation marks around a phrase are taken for text: there is no language of operators to know.
    """
    phrases: list[Phrase] = []
    left, last_quoted = MOST_ASKED, False
    for found in _PHRASE.finditer(text[:10_000]):
        phrase = tuple(word for word, _ in _found(found[1] if found[1] is not None else found[2]))[:left]
        if phrase:
            phrases.append(phrase)
            left -= len(phrase)
            last_quoted = found[1] is not None
        if not left:
            break
    if not phrases:
        return None
    last = phrases[-1][-1]
    ends = not text[-1:].isspace() and not last_quoted
    return Query(tuple(phrases), ends and len(last) >= SHORTEST_BEGINNING and not re.match(f"[{_ALONE}]", last))


def excerpt(text: str, asked: Query) -> tuple[tuple[str, bool], ...]:
    """The part of a text around its first hit, in pieces: (text, whether it was looked for); else its beginning."""
    spans = [*_found(text)]
    hits = sorted({span for phrase in asked.phrases for span in _hits(spans, phrase, asked)})
    start = max(0, hits[0][0] - _AROUND // 2) if hits else 0
    end = min(len(text), start + 2 * _AROUND + (hits[0][1] - hits[0][0] if hits else 0))
    pieces: list[tuple[str, bool]] = [("…", False)] if start else []
    at = start
    for first, last in hits:
        if first >= end:
            break
        if first >= at:
            pieces += [(text[at:first], False), (text[first:last], True)]
            at = last
    pieces += [(text[at : max(at, end)], False), ("…" if end < len(text) else "", False)]
    return tuple(piece for piece in pieces if piece[0])


def holds(text: str, asked: Query) -> bool:
    """Whether any of what is looked for is in this text."""
    spans = [*_found(text)]
    return any(True for phrase in asked.phrases for _ in _hits(spans, phrase, asked))


def _hits(spans: Sequence[tuple[str, tuple[int, int]]], phrase: Phrase, asked: Query) -> Iterator[tuple[int, int]]:
    opens = asked.open and phrase == asked.phrases[-1]
    for at in range(len(spans) - len(phrase) + 1):
        if all(
            spans[at + n][0].startswith(word) if opens and n == len(phrase) - 1 else spans[at + n][0] == word
            for n, word in enumerate(phrase)
        ):
            yield spans[at][1][0], spans[at + len(phrase) - 1][1][1]


def _found(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    for found in _WORD.finditer(text):
        if word := _normal(found[0]):
            yield word, found.span()


def _normal(word: str) -> str:
    """Whatever its case, its accents and how it is encoded."""
    if word.isascii():
        return word.lower()[:_LONGEST]
    plain = _ACCENT.sub("", unicodedata.normalize("NFKD", word.casefold()))
    return _NOT_OF_A_WORD.sub("", unicodedata.normalize("NFC", plain))[:_LONGEST]
