"""OpenAI, and every server that speaks its chat completions, through the openai SDK."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..formats import chat_completions
from ..net.call import Timeouts
from ..net.transport import client
from ..once import once
from ..types import ChatRequest, Delta, Finish, Target

if TYPE_CHECKING:
    from openai import OpenAI

DEFAULT_URL = "https://api.openai.com/v1"


class OpenAIBackend:
    """A model at `base_url`, OpenAI's own where None. `api_key` may be None for a server that wants none."""

    def __init__(self, *, target: Target, base_url: str | None, api_key: str | None, timeouts: Timeouts) -> None:
        self.target = target
        self._base_url, self._api_key, self._timeouts = base_url, api_key, timeouts

    def prepare(self) -> None:
        """Import the SDK and build its client."""
        _ = self._sdk().chat.completions

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """See Backend.stream."""
        return chat_completions.stream(self._sdk(), request, self.target, self._timeouts)

    def _sdk(self) -> "OpenAI":
        return sdk(self._base_url or DEFAULT_URL, self._api_key or "none", self._timeouts)


@once
def sdk(base_url: str, api_key: str, timeouts: Timeouts) -> "OpenAI":
    """The SDK's client, one for all models of an endpoint."""
    from openai import OpenAI

    return OpenAI(base_url=base_url, api_key=api_key, http_client=client(), timeout=timeouts.http(), max_retries=0)
