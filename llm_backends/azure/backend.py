"""Azure AI Foundry: the client for each of the three wires that it serves models with."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ..formats import chat_completions, messages
from ..net.call import Call, Timeouts, current
from ..net.translation import exchange
from ..net.transport import client
from ..once import once
from ..settings.azure import USAGE_IN_STREAMS, serving
from ..types import Backend, ChatRequest, Delta, Finish, Target
from .failover import Failover
from .identity import SCOPES, token_provider

if TYPE_CHECKING:
    from anthropic import AnthropicFoundry
    from openai import OpenAI

    from ..settings.azure import Azure, Endpoint, Wire


class AzureBackend:
    """A deployment at one endpoint: `deployments` and `v1` speak chat completions, `anthropic` speaks messages."""

    def __init__(
        self, *, target: Target, azure: "Azure", endpoint: "Endpoint", wire: "Wire", timeouts: Timeouts
    ) -> None:
        self.target = target
        self._azure, self._endpoint, self._wire, self._timeouts = azure, endpoint, wire, timeouts

    def prepare(self) -> None:
        """Import the wire's SDK, build its client, and fetch a token where Entra ID is asked for one.

        Raises AuthError where none can be had.
        """
        _ = self._messages_sdk().messages if self._wire == "anthropic" else self._chat_sdk().chat.completions
        if self._scope:
            with current(Call()), exchange(self.target, self._timeouts):
                token_provider(self._scope)()

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """See Backend.stream."""
        call = (request, self.target, self._timeouts)
        if self._wire == "anthropic":
            return messages.stream(self._messages_sdk(), *call, access=self._access)
        usage = self._wire == "v1" or has_usage_in_streams(self._azure.api_version)
        return chat_completions.stream(self._chat_sdk(), *call, usage_in_streams=usage, access=self._access)

    @property
    def _scope(self) -> str | None:
        """The scope of the Entra tokens, None where a key is used."""
        return (self._azure.scope or SCOPES[self._wire]) if self._azure.auth == "entra" else None

    @property
    def _access(self) -> str:
        if self._scope:
            return (
                "It was a Microsoft Entra token: give the identity the role Cognitive Services User or Azure AI User "
                "on this resource; a new role takes some minutes."
            )
        return f"Check {self._endpoint.variable('KEY')}, and that it may use this model."

    @property
    def _key(self) -> str | None:
        return None if self._scope else self._endpoint.key

    def _chat_sdk(self) -> "OpenAI":
        version = None if self._wire == "v1" else self._azure.api_version
        return chat_sdk(self._endpoint.url, version, self._key, self._scope, self._timeouts)

    def _messages_sdk(self) -> "AnthropicFoundry":
        return messages_sdk(self._endpoint.url, self._key, self._scope, self._timeouts)


def deployed(*, target: Target, azure: "Azure", timeouts: Timeouts, only: str | None = None) -> Backend:
    """The backend of a mapped model, over all endpoints that offer it, or `only` the one of this name."""
    backends = {
        endpoint.url: AzureBackend(
            target=replace(target, endpoint_host=endpoint.host),
            azure=azure,
            endpoint=endpoint,
            wire=wire,
            timeouts=timeouts,
        )
        for endpoint, wire in serving(target.ref, azure, only)
    }
    return Failover(backends) if len(backends) > 1 else next(iter(backends.values()))


@once
def chat_sdk(url: str, api_version: str | None, key: str | None, scope: str | None, timeouts: Timeouts) -> "OpenAI":
    """The SDK's client for chat completions, one for all deployments of an endpoint: `v1` where there is no version.

    It sends the key, or tokens for the scope.
    """
    from openai import AzureOpenAI, OpenAI

    token, http, timeout = token_provider(scope) if scope else None, client(), timeouts.http()
    if api_version is None:
        v1 = f"{url}/openai/v1"
        return OpenAI(base_url=v1, api_key=token or key, http_client=http, timeout=timeout, max_retries=0)
    return AzureOpenAI(
        azure_endpoint=url,
        api_version=api_version,
        api_key=key,
        azure_ad_token_provider=token,
        http_client=http,
        timeout=timeout,
        max_retries=0,
    )


@once
def messages_sdk(url: str, key: str | None, scope: str | None, timeouts: Timeouts) -> "AnthropicFoundry":
    """The same for messages."""
    from anthropic import AnthropicFoundry

    logging.getLogger("anthropic").setLevel(logging.INFO)  # its debug log shows this client's key or token
    return AnthropicFoundry(
        base_url=f"{url}/anthropic",
        api_key=key,
        azure_ad_token_provider=token_provider(scope) if scope else None,
        http_client=client(),
        timeout=timeouts.http(),
        max_retries=0,
    )


def has_usage_in_streams(api_version: str) -> bool:
    """Whether this api-version of the deployments path counts tokens in streams; one without a date is a new one."""
    return not api_version[:4].isdigit() or api_version[:10] >= USAGE_IN_STREAMS
