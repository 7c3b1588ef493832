"""What is chosen on the Settings page, laid over what the environment and `.env` say."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from .. import redact
from ..vendors import PROVIDERS
from .azure import NAME, REF, WIRES, Deployment
from .environment import LONGEST_S, MOST_ATTEMPTS, key_fault
from .installation import Settings

PAGE = "Settings page"
DEPLOYMENT = "deployment "


@dataclass(frozen=True)
class Bounds:
    """A number's type and the least and most that it may be."""

    type: type[int] | type[float]
    least: float
    most: float


# The limits, and the variable that sets each where nothing is chosen.
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


def defaults(choices: Mapping[str, Any]) -> Defaults:
    """The chosen defaults, without those that cannot be used."""
    usable = _usable(choices)
    return Defaults(**{field.name: usable[field.name] for field in fields(Defaults) if field.name in usable})


def applied(settings: Settings, choices: Mapping[str, Any], keys: Mapping[str, str]) -> Settings:
    """The settings under these choices and with these keys, by provider or "azure", before the environment's own.

    A choice that cannot be used is left out and becomes one of `problems`, one that this version does not know is left
    alone. Every key is hidden from texts from now on.
    """
    usable = _usable(choices)
    faults = [told for name, value in choices.items() if _known(name) and (told := fault(name, value))]
    chosen = {
        name.removeprefix(DEPLOYMENT): Deployment(value["name"], value.get("wire"), PAGE)
        for name, value in usable.items()
        if name.startswith(DEPLOYMENT)
    }
    azure = replace(settings.azure, deployments={**settings.azure.deployments, **chosen})
    return _with_keys(
        replace(
            settings,
            azure=azure,
            problems=(*settings.problems, *(f"{PAGE}: {told}" for told in faults)),
            **{name: usable[name] for name in VARIABLES if name in usable},
        ),
        keys,
    )


def _with_keys(settings: Settings, keys: Mapping[str, str]) -> Settings:
    """A key takes the place of the environment's, a broken one's too; never that of a broken address."""
    for key in keys.values():
        redact.register(key)
    azure = replace(settings.azure, key=keys.get("azure", settings.azure.key))
    variables = {name: provider.keys for name, provider in PROVIDERS.items()} | {"azure": ("AZURE_AI_FOUNDRY_KEY",)}
    mended = {name for name in keys if settings.broken.get(name, "").partition(" ")[0] in variables.get(name, ())}
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


def fault(name: str, value: Any) -> str | None:
    """What keeps this choice from being used and what to choose instead, in one sentence; None where nothing does."""
    if name.startswith(DEPLOYMENT):
        return _deployment_fault(name.removeprefix(DEPLOYMENT), value)
    if name == "stream":
        return None if isinstance(value, bool) else "stream must be true or false."
    if name not in BOUNDS:
        return f"{name[:80]} is not known to this version."
    bounds = BOUNDS[name]
    number = isinstance(value, int if bounds.type is int else int | float) and not isinstance(value, bool)
    if number and bounds.least <= value <= bounds.most:
        return None
    return f"{name} must be a number from {bounds.least:,g} to {bounds.most:,.0f}."


def _deployment_fault(ref: str, value: Any) -> str | None:
    if not REF.fullmatch(ref) or ref.startswith("local/"):
        return f"{ref[:80]} is not a model to map: write provider/model, for example openai/gpt-4o."
    name = value.get("name") if isinstance(value, Mapping) else None
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return f"{ref} needs a deployment's name: use letters, digits and . _ - only."
    if value.get("wire") not in (None, *WIRES):
        return f"{ref} has an unknown wire: choose auto, {', '.join(WIRES[:-1])} or {WIRES[-1]}."
    return None


def refused_key(key: str) -> str | None:
    """What keeps a typed key from being taken, in one sentence; None where nothing does. The key is not quoted."""
    redact.register(key)
    return (told := key_fault(key)) and f"What was typed {told}."


def _known(name: str) -> bool:
    return name.startswith(DEPLOYMENT) or name in BOUNDS or name == "stream"


def _usable(choices: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: BOUNDS[name].type(value) if name in BOUNDS else value
        for name, value in choices.items()
        if fault(name, value) is None
    }
