"""Says what is wrong with the log's database, and what to do about it."""

from sqlalchemy.exc import DBAPIError

from .. import redact
from ..errors import ConfigError

_ELSEWHERE = "or set LLMSELECT_DATABASE_URL to another place"
_PERMISSION = f"Give this account the right to write there, {_ELSEWHERE}."
_LOCKED = "Another program holds it: wait for that program, or close it."
_FULL = f"Make room there, {_ELSEWHERE}."
_SERVER = "Check that the server runs, and the host, user, password and database in LLMSELECT_DATABASE_URL."
_OTHER = f"Look into the message, {_ELSEWHERE}."

# SQLite's primary result codes and PostgreSQL's SQLSTATEs.
_ADVICE = {
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "55P03": _LOCKED,
    "SQLITE_FULL": _FULL,
    "53100": _FULL,
    "SQLITE_CANTOPEN": _PERMISSION,
    "SQLITE_READONLY": _PERMISSION,
    "SQLITE_PERM": _PERMISSION,
    "42501": _PERMISSION,
    "SQLITE_NOTADB": "The file is something else: set LLMSELECT_DATABASE_URL to another place.",
}


def explained(exc: Exception, place: str, done: str) -> str:
    """Sentences for the analyst: that the log at `place` can't be `done` ("read", "written"), why, what to do."""
    if isinstance(exc, ConfigError):
        return str(exc)
    advice = _OTHER
    if isinstance(exc, DBAPIError) and exc.orig is not None:
        exc = exc.orig
        advice = _advice(exc)
    elif isinstance(exc, OSError):
        advice = _PERMISSION
        exc = OSError(exc.strerror or type(exc).__name__)
    reason = next(iter(str(exc).strip().splitlines()), "") or type(exc).__name__
    return f"The call log at {place} can't be {done}: {redact.hide(reason.rstrip('.'))}. {advice}"


def _advice(exc: BaseException) -> str:
    name = getattr(exc, "sqlite_errorname", None)
    if name:
        return _ADVICE.get("_".join(name.split("_")[:2]), _OTHER)
    state = getattr(exc, "sqlstate", None)
    return _ADVICE.get(state, _OTHER) if state else _SERVER
