"""Microsoft Entra ID in place of a key: tokens for the identity that this process runs as.

azure-identity finds that identity by itself, reading the environment: a service principal, a workload or managed
identity, or whoever signed in with `az login`. None of its variables is a setting of ours.
"""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, Any

from ..errors import AuthError
from ..facts import Tried
from ..net.call import current_call
from ..once import once
from ..redact import hide, register
from ..sentences import no_token
from ..settings.azure import Wire

if TYPE_CHECKING:
    from azure.identity import DefaultAzureCredential

SCOPES: dict[Wire, str] = {
    "deployments": "https://cognitiveservices.azure.com/.default",
    "v1": "https://ai.azure.com/.default",
    "anthropic": "https://ai.azure.com/.default",
}
# What is not tried: it would open a window, or start a slow program that hardly any machine has.
_LEFT_OUT = ("interactive_browser", "broker", "shared_token_cache", "visual_studio_code", "powershell", "developer_cli")
# What is tried, in azure-identity's order.
_IDENTITIES = ("Environment", "WorkloadIdentity", "ManagedIdentity", "AzureCli")
_tried: ContextVar[list[Tried]] = ContextVar("tried")


@once
def token_provider(scope: str) -> Callable[[], str]:
    """A function that returns a token for this scope, kept until 5 minutes before it ends; one for the process.

    It raises AuthError for the target of the thread's call, and takes seconds where the identity answers slowly.
    """
    from azure.core.exceptions import AzureError
    from azure.identity import get_bearer_token_provider

    fetch, lock = get_bearer_token_provider(_credential(), scope), Lock()

    def token() -> str:
        with lock:  # eight slots that start together need one token, not eight
            _tried.set([])
            try:
                found = fetch()
            except AzureError as exc:
                call = current_call()
                target = call.target if call else None
                message = f"No Microsoft Entra token could be had for {target or scope}. {no_token(_tried.get())}"
                raise AuthError(message, target=target) from exc
        register(found)
        return found

    return token


@once
def _credential() -> "DefaultAzureCredential":
    from azure.identity import DefaultAzureCredential

    # It logs each failure with the identity provider's whole answer; the analyst is told what matters of it.
    for name in ("azure", "msal"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    chain = DefaultAzureCredential(**{f"exclude_{name}_credential": True for name in _LEFT_OUT})
    noted: Any = tuple(_Noted(*pair) for pair in zip(_IDENTITIES, chain.credentials, strict=True))
    chain.credentials = noted
    return chain


class _Noted:
    """One identity of azure-identity's chain, which notes how it ended without a token."""

    def __init__(self, identity: str, credential: Any) -> None:
        self._identity, self._credential = identity, credential

    def get_token_info(self, *scopes: str, options: Any = None) -> Any:
        """See azure.core.credentials.SupportsTokenInfo."""
        try:
            return self._credential.get_token_info(*scopes, options=options)
        except Exception as exc:
            said = None if self._is_absent(exc) else hide(str(exc).partition("\n")[0])[:200]
            _tried.get().append(Tried(self._identity, said))
            raise

    def _is_absent(self, exc: Exception) -> bool:
        """Whether there is no such identity here at all: nothing of it in the environment, or nobody who answers."""
        from azure.identity import CredentialUnavailableError

        if not isinstance(exc, CredentialUnavailableError) or self._identity == "AzureCli":
            return False
        return self._identity != "ManagedIdentity" or exc.__cause__ is not None
