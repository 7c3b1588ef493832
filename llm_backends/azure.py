"""Azure AI Foundry: the client for each of the three wires that it serves models with."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .call import Timeouts
from .once import once
from .transport import client
from .types import ChatRequest, Delta, Finish, Target
from .wires import chat_completions, messages

if TYPE_CHECKING:
    from .settings import Azure, Wire

# The api-version that brought `stream_options` (Azure's API lifecycle notes): an older one refuses to be asked.
USAGE_IN_STREAMS = "2024-09-01"


class AzureBackend:
    """A deployment on one wire: `deployments` and `v1` speak chat completions, `anthropic` speaks messages."""

    def __init__(self, *, target: Target, azure: "Azure", wire: "Wire", timeouts: Timeouts) -> None:
        self.target = target
        self._azure, self._wire, self._timeouts = azure, wire, timeouts

    def prepare(self) -> None:
        """Import the wire's SDK and build its client."""
        _ = self._sdk().messages if self._wire == "anthropic" else self._sdk().chat.completions

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """See Backend.stream."""
        if self._wire == "anthropic":
            return messages.stream(self._sdk(), request, self.target, self._timeouts)
        usage = self._wire == "v1" or has_usage_in_streams(self._azure.api_version)
        return chat_completions.stream(self._sdk(), request, self.target, self._timeouts, usage_in_streams=usage)

    def _sdk(self):
        azure = self._azure
        return sdk(self._wire, azure.endpoint, azure.key, azure.api_version, self._timeouts)


@once
def sdk(wire: "Wire", endpoint: str, key: str, api_version: str, timeouts: Timeouts):
    """The wire's SDK client, one for all deployments of an endpoint."""
    common = {"api_key": key, "http_client": client(), "timeout": timeouts.http(), "max_retries": 0}
    if wire == "anthropic":
        from anthropic import AnthropicFoundry

        return AnthropicFoundry(base_url=f"{endpoint}/anthropic", **common)
    if wire == "v1":
        from openai import OpenAI

        return OpenAI(base_url=f"{endpoint}/openai/v1", **common)
    from openai import AzureOpenAI

    return AzureOpenAI(azure_endpoint=endpoint, api_version=api_version, **common)


def has_usage_in_streams(api_version: str) -> bool:
    """Whether this api-version of the deployments path counts tokens in streams; one without a date is a new one."""
    return not api_version[:4].isdigit() or api_version[:10] >= USAGE_IN_STREAMS
