"""Azure AI Foundry: the client for each of the three wires that it serves models with."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ..formats import chat_completions, messages
from ..net.call import Timeouts
from ..net.translation import exchange
from ..net.transport import client
from ..once import once
from ..settings.azure import USAGE_IN_STREAMS, serving
from ..types import Backend, ChatRequest, Delta, Finish, Target
from .failover import Failover
from .identity import SCOPES, token_provider

if TYPE_CHECKING:
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
        _ = self._sdk().messages if self._wire == "anthropic" else self._sdk().chat.completions
        if self._scope:
            with exchange(self.target, self._timeouts):
                token_provider(self._scope)()

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """See Backend.stream."""
        call = (self._sdk(), request, self.target, self._timeouts)
        if self._wire == "anthropic":
            return messages.stream(*call, access=self._access)
        usage = self._wire == "v1" or has_usage_in_streams(self._azure.api_version)
        return chat_completions.stream(*call, usage_in_streams=usage, access=self._access)

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

    def _sdk(self):
        key = None if self._scope else self._endpoint.key
        return sdk(self._wire, self._endpoint.url, key, self._scope, self._azure.api_version, self._timeouts)


def deployed(*, target: Target, azure: "Azure", timeouts: Timeouts) -> Backend:
    """The backend of a mapped model, over all endpoints that offer it."""
    backends = {
        endpoint.url: AzureBackend(
            target=replace(target, endpoint_host=endpoint.host),
            azure=azure,
            endpoint=endpoint,
            wire=wire,
            timeouts=timeouts,
        )
        for endpoint, wire in serving(target.ref, azure)
    }
    return Failover(backends) if len(backends) > 1 else next(iter(backends.values()))


@once
def sdk(wire: "Wire", url: str, key: str | None, scope: str | None, api_version: str, timeouts: Timeouts):
    """The wire's SDK client, one for all deployments of an endpoint. It sends the key, or tokens for the scope."""
    common = {"http_client": client(), "timeout": timeouts.http(), "max_retries": 0}
    token = token_provider(scope) if scope else None
    if wire == "v1":
        from openai import OpenAI

        return OpenAI(base_url=f"{url}/openai/v1", api_key=token or key, **common)
    common |= {"azure_ad_token_provider": token} if token else {"api_key": key}
    if wire == "anthropic":
        from anthropic import AnthropicFoundry

        logging.getLogger("anthropic").setLevel(logging.INFO)  # its debug log shows this client's key or token
        return AnthropicFoundry(base_url=f"{url}/anthropic", **common)
    from openai import AzureOpenAI

    return AzureOpenAI(azure_endpoint=url, api_version=api_version, **common)


def has_usage_in_streams(api_version: str) -> bool:
    """Whether this api-version of the deployments path counts tokens in streams; one without a date is a new one."""
    return not api_version[:4].isdigit() or api_version[:10] >= USAGE_IN_STREAMS
