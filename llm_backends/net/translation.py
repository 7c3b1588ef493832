"""The one place where an SDK's or the network's exception becomes one of ours, with a message for the analyst."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from .. import errors
from ..redact import hide
from ..types import Finish, Target, Usage
from ..vendors import PROVIDERS
from .call import Call, Timeouts, current_call
from .refusals import retry_after_s, said
from .seen import NotAnApi

# An exception of these packages is a provider's or the network's doing; any other is a bug of ours, raised as one.
_FOREIGN = (
    "openai",
    "anthropic",
    "mistralai",
    "google",
    "httpx2",
    "httpcore2",
    "requests",
    "pydantic",
    "pydantic_core",
    "json",
)

# Codes and types that providers send in error bodies and events: facts, unlike the wording of their messages.
_FILTERED = {
    "content_filter",
    "content_policy_violation",
    "ResponsibleAIPolicyViolation",
    "invalid_prompt",
    "guardrail_blocked",
}
_LIMITED = {"rate_limit_error", "rate_limit_exceeded", "RESOURCE_EXHAUSTED", "insufficient_quota"}
_REFUSED_KEY = {"authentication_error", "invalid_api_key", "permission_error", "UNAUTHENTICATED", "API_KEY_INVALID"}

_SAID: dict[errors.Cause, str] = {"untrusted certificate": "the TLS certificate is not trusted"}


@contextmanager
def exchange(target: Target, timeouts: Timeouts, access: str | None = None) -> Iterator[Call]:
    """Wrap everything that one adapter does for one call: deadline, translation, and letting go of the socket.

    `access` is what to do where the credential is refused, by default to check the provider's key.
    Raises BackendError for what the provider or the network did, `from` the original; a bug passes unchanged.
    """
    call = current_call() or Call()
    call.begin(target, timeouts)
    try:
        yield call
    except errors.BackendError as exc:
        call.attempt.end(exc)
        raise
    except Exception as exc:
        translated = _translate(exc, target, call, access)
        call.attempt.end(translated or exc)
        if translated is None:
            raise
        raise translated from exc
    finally:
        if call.attempt.ended_at is None:
            call.attempt.end()
        call.release()


def finished(reason: str | None, usage: Usage | None, target: Target) -> Finish:
    """The Finish of a stream that has ended. Raises Truncated without a reason: no SDK notices that by itself.

    Raises ContentFiltered where the reason is the provider's safety filter.
    """
    if reason is None:
        raise errors.Truncated(
            f"{target} closed the stream without saying that the answer was finished. "
            "The answer is cut off: run the slot again.",
            target=target,
        )
    if reason.lower() in ("content_filter", "safety", "prohibited_content", "blocklist", "refusal"):
        raise _filtered(target, f"finish reason {reason}", None, None)
    return Finish(reason, usage)


def _translate(exc: Exception, target: Target, call: Call, access: str | None) -> errors.BackendError | None:
    status = call.attempt.status or _status_of(exc)
    if status is not None and status >= 400:
        return _from_status(status, target, call, access)
    chain = list(_causes(exc))
    if any(isinstance(link, httpx2.HTTPError) for link in chain):
        return _from_network(chain, target, call)
    foreign = next((link for link in chain if _is_foreign(link)), None)
    if foreign is None:
        return None
    if call.attempt.status is None and isinstance(exc, (ValueError, TypeError)):
        message = (
            f"{target}: its SDK refuses the request ({hide(str(exc))[:300]}). Check the model's name and parameters."
        )
        return errors.RequestRejected(message, target=target)
    return _from_requests(chain, target) or _from_event(foreign, target, call)


def _status_of(exc: Exception) -> int | None:
    """The HTTP status that google-generativeai, whose answers we do not see, keeps in its exceptions' `code`."""
    code = getattr(exc, "code", None)
    return int(code) if type(exc).__module__.startswith("google.api_core") and isinstance(code, int) else None


def _from_requests(chain: list[BaseException], target: Target) -> errors.BackendError | None:
    """What google-generativeai says, which brings its own HTTP client: known by the names of its exceptions."""
    names = {type(link).__name__ for link in chain}
    if names & {"BlockedPromptException", "StopCandidateException"}:
        return _filtered(target, "says its SDK", None, None)
    if names & {"ReadTimeoutError", "ReadTimeout", "ConnectTimeout", "RetryError"}:
        message = f"{target} sent nothing for the read timeout. Run the slot again, or raise LLMSELECT_READ_TIMEOUT_S."
        return errors.TimedOut(message, target=target)
    if "NewConnectionError" in names:
        message = f"{target} could not be reached at {target.endpoint_host}. Check the network and the base URL."
        return errors.ProviderDown(message, target=target)
    return None


def _is_foreign(exc: BaseException) -> bool:
    """Whether an SDK made this exception, or was the one to raise it."""
    trace = exc.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    raised_in = trace.tb_frame.f_globals.get("__name__", "") if trace else ""
    return any(name.split(".")[0] in _FOREIGN for name in (type(exc).__module__, raised_in))


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    while exc is not None:
        yield exc
        exc = exc.__cause__ or exc.__context__


def _from_status(status: int, target: Target, call: Call, access: str | None) -> errors.BackendError:
    codes, words = said(call.attempt.error_body)
    facts: errors.Facts = {"target": target, "status": status, "request_id": call.attempt.request_id}
    if codes & _FILTERED:
        return _filtered(target, f"HTTP {status}", status, call.attempt.request_id)
    if status in (401, 403) or codes & _REFUSED_KEY:
        advice = access or f"Check {_key_variable(target)}, and that it may use this model."
        return errors.AuthError(f"{target} refused the key (HTTP {status}). {advice}{words}", **facts)
    if status == 429:
        after = retry_after_s(call.attempt.headers)
        wait = f" It asks to wait {after:g} s." if after is not None else ""
        message = (
            f"{target} has had too many requests, or its quota is used up (HTTP 429).{wait} Try again later.{words}"
        )
        retryable = "insufficient_quota" not in codes
        return errors.RateLimited(message, retry_after=after, retryable=retryable, elsewhere=True, **facts)
    if status == 408:
        return errors.TimedOut(f"{target} gave up waiting (HTTP 408). Run the slot again.{words}", **facts)
    if status >= 500:
        message = f"{target} failed (HTTP {status}). It is the provider's fault: run the slot again later.{words}"
        return errors.ProviderDown(message, **facts)
    missing = bool(target.deployment) and (status == 404 or "DeploymentNotFound" in codes)
    return errors.RequestRejected(f"{target} {_refusal(status, missing)}{words}", elsewhere=missing, **facts)


def _key_variable(target: Target) -> str:
    if target.provider in PROVIDERS:
        return " or ".join(PROVIDERS[target.provider].keys)
    return f"COMPATIBLE_{target.provider.upper().replace('-', '_')}_API_KEY"


def _refusal(status: int, missing_deployment: bool) -> str:
    if missing_deployment:
        return (
            f"does not exist (HTTP {status}). Check the deployment's name in the Azure portal and in your mapping, "
            "and that its endpoint is the right resource; a new deployment takes some minutes."
        )
    if status == 404:
        return "was not found (HTTP 404). Check the model's name, and the base URL where you set one."
    if status == 407:
        return "was kept back by the proxy (HTTP 407). Check HTTPS_PROXY, its user name and password."
    if status == 413:
        return "finds the prompt too large (HTTP 413). Shorten it, or choose a model with a longer context."
    return f"rejected the request (HTTP {status}). Check the model's name, the prompt's length and the parameters."


def _from_network(chain: list[BaseException], target: Target, call: Call) -> errors.BackendError:
    facts: errors.Facts = {"target": target, "status": call.attempt.status, "request_id": call.attempt.request_id}
    host = target.endpoint_host or "its endpoint"

    def has(*kinds: type) -> bool:
        return any(isinstance(link, kinds) for link in chain)

    if call.overdue:
        message = f"{target} used up the total time for one call. Ask for fewer tokens or raise LLMSELECT_DEADLINE_S."
        return errors.TimedOut(message, retryable=False, **facts)
    if has(httpx2.ConnectTimeout):
        message = (
            f"{target} could not be reached: {host} did not answer. Check the network, the proxy and the base URL."
        )
        return errors.TimedOut(message, **facts)
    if has(httpx2.TimeoutException):
        message = f"{target} sent nothing for the read timeout. Run the slot again, or raise LLMSELECT_READ_TIMEOUT_S."
        return errors.TimedOut(message, **facts)
    if has(httpx2.ConnectError):
        cause = _connect_cause(chain)
        why = _SAID.get(cause, cause)
        message = f"{target} could not be reached: {why} at {host}. Check the network, the proxy and the base URL."
        return errors.ProviderDown(message, cause=cause, retryable=cause != "untrusted certificate", **facts)
    if has(httpx2.ProxyError):
        message = f"{target} could not be reached: the proxy refused. Check HTTPS_PROXY, its user name and password."
        return errors.ProviderDown(message, retryable=False, **facts)
    if page := next((link for link in chain if isinstance(link, NotAnApi)), None):
        message = f"{target} answered with {page}, not with a model's answer. Check the base URL or the endpoint."
        return errors.ProviderDown(message, retryable=False, **facts)
    if has(httpx2.UnsupportedProtocol, httpx2.InvalidURL):
        return errors.ConfigError(f"{target} has a base URL that is not one. Write it as https://host/path.", **facts)
    message = f"{target} dropped the connection. What had arrived is kept: run the slot again for a whole answer."
    return errors.ProviderDown(message, **facts)


def _connect_cause(chain: list[BaseException]) -> errors.Cause:
    names = {type(link).__name__ for link in chain}
    if "gaierror" in names:
        return "no such host name"
    if any("SSL" in name for name in names):
        return "untrusted certificate"
    return "connection refused" if "ConnectionRefusedError" in names else "no connection"


def _from_event(exc: BaseException, target: Target, call: Call) -> errors.BackendError:
    """An error that came as data inside a successful stream, or data that the SDK could not read."""
    codes, words = said(getattr(exc, "body", None))
    codes |= {str(value) for name in ("type", "code", "status") if (value := getattr(exc, name, None))}
    facts: errors.Facts = {"target": target, "status": call.attempt.status, "request_id": call.attempt.request_id}
    if codes & _FILTERED:
        return _filtered(target, "error event", call.attempt.status, call.attempt.request_id)
    if codes & (_LIMITED | {"429"}):
        message = f"{target} has had too many requests (error event in the stream). Try again later.{words}"
        return errors.RateLimited(message, **facts)
    if codes - {"200"}:
        message = f"{target} failed while answering (error event in the stream). Run the slot again.{words}"
        return errors.ProviderDown(message, **facts)
    return errors.ProviderDown(_malformed(target), **facts)


def _malformed(target: Target) -> str:
    return f"{target} sent data that is not its protocol. Run the slot again; if it stays so, check the base URL."


def _filtered(target: Target, where: str, status: int | None, request_id: str | None) -> errors.ContentFiltered:
    message = f"{target}: the provider's safety filter blocked the prompt or the answer ({where}). Rephrase the prompt."
    return errors.ContentFiltered(message, target=target, status=status, request_id=request_id)
