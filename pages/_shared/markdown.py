"""Model output as markdown that cannot make the browser call anything."""

import re
from html import unescape

_WORD_JOINER = "\u2060"
_FENCE = re.compile(r"(`{3,}|~{3,})((?<=`)[^\n`]*|(?<=~)[^\n]*)")
_BLOCK_FENCE = re.compile(r"^ {0,3}(?:`{3,}|~{3,})", re.MULTILINE)


def safe_markdown(text: str) -> str:
    """The text with images and mermaid diagrams shown as their source.

    Both load what the model names as soon as they are drawn. They are disarmed everywhere, code included: rules on
    where a fence begins can be tricked. The exact text is on the card under "Raw text".
    """
    return _FENCE.sub(_fence, text).replace("![", f"!{_WORD_JOINER}[")


def _fence(found: re.Match[str]) -> str:
    """A fence whose language, entities resolved, is not mermaid."""
    language = unescape(found[2])
    if "mermaid" not in language.lower():
        return found[0]
    shown = " ".join(language.split()).replace("&", "&amp;")  # resolved once: what is left must not be another time
    return found[1] + re.sub("(?i)(mer)(maid)", rf"\1{_WORD_JOINER}\2", shown)


def live_tail(text: str, chars: int) -> str:
    """The end of a growing answer, from the start of a line, in a code fence if it begins within one."""
    if len(text) <= chars:
        return text
    cut = len(text) - chars
    cut = text.find("\n", cut, cut + 500) + 1 or cut
    inside = len(_BLOCK_FENCE.findall(text, 0, cut)) % 2
    return ("```\n" if inside else "") + text[cut:]
