"""Makes a CallResult out of a backend's stream: every time that the product shows is taken here."""

import gc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Literal

from ..clock import now_ms
from ..errors import BackendError
from ..net.call import Call, current
from ..net.retries import Retries
from ..redact import hide
from ..stats.percentiles import percentile
from ..types import Backend, CallResult, ChatRequest, Delta, Finish, Usage

# A backend that took this long to prepare has imported an SDK: hundreds of thousands of objects that are here to stay.
# Unless the garbage collector is told so, each of its full collections stops every stream for some 100 ms.
LOADED_MS = 50

NO_RETRIES = Retries(attempts=1)

Phase = Literal["loading", "running", "waiting to try again"]


def measured(
    backend: Backend, request: ChatRequest, call: Call, retries: Retries = NO_RETRIES
) -> Iterator[Phase | Delta | CallResult]:
    """Run one call: yield its phases and every Delta, and last its CallResult, however the call ends.

    `call.stop()` from another thread ends it as `stopped`. A bug is raised after its CallResult has been yielded.
    """
    tally = _Tally(request.stream)
    result = CallResult(backend.target, "ok", datetime.now(UTC).isoformat(timespec="milliseconds"))
    bug = None
    try:
        yield "loading"
        started = now_ms()
        backend.prepare()
        result = replace(result, load_ms=now_ms() - started)
        if result.load_ms > LOADED_MS:
            gc.freeze()
        yield "running"
        call.take_turn()
        tally.t0 = now_ms()
        for event in () if call.stopped else _tried(backend, request, call, retries):
            if isinstance(event, Finish):
                tally.finish = event
            elif isinstance(event, Delta):
                tally.add(event, call.arrived_at or now_ms())
                yield event
            else:
                yield event
    except Exception as exc:
        bug = None if isinstance(exc, BackendError) or call.stopped else exc
        if not call.stopped:
            result = replace(result, status="error", error_type=type(exc).__name__, error_message=_told(exc, backend))
    finally:
        call.end_turn()
    if call.stopped and tally.finish is None:
        result = replace(result, status="stopped")
    yield tally.complete(result, call)
    if bug is not None:
        raise bug


def _tried(backend: Backend, request: ChatRequest, call: Call, retries: Retries) -> Iterator[Phase | Delta | Finish]:
    """The stream's events, tried again for as long as nothing has been said and `retries` allows."""
    for tries in count(1):
        call.attempts += 1
        try:
            for event in _under(call, backend.stream(request)):
                if isinstance(event, Finish) or event.text:
                    retries = NO_RETRIES
                    yield event
            return
        except BackendError as exc:
            wait_s = retries.wait_s(exc, tries)
            if wait_s is None or call.stopped:
                raise
            yield "waiting to try again"
            if not call.wait(wait_s):
                raise
            yield "running"


def _under(call: Call, events: Iterator[Delta | Finish]) -> Iterator[Delta | Finish]:
    """The same events, each made while `call` is the thread's current one, and never while the consumer runs."""
    while True:
        with current(call):
            event = next(events, None)
        if event is None:
            return
        yield event


def _told(exc: Exception, backend: Backend) -> str:
    if isinstance(exc, BackendError):
        return str(exc)
    return hide(f"LLMSelect itself failed on {backend.target}: {exc}. The server's log has more; please report it.")


class _Tally:
    """What has arrived so far, with the clock reading of each piece."""

    def __init__(self, streamed: bool) -> None:
        self.streamed = streamed
        self.t0: float | None = None
        self.finish: Finish | None = None
        self.answer: list[str] = []
        self.reasoning: list[str] = []
        self.arrivals: list[float] = []
        self.first_answer: float | None = None

    def add(self, delta: Delta, at: float) -> None:
        self.arrivals.append(at)
        if delta.reasoning:
            self.reasoning.append(delta.text)
        else:
            self.answer.append(delta.text)
            if self.first_answer is None:
                self.first_answer = at

    def complete(self, result: CallResult, call: Call) -> CallResult:
        """The result with text, counts and times. An answer that came in one piece has no first token to time."""
        usage = self.finish.usage if self.finish else None
        gaps = sorted(b - a for a, b in zip(self.arrivals, self.arrivals[1:], strict=False))
        target = call.target or result.target
        failed = [host for host in dict.fromkeys(call.failed_hosts) if host != target.endpoint_host]
        first = self.arrivals[0] if self.arrivals and self.streamed else None
        return replace(
            result,
            target=target,
            answer="".join(self.answer),
            reasoning="".join(self.reasoning),
            finish_reason=self.finish.reason if self.finish else None,
            usage=usage,
            connect_ms=call.connect_ms,
            headers_ms=self._since(call.headers_at),
            ttft_ms=self._since(first),
            ttfat_ms=self._since(self.first_answer) if self.streamed else None,
            total_ms=self._since(now_ms()),
            tpot_ms=self._tpot_ms(usage),
            chunks=len(self.arrivals),
            gap_p50_ms=percentile(gaps, 0.5),
            gap_p95_ms=percentile(gaps, 0.95),
            gap_max_ms=gaps[-1] if gaps else None,
            attempts=call.attempts,
            retry_wait_ms=call.retry_wait_ms,
            failed_over_from=", ".join(failed) or None,
            detour_ms=self._since(call.began_ms) if failed else None,
            request_id=call.request_id,
        )

    def _since(self, at: float | None) -> float | None:
        return None if at is None or self.t0 is None else at - self.t0

    def _tpot_ms(self, usage: Usage | None) -> float | None:
        """(last - first) / (n - 1), n = the provider's count of the tokens that were streamed.

        Reasoning that a provider counts but does not send lies before the first token that arrives, so it is not in n.
        """
        if usage is None or not self.streamed:
            return None
        n = usage.output_tokens if self.reasoning else usage.output_tokens - usage.reasoning_tokens
        if n < 2 or len(self.arrivals) < 2:
            return None
        return (self.arrivals[-1] - self.arrivals[0]) / (n - 1)
