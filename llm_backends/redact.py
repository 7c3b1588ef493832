"""Keeps secrets out of every text that leaves the backends: errors, the log, pages."""

import re

_secrets: set[str] = set()

# What providers echo back in error messages even where the key is not exactly ours: sk-…, Bearer …, JSON web tokens.
_LOOKS_SECRET = re.compile(
    r"\b(?:sk|key|pk)-[\w*.-]{6,}|(?<=Bearer )[\w.~+/*=-]{6,}|\bAIza[\w*-]{8,}|\beyJ[\w-]+\.[\w-]+\.[\w-]*"
)


def register(secret: str) -> None:
    """Remember a secret so that `hide` removes it. Values under 4 characters are too common in text to be removed."""
    if len(secret) >= 4:
        _secrets.add(secret)


def hide(text: str) -> str:
    """The text with every registered secret, and whatever looks like a credential, replaced by `[hidden]`."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, "[hidden]")
    return _LOOKS_SECRET.sub("[hidden]", text)
