"""One endpoint that calls go to: how many it takes at once, and until when it asked to be left alone."""

from collections.abc import Callable
from dataclasses import dataclass

from ..clock import now_ms
from ..errors import BackendError, RateLimited
from ..net.retries import Retries
from ..types import Target

HERE = "this machine"


def endpoint_of(target: Target) -> str:
    """The name of the endpoint: its host, or this machine for models that run here."""
    return HERE if target.route == "local" else target.endpoint_host or target.provider


class Endpoint:
    """Counts nothing and waits for nobody: the desk does. `name` is the host, `limit` how many calls it may have."""

    def __init__(self, name: str, concurrency: int) -> None:
        self.name = name
        # Models of this machine share its processor: one at a time, or none of their times means anything.
        self.limit = 1 if name == HERE else concurrency
        self._until_ms = 0.0

    @property
    def held_s(self) -> float:
        """For how many seconds nothing may be sent there, 0 for none."""
        return max(0.0, self._until_ms - now_ms()) / 1000

    def hold(self, seconds: float) -> None:
        """Send nothing there for that long: it said Retry-After."""
        self._until_ms = max(self._until_ms, now_ms() + seconds * 1000)


@dataclass(frozen=True, kw_only=True)
class Holding(Retries):
    """Retries that hold back all of the endpoint's calls while the provider asks for it, and tell so."""

    endpoint: Endpoint
    held: Callable[[Endpoint], None]

    def wait_s(self, error: BackendError, attempt: int) -> float | None:
        """See Retries.wait_s; no attempt is made before the endpoint may be called again."""
        if isinstance(error, RateLimited) and error.retry_after:
            self.endpoint.hold(error.retry_after)
            self.held(self.endpoint)
        wait_s = super().wait_s(error, attempt)
        return None if wait_s is None else max(wait_s, self.endpoint.held_s)
