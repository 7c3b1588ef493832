"""Which models exist, which are ready on each route and why the others are not; builds backends, SDKs imported late."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from ..errors import ConfigError
from ..facts import NotReady
from ..net.retries import Retries
from ..sentences import sentence
from ..settings import Settings
from ..settings.azure import MAPPED_BY
from ..slot import Slot
from ..types import Backend, ChatRequest, Effort, Message, Route, Target
from ..vendors import PROVIDERS
from . import readiness
from .known_models import current, newest_first
from .price_list import context_window
from .prices import price_per_mtok

if TYPE_CHECKING:
    from ..net.call import Timeouts

Toggle = Literal["direct", "azure"]
Source = Literal["built-in", "genai-prices", "provider", "local", "environment", "typed"]

# Every other provider speaks OpenAI's protocol.
_ADAPTERS = {
    "anthropic": ("anthropic", "AnthropicBackend"),
    "gemini": ("gemini", "GeminiBackend"),
    "mistral": ("mistral", "MistralBackend"),
}


@dataclass(frozen=True)
class ModelEntry:
    """One model on one route. Prices in USD for a million tokens; None: unknown.

    `why_not` is what keeps it from being called, None where `ready`; sentences.py says it in English. `source` says how
    the model came to be listed.
    """

    ref: str
    provider: str
    model: str
    name: str
    context_window: int | None
    input_usd_per_mtok: float | None
    output_usd_per_mtok: float | None
    price_source: str | None
    route: Route
    deployment: str | None
    ready: bool
    why_not: NotReady | None
    source: Source


class Catalog:
    """The models of these settings. Safe to use from several threads at once; only `listed` uses the network."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._listed: dict[str, tuple[str, ...]] = {}
        self._backends: dict[tuple[str, Route, str | None], Backend] = {}
        self._lock = Lock()

    def models(self, route: Toggle, endpoint: str | None = None) -> tuple[ModelEntry, ...]:
        """Every known model: by provider, the newest first. Local models are the same on both routes.

        `endpoint` names the only one of Azure's endpoints that they may be called at.
        """
        return tuple(self._entry(ref, route, source, endpoint) for ref, source in self._sources(route).items())

    def entry(self, ref: str, route: Toggle, endpoint: str | None = None) -> ModelEntry:
        """The entry of any `provider/model`, known or not; a malformed one comes back as not ready."""
        ref = _tidy(ref)
        return self._entry(ref, route, self._sources(route).get(ref, "typed"), endpoint)

    def sees_socket(self, provider: str, route: Route) -> bool:
        """Whether calls go over our own transport: google-generativeai's go over one of its own."""
        return provider != "gemini" or route != "direct" or self.settings.gemini_sdk == "google-genai"

    def backend(self, ref: str, route: Toggle, endpoint: str | None = None) -> Backend:
        """The model's backend, built once and shared. One that is not ready says why when it is asked.

        It has all of the model's Azure endpoints to fail over to, or the one that is named.
        """
        entry = self.entry(ref, route, endpoint)
        target = self._target(entry.provider, entry.model, entry.route, entry.deployment)
        if entry.why_not:
            from ..providers.refused import Refused

            return Refused(target=target, reason=entry.why_not)
        with self._lock:
            key = (entry.ref, entry.route, endpoint)
            if key not in self._backends:
                self._backends[key] = self._build(target, endpoint)
            return self._backends[key]

    def slot(
        self,
        ref: str,
        route: Toggle,
        messages: Sequence[Message],
        *,
        max_tokens: int = 1024,
        temperature: float | None = None,
        stream: bool = True,
        top_p: float | None = None,
        stop: Sequence[str] = (),
        seed: int | None = None,
        reasoning_effort: Effort | None = None,
    ) -> Slot:
        """A place in a race: the model's backend, and the request under the name that its endpoint knows it by."""
        backend = self.backend(ref, route)
        model = backend.target.deployment or backend.target.model
        request = ChatRequest(
            model, tuple(messages), max_tokens, temperature, stream, top_p, tuple(stop), seed, reasoning_effort
        )
        return Slot(backend, request, Retries(attempts=self.settings.max_attempts), self.settings.prices)

    def listed(self, provider: str) -> tuple[str, ...]:
        """Ask the provider now for its chat models, keep them for `models`, and return their ids.

        Raises BackendError: ConfigError where its key is missing, else whatever the call ended with.
        """
        from .provider_lists import fetch

        if provider == "local":
            return readiness.local_models(self.settings)
        target = self._target(provider, "models", "direct")
        if why_not := readiness.direct(self.settings, target.ref):
            raise ConfigError(sentence(why_not), target=target)
        base_url, api_key = self._access(provider)
        found = fetch(target, base_url, api_key, self._timeouts())
        self._listed[provider] = found
        return found

    def _sources(self, route: Toggle) -> dict[str, Source]:
        """Every known ref, in order, with how it came to be known."""
        settings, listed = self.settings, dict(self._listed)
        found: dict[str, Source] = dict.fromkeys(settings.azure.deployments if route == "azure" else (), "environment")
        for provider in PROVIDERS:
            found |= dict.fromkeys((f"{provider}/{model}" for model in listed.get(provider, ())), "provider")
            found |= dict.fromkeys((f"{provider}/{model}" for model in current(provider)), "genai-prices")
        found |= dict.fromkeys(MAPPED_BY, "built-in")
        order = [ref for own in PROVIDERS for ref in newest_first(ref for ref in found if ref.startswith(f"{own}/"))]
        order += [f"local/{model}" for model in readiness.local_models(settings)]
        for provider, server in settings.compatible.items():
            found |= dict.fromkeys((f"{provider}/{model}" for model in listed.get(provider, ())), "provider")
            found |= dict.fromkeys((f"{provider}/{model}" for model in server.models), "environment")
        return {ref: found.get(ref, "local") for ref in dict.fromkeys([*order, *found])}

    def _entry(self, ref: str, route: Route, source: Source, endpoint: str | None = None) -> ModelEntry:
        provider, _, model = ref.partition("/")
        at = "local" if provider == "local" else route
        deployment = self.settings.azure.deployments.get(ref) if at == "azure" else None
        why_not = readiness.why_not(self.settings, provider, model, at, endpoint)
        price = price_per_mtok(provider, model, at, self.settings.prices)
        return ModelEntry(
            ref=ref,
            provider=provider,
            model=model,
            name=model,
            context_window=context_window(provider, model),
            input_usd_per_mtok=price.input_usd,
            output_usd_per_mtok=price.output_usd,
            price_source=price.said,
            route=at,
            deployment=deployment.name if deployment else None,
            ready=why_not is None,
            why_not=why_not,
            source=source,
        )

    def _target(self, provider: str, model: str, route: Route, deployment: str | None = None) -> Target:
        vendor = PROVIDERS[provider].host if provider in PROVIDERS else None
        base_url = self.settings.azure.endpoint if route == "azure" else self._access(provider)[0]
        host = urlsplit(base_url).netloc if base_url else vendor if route == "direct" else None
        return Target(provider, model, route, host, deployment, self.settings.simulated and route != "local")

    def _access(self, provider: str) -> tuple[str | None, str | None]:
        if server := self.settings.compatible.get(provider):
            return server.base_url, server.api_key
        return self.settings.base_urls.get(provider), self.settings.keys.get(provider)

    def _timeouts(self) -> "Timeouts":
        from ..net.call import Timeouts

        return Timeouts(self.settings.connect_timeout_s, self.settings.read_timeout_s, self.settings.deadline_s)

    def _build(self, target: Target, endpoint: str | None) -> Backend:
        settings, timeouts = self.settings, self._timeouts()
        if target.route == "local":
            from ..providers.local import LocalBackend

            path = readiness.local_path(settings, target.model)
            if path is None:
                raise ConfigError(f"There is no model {target.ref} any more.", target=target)
            return LocalBackend(path=path, target=target, timeouts=timeouts)
        if target.route == "azure":
            from ..azure.backend import deployed

            return deployed(azure=settings.azure, target=target, timeouts=timeouts, only=endpoint)
        module, name = _ADAPTERS.get(target.provider, ("openai", "OpenAIBackend"))
        if target.provider == "gemini" and settings.gemini_sdk == "google-generativeai":
            module, name = "gemini_legacy", "GeminiLegacyBackend"
        base_url, api_key = self._access(target.provider)
        adapter = getattr(import_module(f"..providers.{module}", __package__), name)
        backend: Backend = adapter(base_url=base_url, api_key=api_key, target=target, timeouts=timeouts)
        return backend


def _tidy(ref: str) -> str:
    """A ref as it may be stored and shown; one without a slash or with unprintable characters names no model."""
    provider, _, model = ref.strip()[:200].partition("/")
    return f"{provider.lower()}/{model}" if f"{provider}{model}".isprintable() else "/"
