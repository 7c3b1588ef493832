"""Reads what a provider says of an error: its codes, its message, and how long it asks to wait."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from ..redact import hide


def said(body: object) -> tuple[set[str], str]:
    """The codes in a provider's error body, and its message ready to be appended to ours, secrets hidden.

    Shapes: {"error": {code, type, status, message, innererror, details}} at OpenAI, Azure, Anthropic and Google (there
    sometimes in a list); the same keys at the top at Mistral; the inner dict alone from the openai SDK.
    """
    if isinstance(body, list) and body:
        body = body[0]
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            return set(), ""
    if not isinstance(body, dict):
        return set(), ""
    error = body.get("error", body)
    if not isinstance(error, dict):
        error = {"message": error}
    inner = error.get("innererror") or {}
    found = error.get("details")
    details = found if isinstance(found, list) else []
    places = [place for place in (error, inner, *details) if isinstance(place, dict)]
    codes = {str(place[name]) for place in places for name in ("code", "type", "status", "reason") if place.get(name)}
    message = error.get("message")
    return codes, f" The provider says: {hide(message.strip())[:500]}" if isinstance(message, str) and message else ""


def retry_after_s(headers: httpx2.Headers) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `retry-after` (seconds or a date); None where absent or unreadable."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        with suppress(KeyError, ValueError):
            return max(0.0, float(headers[name]) * scale)
    with suppress(KeyError, ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(headers["retry-after"]) - datetime.now(UTC)).total_seconds())
    return None
