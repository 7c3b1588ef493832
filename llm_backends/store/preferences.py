"""The choices of the Settings page, by user and name."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, select

from .tables import preferences


def chosen(connection: Connection, user: str | None) -> dict[str, Any]:
    """A user's choices by name."""
    rows = connection.execute(select(preferences).where(preferences.c.user == (user or "")))
    return {row.name: json.loads(row.value) for row in rows}


def choose(connection: Connection, chosen: Mapping[str, Any], user: str | None) -> None:
    """Put these choices in the place of earlier ones of the same names; None only takes one away."""
    owner = user or ""
    connection.execute(delete(preferences).where(preferences.c.user == owner, preferences.c.name.in_(list(chosen))))
    rows = [
        {"user": owner, "name": name, "value": json.dumps(value)} for name, value in chosen.items() if value is not None
    ]
    if rows:
        connection.execute(preferences.insert(), rows)
