"""Several endpoints for one model: the next one answers where one cannot, and that one is spared for a while."""

from collections.abc import Iterator, Mapping
from threading import Lock

from ..clock import now_ms
from ..errors import BackendError, RateLimited, RequestRejected
from ..net.call import Call, current_call
from ..types import Backend, ChatRequest, Delta, Finish

COOL_DOWN_S = 30.0
MISSING_S = 300.0  # a new deployment takes some minutes

# When an endpoint may be tried again, on our clock: for all of its deployments (None), or for one.
_free_at_ms: dict[tuple[str, str | None], float] = {}
_lock = Lock()


class Failover:
    """The same model at several endpoints, by their URLs, the preferred first. See Backend."""

    def __init__(self, backends: Mapping[str, Backend]) -> None:
        self.backends = dict(backends)
        self.target = next(iter(backends.values())).target

    def prepare(self) -> None:
        """Prepare every endpoint: a detour should not wait for an SDK."""
        for backend in self.backends.values():
            backend.prepare()

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """See Backend.stream. Fails over before the first text only, and only where another endpoint may serve."""
        urls = self._order()
        for url in urls:
            backend, said = self.backends[url], False
            try:
                for event in backend.stream(request):
                    said = said or isinstance(event, Finish) or bool(event.text)
                    yield event
                return
            except BackendError as exc:
                call = current_call() or Call()
                if said or call.stopped or not exc.elsewhere:
                    raise
                _cool_down(url, backend.target.deployment, exc)
                if url == urls[-1]:
                    raise

    def _order(self) -> list[str]:
        """The endpoints that are not cooling, in their order; where all are, the one that is free soonest."""
        now, deployment = now_ms(), self.target.deployment
        with _lock:
            free_at = {
                url: max(_free_at_ms.get(key, now) for key in ((url, None), (url, deployment))) for url in self.backends
            }
        return [url for url in free_at if free_at[url] <= now] or [min(free_at, key=free_at.__getitem__)]


def each(backend: Backend) -> tuple[Backend, ...]:
    """The backends of all endpoints that one may stand for."""
    return tuple(backend.backends.values()) if isinstance(backend, Failover) else (backend,)


def _cool_down(url: str, deployment: str | None, exc: BackendError) -> None:
    """Spare the endpoint; only this deployment of it where it is missing or has used up its own quota."""
    own = isinstance(exc, (RateLimited, RequestRejected))
    wait_s = MISSING_S if isinstance(exc, RequestRejected) else getattr(exc, "retry_after", None)
    key = (url, deployment if own else None)
    until = now_ms() + 1000 * (COOL_DOWN_S if wait_s is None else wait_s)
    with _lock:
        _free_at_ms[key] = max(until, _free_at_ms.get(key, until))
