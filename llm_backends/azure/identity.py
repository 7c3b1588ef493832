"""Microsoft Entra ID in place of a key: tokens for the identity that this process runs as.

azure-identity finds that identity by itself, reading the environment: a service principal, a workload or managed
identity, or whoever signed in with `az login`. None of its variables is a setting of ours.
"""

import logging
import re
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from ..once import once
from ..redact import hide, register
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
_TRIED = re.compile(r"^\s*(Environment|WorkloadIdentity|ManagedIdentity|AzureCli)Credential: (.*)$", re.MULTILINE)


@once
def token_provider(scope: str) -> Callable[[], str]:
    """A function that returns a token for this scope, kept until 5 minutes before it ends; one for the process.

    It raises azure.core's ClientAuthenticationError, and takes seconds where the identity answers slowly.
    """
    from azure.identity import get_bearer_token_provider

    fetch, lock = get_bearer_token_provider(_credential(), scope), Lock()

    def token() -> str:
        with lock:  # eight slots that start together need one token, not eight
            found = fetch()
        register(found)
        return found

    return token


@once
def _credential() -> "DefaultAzureCredential":
    from azure.identity import DefaultAzureCredential

    # It logs each failure with the identity provider's whole answer; the analyst is told what matters of it.
    for name in ("azure", "msal"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return DefaultAzureCredential(**{f"exclude_{name}_credential": True for name in _LEFT_OUT})


def why_no_token(exc: BaseException) -> str:
    """What was tried and how it ended, in short, and what to do."""
    tried = ((name, "none" if " unavailable" in said else said[:200]) for name, said in _TRIED.findall(str(exc)))
    said = "; ".join(f"{name}: {how}" for name, how in tried) or type(exc).__name__
    return (
        "Sign in with `az login`, or give this machine a managed identity or a service principal (AZURE_TENANT_ID, "
        f"AZURE_CLIENT_ID, AZURE_CLIENT_SECRET in the environment), and check its clock. Tried: {hide(said)}"
    )
