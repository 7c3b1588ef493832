"""The only reader of the environment and of `.env`: everything an installation can set, checked once."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from . import redact
from .environment import Reader, dotenv
from .known_models import BUILT_IN, PROVIDERS, SEED

Wire = Literal["deployments", "v1", "anthropic"]

# The first generally available version that reports usage in streams and takes max_completion_tokens.
API_VERSION = "2024-10-21"
DATABASE_URL = "sqlite:///data/llmselect.db"

_WIRES = ("deployments", "v1", "anthropic")
# What Azure's pages offer for copying: whole call URLs and project URLs. The endpoint is what stands before these.
_PASTED = re.compile(r"/(openai(/(v1|deployments)(/.*)?)?|anthropic(/v1(/.*)?)?|api/projects(/.*)?)/*$")
_COMPATIBLE = re.compile(r"COMPATIBLE_(\w+)_(BASE_URL|API_KEY|MODELS)", re.ASCII)
_REF = re.compile(r"[a-z0-9][a-z0-9.-]*/[^\s=,]+")
_DEPLOYMENT = re.compile(r"(?:([a-z0-9]+):)?([A-Za-z0-9][\w.-]*)", re.ASCII)


@dataclass(frozen=True)
class Compatible:
    """A server that speaks OpenAI's protocol: Ollama, vLLM, LM Studio."""

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deployment:
    """Azure's name for a model, the wire forced on it or None, and the variable that says so."""

    name: str
    wire: Wire | None
    variable: str


@dataclass(frozen=True)
class Azure:
    """The Azure route. `enabled` is only where the toggle starts; `deployments` by `provider/model`."""

    enabled: bool = False
    endpoint: str | None = None
    key: str | None = field(default=None, repr=False)
    api_version: str = API_VERSION
    wire: Literal["auto", "openai", "native"] = "auto"
    deployments: Mapping[str, Deployment] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """What the environment and `.env` say. Times in seconds; no secret in the repr.

    `problems` are sentences for the page, one for each value that could not be used. `broken` gives, by provider or
    "azure", the one that keeps its models from being called: a mistyped base URL must not send prompts to the vendor.
    """

    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    base_urls: Mapping[str, str] = field(default_factory=dict)
    gemini_sdk: Literal["google-genai", "google-generativeai"] = "google-genai"
    compatible: Mapping[str, Compatible] = field(default_factory=dict)
    azure: Azure = Azure()
    local_models_dir: Path | None = None
    database_url: str = field(default=DATABASE_URL, repr=False)
    read_timeout_s: float = 60.0
    deadline_s: float = 600.0
    connect_timeout_s: float = 10.0
    simulated: bool = False
    problems: tuple[str, ...] = ()
    broken: Mapping[str, str] = field(default_factory=dict)


def load(environ: Mapping[str, str] = os.environ, dotenv_path: str | Path | None = ".env") -> Settings:
    """Settings from the environment, then from the file for what the environment leaves unset or empty.

    Never raises for what it finds there: a value that cannot be used counts as unset and becomes one of `problems`.
    """
    problems: list[str] = []
    file = dotenv(Path(dotenv_path), problems) if dotenv_path else {}
    read = Reader({**file, **{name: value for name, value in environ.items() if value.strip()}}, problems)
    broken: dict[str, str] = {}
    return Settings(
        keys=_keys(read, broken),
        base_urls=_base_urls(read, broken),
        gemini_sdk=read.choice("GEMINI_SDK", "google-genai", "google-generativeai"),
        compatible=_compatible(read, broken),
        azure=_azure(read, broken),
        local_models_dir=read.folder("LOCAL_MODELS_DIR"),
        database_url=_database_url(read),
        read_timeout_s=read.seconds("LLMSELECT_READ_TIMEOUT_S", Settings.read_timeout_s),
        deadline_s=read.seconds("LLMSELECT_DEADLINE_S", Settings.deadline_s),
        connect_timeout_s=read.seconds("LLMSELECT_CONNECT_TIMEOUT_S", Settings.connect_timeout_s),
        simulated=read.flag("LLMSELECT_SANDBOX"),
        problems=tuple(problems),
        broken=broken,
    )


def inherited() -> dict[str, str]:
    """A copy of the whole environment, to start a program with."""
    return dict(os.environ)


def _keys(read: Reader, broken: dict[str, str]) -> dict[str, str]:
    keys = {}
    for name, provider in PROVIDERS.items():
        found = [key for variable in provider.keys if (key := read.secret(variable))]
        if found:
            keys[name] = found[0]
        elif fault := read.fault(*provider.keys):
            broken[name] = fault
    return keys


def _base_urls(read: Reader, broken: dict[str, str]) -> dict[str, str]:
    urls = {}
    for name, provider in PROVIDERS.items():
        if url := read.url(provider.base_url):
            urls[name] = url
        elif fault := read.fault(provider.base_url):
            broken[name] = fault
    return urls


def _compatible(read: Reader, broken: dict[str, str]) -> dict[str, Compatible]:
    servers: dict[str, Compatible] = {}
    for variable in read.names("COMPATIBLE_"):
        found = _COMPATIBLE.fullmatch(variable)
        if not found:
            read.wrong(variable, "is not a known name: write COMPATIBLE_<NAME>_BASE_URL, _API_KEY or _MODELS")
            continue
        prefix, name = f"COMPATIBLE_{found[1]}", found[1].lower().replace("_", "-")
        if name in (*BUILT_IN, "azure"):
            read.wrong(variable, f"takes the name of the built-in provider {name}: choose another <NAME>")
        elif name not in servers and name not in broken:
            url, key = read.url(f"{prefix}_BASE_URL"), read.secret(f"{prefix}_API_KEY")
            if not read.text(f"{prefix}_BASE_URL"):
                read.wrong(f"{prefix}_BASE_URL", f"is not set, but {variable} is: write https://host[:port][/path]")
            if fault := read.fault(f"{prefix}_BASE_URL", f"{prefix}_API_KEY"):
                broken[name] = fault
            else:
                servers[name] = Compatible(url, key, tuple(dict.fromkeys(read.items(f"{prefix}_MODELS"))))
    return servers


def _azure(read: Reader, broken: dict[str, str]) -> Azure:
    azure = Azure(
        enabled=read.flag("USE_AZURE_FOUNDRY"),
        endpoint=read.url("AZURE_AI_FOUNDRY_ENDPOINT", cut=_PASTED),
        key=read.secret("AZURE_AI_FOUNDRY_KEY"),
        api_version=_api_version(read),
        wire=read.choice("AZURE_AI_FOUNDRY_WIRE", "auto", "openai", "native"),
        deployments=dict(_deployments(read)),
    )
    if fault := read.fault("AZURE_AI_FOUNDRY_ENDPOINT", "AZURE_AI_FOUNDRY_KEY"):
        broken["azure"] = fault
    return azure


def _api_version(read: Reader) -> str:
    name = "AZURE_AI_FOUNDRY_API_VERSION"
    version = read.matching(name, r"[\w.-]+$", API_VERSION, f"is not a version: write {API_VERSION}, for example")
    if re.match(r"\d{4}-", version) and version < "2024-09-01":
        read.wrong(name, f"is too old to count tokens in streams, so costs stay unknown: write {API_VERSION}")
    return version


def _database_url(read: Reader) -> str:
    name = "LLMSELECT_DATABASE_URL"
    url = read.text(name) or ""
    for password in re.findall(r"://[^@/:]*:(.+)@", url) + re.findall(r"[?&]password=([^&]+)", url):
        redact.register(password)
        redact.register(unquote(password))
    fault = "is not a database URL: write sqlite:///path or postgresql://user:password@host/database"
    return read.matching(name, r"(sqlite|postgresql)(\+\w+)?://", DATABASE_URL, fault)


def _deployments(read: Reader) -> Iterator[tuple[str, Deployment]]:
    """Later pairs win: a variable of its own beats the list."""
    listed = "AZURE_DEPLOYMENTS"
    for number, item in enumerate(read.items(listed), 1):
        ref, _, value = item.partition("=")
        if not _REF.fullmatch(ref) or ref.startswith("local/"):
            read.wrong(listed, f"item {number} is not understood: write provider/model=deployment,…")
        elif deployment := _deployment(read, listed, value, f"item {number} ({ref}) "):
            yield ref, deployment
    for variable in read.names("AZURE_DEPLOYMENT_"):
        if variable not in SEED.values():
            read.wrong(variable, "is not a known name: map the model with AZURE_DEPLOYMENTS=provider/model=deployment")
    for ref, variable in SEED.items():
        value = read.text(variable)
        if value and (deployment := _deployment(read, variable, value)):
            yield ref, deployment


def _deployment(read: Reader, variable: str, value: str, item: str = "") -> Deployment | None:
    found = _DEPLOYMENT.fullmatch(value)
    if not found:
        return read.wrong(variable, f"{item}is not a deployment's name: use letters, digits and . _ - only")
    if found[1] and found[1] not in _WIRES:
        return read.wrong(variable, f"{item}has an unknown prefix: write deployments:, v1: or anthropic:")
    return Deployment(found[2], found[1], variable)


def wire_for(ref: str, azure: Azure) -> Wire | None:
    """The way Azure serves `provider/model`: the mapping's prefix, else what the endpoint speaks; None: not offered."""
    mapped, provider = azure.deployments.get(ref), ref.partition("/")[0]
    if mapped and mapped.wire:
        return mapped.wire
    host = urlsplit(azure.endpoint or "").hostname or ""
    if azure.wire == "openai" or (azure.wire == "auto" and not host.endswith(".services.ai.azure.com")):
        return "deployments"
    return {"openai": "deployments", "anthropic": "anthropic", "gemini": None}.get(provider, "v1")
