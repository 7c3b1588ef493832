"""The preferences of the Settings page, laid over what the environment and `.env` say."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from .. import redact
from ..facts import PreferenceFault, PriceFault
from ..vendors import PROVIDERS
from .azure import NAME, REF, WIRES, Deployment
from .environment import LONGEST_S, MOST_ATTEMPTS, is_key
from .installation import Settings
from .prices import kept
from .prices.kept import PRICE

PAGE = kept.PAGE
DEPLOYMENT = "deployment "


@dataclass(frozen=True)
class Bounds:
    """A number's type and the least and most that it may be."""

    type: type[int] | type[float]
    least: float
    most: float


# The limits, and the variable that sets each where no preference does.
VARIABLES = {
    "deadline_s": "LLMSELECT_DEADLINE_S",
    "read_timeout_s": "LLMSELECT_READ_TIMEOUT_S",
    "max_attempts": "LLMSELECT_MAX_ATTEMPTS",
}
BOUNDS = {
    "deadline_s": Bounds(float, 0.1, LONGEST_S),
    "read_timeout_s": Bounds(float, 0.1, LONGEST_S),
    "max_attempts": Bounds(int, 1, MOST_ATTEMPTS),
    "temperature": Bounds(float, 0, 2),
    "max_tokens": Bounds(int, 1, 1_000_000),
}


@dataclass(frozen=True)
class Defaults:
    """What a new session's comparisons start with; temperature None leaves the provider's."""

    temperature: float | None = None
    max_tokens: int = 1024
    stream: bool = True


def defaults(preferences: Mapping[str, Any]) -> Defaults:
    """What the preferences make of them, without those that cannot be used."""
    usable = _usable(preferences)
    return Defaults(**{field.name: usable[field.name] for field in fields(Defaults) if field.name in usable})


def applied(settings: Settings, preferences: Mapping[str, Any], keys: Mapping[str, str]) -> Settings:
    """The settings under these preferences and with these keys, by provider or "azure", before the environment's own.

    A preference that cannot be used is left out and becomes one of `problems`, one that this version does not know is
    left alone. Every key is hidden from texts from now on.
    """
    usable = _usable(preferences)
    faults = [found for name, value in preferences.items() if _known(name) and (found := fault(name, value))]
    mapped = {
        name.removeprefix(DEPLOYMENT): Deployment(value["name"], value.get("wire"), PAGE)
        for name, value in usable.items()
        if name.startswith(DEPLOYMENT)
    }
    azure = replace(settings.azure, deployments={**settings.azure.deployments, **mapped})
    rows = [kept.row(name, value) for name, value in preferences.items() if name.startswith(PRICE)]
    return _with_keys(
        replace(
            settings,
            azure=azure,
            prices=settings.prices.under(rows),
            problems=(*settings.problems, *faults),
            **{name: usable[name] for name in VARIABLES if name in usable},
        ),
        keys,
    )


def _with_keys(settings: Settings, keys: Mapping[str, str]) -> Settings:
    """A key takes the place of the environment's, a broken one's too; never that of a broken address."""
    for key in keys.values():
        redact.register(key)
    azure = replace(settings.azure, key=keys.get("azure", settings.azure.key))
    mended = {
        name for name in keys if name in settings.broken and settings.broken[name].variable in key_variables(name)
    }
    return replace(
        settings,
        azure=azure,
        keys={**settings.keys, **{name: key for name, key in keys.items() if name in PROVIDERS}},
        compatible={
            name: replace(server, api_key=keys.get(name, server.api_key))
            for name, server in settings.compatible.items()
        },
        broken={name: told for name, told in settings.broken.items() if name not in mended},
    )


def key_variables(provider: str) -> tuple[str, ...]:
    """The variables of a key that one typed on the Settings page can replace, by provider or "azure"."""
    if provider == "azure":
        return ("AZURE_AI_FOUNDRY_KEY",)
    return PROVIDERS[provider].keys if provider in PROVIDERS else ()


def fault(name: str, value: Any) -> PreferenceFault | PriceFault | None:
    """What keeps this preference from being used; None where nothing does."""
    if name.startswith(PRICE):
        return kept.row(name, value).fault
    if name.startswith(DEPLOYMENT):
        return _deployment_fault(name.removeprefix(DEPLOYMENT), value)
    if name == "stream":
        return None if isinstance(value, bool) else PreferenceFault(name, "no flag")
    if name not in BOUNDS:
        return PreferenceFault(name, "unknown")
    bounds = BOUNDS[name]
    number = isinstance(value, int if bounds.type is int else int | float) and not isinstance(value, bool)
    if number and bounds.least <= value <= bounds.most:
        return None
    return PreferenceFault(name, "out of bounds", bounds=(bounds.least, bounds.most))


def _deployment_fault(ref: str, value: Any) -> PreferenceFault | None:
    if not REF.fullmatch(ref) or ref.startswith("local/"):
        return PreferenceFault(ref, "no model")
    name = value.get("name") if isinstance(value, Mapping) else None
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return PreferenceFault(ref, "no deployment")
    if value.get("wire") not in (None, *WIRES):
        return PreferenceFault(ref, "unknown wire", choices=WIRES)
    return None


def refused_key(key: str) -> PreferenceFault | None:
    """What keeps a typed key from being taken; None where nothing does. The key is not kept."""
    redact.register(key)
    return None if is_key(key) else PreferenceFault("key", "no key")


def _known(name: str) -> bool:
    return name.startswith((DEPLOYMENT, PRICE)) or name in BOUNDS or name == "stream"


def _usable(preferences: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: BOUNDS[name].type(value) if name in BOUNDS else value
        for name, value in preferences.items()
        if fault(name, value) is None
    }
