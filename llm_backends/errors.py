"""The error tree: everything that can go wrong with a call, named for what the analyst does next.

BackendError(target, status, request_id)
  ConfigError       key, endpoint, deployment or package missing; raised before any request
  AuthError         401, 403, token refused
  RateLimited       429, with retry_after
  RequestRejected   other 4xx: model name, context length
  ContentFiltered   blocked by the provider's safety filter
  ProviderDown      5xx, refused, dropped, malformed
  Truncated         the stream ended without a finish reason
  TimedOut          no data within the read timeout, or the total deadline passed
"""

from typing import Literal, TypedDict, Unpack

from .types import Target

Cause = Literal["no such host name", "untrusted certificate", "connection refused", "no connection"]


class Facts(TypedDict, total=False):
    """What is known of a failed call besides the message; see BackendError."""

    target: Target | None
    status: int | None
    request_id: str | None


class BackendError(Exception):
    """A call that failed. The message is written for the analyst and holds no key, header or URL query.

    `status` is the HTTP status or None; `request_id` the provider's id for the call or None. `retryable`: whether the
    same call may well succeed a little later; each class has its default. `elsewhere`: whether another endpoint may
    serve it now; by default as `retryable`.
    """

    retryable = False

    def __init__(
        self,
        message: str,
        *,
        target: Target | None = None,
        status: int | None = None,
        request_id: str | None = None,
        retryable: bool | None = None,
        elsewhere: bool | None = None,
    ):
        super().__init__(message)
        self.target, self.status, self.request_id = target, status, request_id
        if retryable is not None:
            self.retryable = retryable
        self.elsewhere = self.retryable if elsewhere is None else elsewhere


class ConfigError(BackendError):
    """Something the call needs is not configured: a key, an endpoint, a deployment, a package."""


class AuthError(BackendError):
    """The endpoint refused the credential."""


class RateLimited(BackendError):
    """Too many requests. `retry_after` is the wait the provider asked for, in seconds, or None."""

    retryable = True

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        retryable: bool | None = None,
        elsewhere: bool | None = None,
        **facts: Unpack[Facts],
    ):
        super().__init__(message, retryable=retryable, elsewhere=elsewhere, **facts)
        self.retry_after = retry_after


class RequestRejected(BackendError):
    """The endpoint understood the request and will not serve it: unknown model, too long, bad parameter."""


class ContentFiltered(BackendError):
    """The provider's safety filter blocked the prompt or the answer."""


class ProviderDown(BackendError):
    """The provider failed: 5xx, refused or dropped connection, or an answer that is not its protocol.

    `cause` is why no connection could be opened, None where one was.
    """

    retryable = True

    def __init__(
        self,
        message: str,
        *,
        cause: Cause | None = None,
        retryable: bool | None = None,
        elsewhere: bool | None = None,
        **facts: Unpack[Facts],
    ):
        super().__init__(message, retryable=retryable, elsewhere=elsewhere, **facts)
        self.cause = cause


class Truncated(BackendError):
    """The stream ended cleanly but without a finish reason: the answer is cut off."""

    retryable = True


class TimedOut(BackendError):
    """No data within the read timeout, or the total deadline passed."""

    retryable = True
