"""What the network saw of one attempt of a call: its moments, and what came back."""

import json
from contextlib import suppress
from dataclasses import dataclass, field

import httpx2

from ..clock import now_ms
from ..errors import Cause, ProviderDown
from ..types import Attempt, Target

REQUEST_ID_HEADERS = ("apim-request-id", "x-request-id", "request-id", "x-ms-request-id", "mistral-correlation-id")


class NotAnApi(httpx2.RemoteProtocolError):
    """The endpoint answered with a web page or a redirect."""


@dataclass
class Seen:
    """One attempt at one endpoint. Clock readings in milliseconds, None for what was not seen.

    `began_at` is when the adapter began to make the request, `sent_at` when its first byte was handed to the socket or
    its connection began to be opened. `waited_ms` is the pause before it; `connect_ms` is None on an open connection.
    """

    target: Target | None = None
    began_at: float | None = None
    waited_ms: float = 0.0
    sent_at: float | None = None
    connect_ms: float | None = None
    headers_at: float | None = None
    arrived_at: float | None = None
    ended_at: float | None = None
    status: int | None = None
    headers: httpx2.Headers = field(default_factory=httpx2.Headers)
    error_body: object = None
    error_type: str | None = None
    cause: Cause | None = None

    @property
    def request_id(self) -> str | None:
        """The provider's id for this call, where it sent one."""
        return next((self.headers[name] for name in REQUEST_ID_HEADERS if name in self.headers), None)

    def end(self, error: Exception | None = None) -> None:
        """The attempt is over, by this error or by itself. The error is not kept: it holds on to its frames."""
        self.ended_at = now_ms()
        self.error_type = type(error).__name__ if error else None
        self.cause = error.cause if isinstance(error, ProviderDown) else None

    def since(self, t0: float | None) -> Attempt:
        """The same in milliseconds since the call's t0."""

        def after(at: float | None) -> float | None:
            return None if at is None or t0 is None else at - t0

        return Attempt(
            endpoint_host=self.target.endpoint_host if self.target else None,
            began_ms=after(self.sent_at),
            connect_ms=self.connect_ms,
            headers_ms=after(self.headers_at),
            ended_ms=after(self.ended_at),
            status=self.status,
            error_type=self.error_type,
            waited_ms=self.waited_ms,
        )

    def note(self, response: httpx2.Response) -> None:
        """Take the facts off the response's head; read the body only of an error. Raises NotAnApi."""
        self.headers_at = self.arrived_at
        self.status, self.headers = response.status_code, response.headers
        if response.status_code >= 400:
            response.read()
            with suppress(ValueError):
                self.error_body = json.loads(response.content)
        elif response.status_code >= 300:
            raise NotAnApi(f"a redirect to {httpx2.URL(response.headers.get('location', '')).host or 'nowhere'}")
        elif response.headers.get("content-type", "").startswith("text/html"):
            raise NotAnApi("a web page instead of an answer")
