"""Anthropic through its SDK."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..formats import messages
from ..net.call import Timeouts
from ..net.transport import client
from ..once import once
from ..types import ChatRequest, Delta, Finish, Target

if TYPE_CHECKING:
    from anthropic import Anthropic

DEFAULT_URL = "https://api.anthropic.com"


class AnthropicBackend:
    """A Claude model at `base_url`, Anthropic's own where None."""

    def __init__(self, *, target: Target, base_url: str | None, api_key: str, timeouts: Timeouts) -> None:
        self.target = target
        self._base_url, self._api_key, self._timeouts = base_url, api_key, timeouts

    def prepare(self) -> None:
        """Import the SDK and build its client."""
        _ = self._sdk().messages

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """See Backend.stream."""
        return messages.stream(self._sdk(), request, self.target, self._timeouts)

    def _sdk(self) -> "Anthropic":
        return sdk(self._base_url or DEFAULT_URL, self._api_key, self._timeouts)


@once
def sdk(base_url: str, api_key: str, timeouts: Timeouts) -> "Anthropic":
    """The SDK's client, one for all models of an endpoint."""
    from anthropic import Anthropic

    return Anthropic(base_url=base_url, api_key=api_key, http_client=client(), timeout=timeouts.http(), max_retries=0)
