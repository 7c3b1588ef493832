"""Makes a CallResult out of a backend's stream: every time that the product shows is taken here."""

import gc
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, Literal

from ..clock import now_ms
from ..errors import BackendError
from ..net.call import Call, current
from ..net.retries import Retries
from ..redact import hide
from ..stats.percentiles import percentile
from ..types import Backend, CallResult, ChatRequest, Delta, Finish, Usage

NO_RETRIES = Retries(attempts=1)

Phase = Literal["preparing", "running", "waiting to try again"]


def measured(
    backend: Backend, request: ChatRequest, call: Call, retries: Retries = NO_RETRIES
) -> Iterator[Phase | Delta | CallResult]:
    """Run one call: yield its phases and every Delta, and last its CallResult, however the call ends.

    `call.stop()` from another thread ends it as `stopped`. A bug is raised after its CallResult has been yielded.
    """
    tally = _Tally(request.stream)
    result = CallResult(backend.target, "ok", _utc(datetime.now(UTC)))
    bug = None
    try:
        yield "preparing"
        started, modules = now_ms(), len(sys.modules)
        call.aside(backend.prepare)  # it may take long, and cannot be interrupted
        result = replace(result, load_ms=None if call.stopped else now_ms() - started)
        if len(sys.modules) > modules:
            # An SDK was imported: hundreds of thousands of objects that are here to stay. Unless the garbage collector
            # is told so, each of its full collections stops every stream for some 100 ms. Told so of every call that
            # was slow to prepare, it would keep the garbage of that moment for ever.
            gc.freeze()
        yield "running"
        for event in () if call.stopped else _tried(backend, request, call, retries):
            if isinstance(event, Finish):
                tally.finish = event
            elif isinstance(event, Delta):
                tally.add(event, call.attempt.arrived_at or now_ms())
                yield event
            else:
                yield event
    except Exception as exc:
        bug = None if isinstance(exc, BackendError) or call.stopped else exc
        if not call.stopped:
            result = replace(result, status="error", error_type=type(exc).__name__, error_message=_told(exc, backend))
    if call.stopped and tally.finish is None:
        result = replace(result, status="stopped")
    yield tally.complete(result, call)
    if bug is not None:
        raise bug


def _tried(backend: Backend, request: ChatRequest, call: Call, retries: Retries) -> Iterator[Phase | Delta | Finish]:
    """The stream's events, tried again for as long as nothing has been said and `retries` allows."""
    call.ask()
    for tries in count(1):
        try:
            for event in _under(call, backend.stream(request)):
                if isinstance(event, Finish) or event.text:
                    call.start_unseen()
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


def _utc(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _told(exc: Exception, backend: Backend) -> str:
    if isinstance(exc, BackendError):
        return str(exc)
    return hide(f"LLMSelect itself failed on {backend.target}: {exc}. The server's log has more; please report it.")


class _Tally:
    """What has arrived so far, with the clock reading of each piece."""

    def __init__(self, streamed: bool) -> None:
        self.streamed = streamed
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
        """The result with text, counts and times. An answer that came in one piece has no first token to time.

        The whole of an answer ends with its last byte; a call that fails or is stopped, at the moment when it does.
        """
        usage = self.finish.usage if self.finish else None
        gaps = sorted(b - a for a, b in zip(self.arrivals, self.arrivals[1:], strict=False))
        first = self.arrivals[0] if self.arrivals and self.streamed else None
        ended_at = (call.attempt.arrived_at if result.status == "ok" else None) or now_ms()

        def since(at: float | None) -> float | None:
            return None if at is None or call.t0 is None else at - call.t0

        return replace(
            result,
            started_at=_utc(call.started_at) if call.started_at else result.started_at,
            answer="".join(self.answer),
            reasoning="".join(self.reasoning),
            finish_reason=self.finish.reason if self.finish else None,
            usage=usage,
            build_ms=call.build_ms,
            timed_from=call.timed_from,
            connect_ms=call.attempt.connect_ms,
            headers_ms=since(call.attempt.headers_at),
            ttft_ms=since(first),
            ttfat_ms=since(self.first_answer) if self.streamed else None,
            total_ms=since(ended_at),
            tpot_ms=self._tpot_ms(usage),
            chunks=len(self.arrivals),
            gap_p50_ms=percentile(gaps, 0.5),
            gap_p95_ms=percentile(gaps, 0.95),
            gap_max_ms=gaps[-1] if gaps else None,
            request_id=call.attempt.request_id,
            streamed=self.streamed,
            **_attempts(result, call),
        )

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


def _attempts(result: CallResult, call: Call) -> dict[str, Any]:
    """What the call's attempts come to: where the last one went, and which endpoints were left for that one."""
    target = call.target or result.target
    tries = tuple(seen.since(call.t0) for seen in call.attempts)
    first = next((index for index in reversed(range(len(tries))) if tries[index].waited_ms), 0)
    hosts = (one.endpoint_host or "" for one in tries[first:])
    left = dict.fromkeys(host for host in hosts if host != target.endpoint_host)
    return {
        "target": target,
        "tries": tries,
        "attempts": max(1, len(tries)),
        "retry_wait_ms": call.retry_wait_ms,
        "failed_over_from": ", ".join(left) or None,
        "detour_ms": tries[-1].began_ms if left else None,
    }
