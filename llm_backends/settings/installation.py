"""The only reader of the environment and of `.env`: everything an installation can set, checked once.

One exception: azure-identity looks for an identity in the environment by itself (see azure/identity.py).
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from .. import redact
from ..facts import PriceFault, Problem, VariableFault
from ..vendors import BUILT_IN, PROVIDERS
from .azure import Azure, azure_of
from .environment import Reader, dotenv
from .prices.prices import Prices
from .prices.reading import from_file, unusable

DATABASE_URL = "sqlite:///data/llmselect.db"

_COMPATIBLE = re.compile(r"COMPATIBLE_(\w+)_(BASE_URL|API_KEY|MODELS)", re.ASCII)


@dataclass(frozen=True)
class Compatible:
    """A server that speaks OpenAI's protocol: Ollama, vLLM, LM Studio."""

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """What the environment and `.env` say. Times in seconds; no secret in the repr.

    `problems` are the values that could not be used. `broken` gives, by provider or "azure", the one that keeps its
    models from being called: a mistyped base URL must not send prompts to the vendor.
    `sources` says of every variable that is set and in use where that is: ".env" or "the environment".
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
    max_attempts: int = 3
    simulated: bool = False
    prices: Prices = Prices()
    problems: tuple[Problem, ...] = ()
    broken: Mapping[str, VariableFault] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)


def load(environ: Mapping[str, str] = os.environ, dotenv_path: str | Path | None = ".env") -> Settings:
    """Settings from the environment, then from the file for what the environment leaves unset or empty.

    Never raises for what it finds there: a value that cannot be used counts as unset and becomes one of `problems`.
    """
    problems: list[Problem] = []
    file = dotenv(Path(dotenv_path), problems) if dotenv_path else {}
    outside = {name: value for name, value in environ.items() if value.strip()}
    read = Reader({**file, **outside}, problems)
    broken: dict[str, VariableFault] = {}
    found = Settings(
        keys=_keys(read, broken),
        base_urls=_base_urls(read, broken),
        gemini_sdk=read.choice("GEMINI_SDK", "google-genai", "google-generativeai"),
        compatible=_compatible(read, broken),
        azure=azure_of(read, broken),
        local_models_dir=read.folder("LOCAL_MODELS_DIR"),
        database_url=_database_url(read),
        read_timeout_s=read.seconds("LLMSELECT_READ_TIMEOUT_S", Settings.read_timeout_s),
        deadline_s=read.seconds("LLMSELECT_DEADLINE_S", Settings.deadline_s),
        connect_timeout_s=read.seconds("LLMSELECT_CONNECT_TIMEOUT_S", Settings.connect_timeout_s),
        max_attempts=read.count("LLMSELECT_MAX_ATTEMPTS", Settings.max_attempts),
        simulated=read.flag("LLMSELECT_SANDBOX"),
        prices=_prices(read),
        problems=tuple(problems),
        broken=broken,
    )
    sources = {name: "the environment" if name in outside else ".env" for name in sorted(read.used)}
    return replace(found, sources=sources)


def inherited() -> dict[str, str]:
    """A copy of the whole environment, to start a program with."""
    return dict(os.environ)


def _keys(read: Reader, broken: dict[str, VariableFault]) -> dict[str, str]:
    keys = {}
    for name, provider in PROVIDERS.items():
        found = [key for variable in provider.keys if (key := read.secret(variable))]
        if found:
            keys[name] = found[0]
        elif fault := read.fault(*provider.keys):
            broken[name] = fault
    return keys


def _base_urls(read: Reader, broken: dict[str, VariableFault]) -> dict[str, str]:
    urls = {}
    for name, provider in PROVIDERS.items():
        if url := read.url(provider.base_url):
            urls[name] = url
        elif fault := read.fault(provider.base_url):
            broken[name] = fault
    return urls


def _compatible(read: Reader, broken: dict[str, VariableFault]) -> dict[str, Compatible]:
    servers: dict[str, Compatible] = {}
    for variable in read.names("COMPATIBLE_"):
        found = _COMPATIBLE.fullmatch(variable)
        if not found:
            read.wrong(variable, "unknown server")
            continue
        prefix, name = f"COMPATIBLE_{found[1]}", found[1].lower().replace("_", "-")
        if name in (*BUILT_IN, "azure"):
            read.wrong(variable, "name taken", name)
        elif name not in servers and name not in broken:
            url, key = read.url(f"{prefix}_BASE_URL"), read.secret(f"{prefix}_API_KEY")
            if not read.text(f"{prefix}_BASE_URL"):
                read.wrong(f"{prefix}_BASE_URL", "address unset", variable)
            if fault := read.fault(f"{prefix}_BASE_URL", f"{prefix}_API_KEY"):
                broken[name] = fault
            elif url:
                servers[name] = Compatible(url, key, tuple(dict.fromkeys(read.items(f"{prefix}_MODELS"))))
    return servers


def _prices(read: Reader) -> Prices:
    name = "LLMSELECT_PRICES"
    if path := read.path(name):
        return from_file(name, path, read.problems)
    return unusable(PriceFault(name, "no file"), name, []) if read.fault(name) else Prices()


def _database_url(read: Reader) -> str:
    name = "LLMSELECT_DATABASE_URL"
    url = read.text(name) or ""
    for password in re.findall(r"://[^@/:]*:(.+)@", url) + re.findall(r"[?&]password=([^&]+)", url):
        redact.register(password)
        redact.register(unquote(password))
    return read.matching(name, r"(sqlite|postgresql)(\+\w+)?://", DATABASE_URL, "no database")
