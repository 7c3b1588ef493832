"""Asks a provider which models it has: one plain GET, the same for all but in path, key header and the list's shape."""

from typing import Any

from ..errors import ProviderDown
from ..net.call import Call, Timeouts, current
from ..net.translation import exchange
from ..net.transport import client
from ..types import Target
from ..vendors import PROVIDERS
from .known_models import is_chat

# Below the base URL, all models on one page. Mistral and everything else answer as OpenAI does.
_GOOGLE = "/v1beta/models?pageSize=1000"
_ANTHROPIC = "/v1/models?limit=1000"


def fetch(target: Target, base_url: str | None, api_key: str | None, timeouts: Timeouts) -> tuple[str, ...]:
    """The ids of the provider's chat models, in its own order. Raises BackendError."""
    url, headers = _request(target.provider, base_url, api_key)
    with current(Call()), exchange(target, timeouts):
        response = client().get(url, headers=headers, timeout=timeouts.http())
        response.raise_for_status()
        body = response.json()
    try:
        found = [_id(item) for item in body["models" if target.provider == "gemini" else "data"] if _chats(item)]
    except (KeyError, TypeError, AttributeError) as exc:
        raise ProviderDown(f"{target} answered with something else than a list of models.", target=target) from exc
    return tuple(dict.fromkeys(model for model in found if is_chat(model) or target.provider not in PROVIDERS))


def _request(provider: str, base_url: str | None, api_key: str | None) -> tuple[str, dict[str, str]]:
    base = base_url or f"https://{PROVIDERS[provider].host}"
    if provider == "gemini":
        return base + _GOOGLE, {"x-goog-api-key": str(api_key)}
    if provider == "anthropic":
        return base + _ANTHROPIC, {"x-api-key": str(api_key), "anthropic-version": "2023-06-01"}
    versioned = base if base_url and provider != "mistral" else f"{base}/v1"
    return f"{versioned}/models", {"Authorization": f"Bearer {api_key}"} if api_key else {}


def _id(item: dict[str, Any]) -> str:
    return str(item.get("id") or item["name"].removeprefix("models/"))


def _chats(item: dict[str, Any]) -> bool:
    """What the item itself says: Google lists methods, Mistral capabilities, the others nothing."""
    capable = item.get("capabilities")
    mistral_chats = capable.get("completion_chat", True) if isinstance(capable, dict) else True
    return mistral_chats and "generateContent" in item.get("supportedGenerationMethods", ["generateContent"])
