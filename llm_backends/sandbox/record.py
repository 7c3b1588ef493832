"""What the sandbox remembers of each request, to compare a client's measurements with."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

AUTH_HEADERS = ("authorization", "api-key", "x-api-key", "x-goog-api-key")
KEPT_HEADERS = ("anthropic-version", "user-agent", "accept", "content-type", "x-stainless-retry-count")


@dataclass
class Record:
    """One request and its answer. Times are time.perf_counter() of the server, comparable across processes on Linux.

    `received_at` is when the request's first byte had arrived. `token_times` are the moments when each token's bytes
    were handed to the socket (one entry for an answer that isn't streamed); hidden reasoning has none. `outcome` is
    `done`, `client gone`, `server closed`, the name of the fault, the status of an error, or `no answer` where the
    model behind ordinary names failed; None while it runs. `auth` names the headers that held a credential, never their
    value. `connection` tells connections apart. `delay_ms` is what was added to its script's time, see delays.py.
    """

    dialect: str
    path: str
    connection: int
    received_at: float
    query: dict[str, str]
    headers: dict[str, str]
    auth: tuple[str, ...]
    model: str | None = None
    body: dict[str, Any] | None = None
    status: int | None = None
    request_id: str | None = None
    headers_at: float | None = None
    first_token_at: float | None = None
    token_times: list[float] = field(default_factory=list)
    ended_at: float | None = None
    outcome: str | None = None
    client_gone_at: float | None = None
    delay_ms: float = 0.0

    def token_sent(self, now: float) -> None:
        if self.first_token_at is None:
            self.first_token_at = now
        self.token_times.append(now)


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in KEPT_HEADERS if name in headers}


def auth_names(headers: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name in AUTH_HEADERS if name in headers)


def dump(records: Sequence[Record]) -> bytes:
    """The records as JSON, for a client in another process."""
    return json.dumps([asdict(record) for record in records]).encode()
