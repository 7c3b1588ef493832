"""What an installation can set for Azure AI Foundry: endpoints, credentials, deployments, and the wire of each."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from ..facts import VariableFault
from .environment import Reader

Wire = Literal["deployments", "v1", "anthropic"]
Auth = Literal["key", "entra"]

# The first generally available version that reports usage in streams and takes max_completion_tokens.
API_VERSION = "2024-10-21"
# The api-version that brought `stream_options` (Azure's API lifecycle notes): an older one refuses to be asked.
USAGE_IN_STREAMS = "2024-09-01"
FURTHER = range(2, 10)

WIRES: tuple[Wire, ...] = ("deployments", "v1", "anthropic")
# What Azure's pages offer for copying: whole call URLs and project URLs. The endpoint is what stands before these.
_PASTED = re.compile(r"(/(openai(/(v1|deployments)(/.*)?)?|anthropic(/v1(/.*)?)?|api/projects(/.*)?)/*)+$")
REF = re.compile(r"[a-z0-9][a-z0-9.-]*/[^\s=,]+")
NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
_DEPLOYMENT = re.compile(rf"(?:([a-z0-9]+):)?({NAME.pattern})", re.ASCII)


# The variable that maps each to its Azure deployment; every other model goes into AZURE_DEPLOYMENTS.
MAPPED_BY = {
    "openai/gpt-4o": "AZURE_DEPLOYMENT_GPT4O",
    "openai/gpt-4o-mini": "AZURE_DEPLOYMENT_GPT4O_MINI",
    "openai/gpt-4-turbo": "AZURE_DEPLOYMENT_GPT4_TURBO",
    "openai/gpt-4": "AZURE_DEPLOYMENT_GPT4",
    "openai/gpt-3.5-turbo": "AZURE_DEPLOYMENT_GPT35_TURBO",
    "anthropic/claude-3-5-sonnet-20241022": "AZURE_DEPLOYMENT_CLAUDE_35_SONNET",
    "anthropic/claude-3-5-haiku-20241022": "AZURE_DEPLOYMENT_CLAUDE_35_HAIKU",
    "anthropic/claude-3-opus-20240229": "AZURE_DEPLOYMENT_CLAUDE_3_OPUS",
    "gemini/gemini-1.5-pro": "AZURE_DEPLOYMENT_GEMINI_15_PRO",
    "gemini/gemini-1.5-flash": "AZURE_DEPLOYMENT_GEMINI_15_FLASH",
    "gemini/gemini-1.5-flash-8b": "AZURE_DEPLOYMENT_GEMINI_15_FLASH_8B",
    "mistral/mistral-large-latest": "AZURE_DEPLOYMENT_MISTRAL_LARGE",
    "mistral/mistral-medium-latest": "AZURE_DEPLOYMENT_MISTRAL_MEDIUM",
    "mistral/mistral-small-latest": "AZURE_DEPLOYMENT_MISTRAL_SMALL",
}


def suggestion(ref: str) -> str | None:
    """The usual name of such a model's deployment: gpt-4o-deployment for AZURE_DEPLOYMENT_GPT4O."""
    short = MAPPED_BY.get(ref, "").removeprefix("AZURE_DEPLOYMENT_").lower().replace("_", "-")
    return f"{re.sub('^gpt', 'gpt-', short)}-deployment" if short else None


@dataclass(frozen=True)
class Deployment:
    """Azure's name for a model, the wire forced on it or None, and the variable that says so."""

    name: str
    wire: Wire | None
    variable: str


@dataclass(frozen=True)
class Endpoint:
    """A resource, or a gateway, and its key; None with Entra ID. `number` is the one in the variables' names."""

    url: str
    key: str | None = field(default=None, repr=False)
    number: int = 1

    @property
    def host(self) -> str:
        """The host, with its port where the URL has one."""
        return urlsplit(self.url).netloc

    def variable(self, name: Literal["ENDPOINT", "KEY"]) -> str:
        """The variable that sets this endpoint's URL or key."""
        return f"AZURE_AI_FOUNDRY_{name}" + (f"_{self.number}" if self.number > 1 else "")


@dataclass(frozen=True)
class Azure:
    """The Azure route. `enabled` is only where the toggle starts; `deployments` by `provider/model`.

    `further` are the endpoints to fail over to. `scope` None leaves the Entra scope to the wire. `wire_rule` chooses
    the wire of a mapping that names none: by the endpoint, always `deployments`, or as Azure serves the provider.
    """

    enabled: bool = False
    endpoint: str | None = None
    key: str | None = field(default=None, repr=False)
    auth: Auth = "key"
    scope: str | None = None
    api_version: str = API_VERSION
    wire_rule: Literal["auto", "openai", "native"] = "auto"
    deployments: Mapping[str, Deployment] = field(default_factory=dict)
    further: tuple[Endpoint, ...] = ()

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """All endpoints, in the order in which they are tried."""
        return ((Endpoint(self.endpoint, self.key),) if self.endpoint else ()) + self.further

    @property
    def named(self) -> dict[str, Endpoint]:
        """The same by name: the host, with the path where two share a host."""
        hosts = Counter(endpoint.host for endpoint in self.endpoints)
        return {
            endpoint.host if hosts[endpoint.host] == 1 else endpoint.url.partition("://")[2]: endpoint
            for endpoint in self.endpoints
        }


def azure_of(read: Reader, broken: dict[str, VariableFault]) -> Azure:
    """What the variables say; `broken["azure"]` becomes what keeps the route from being used."""
    auth: Auth = read.choice("AZURE_AI_FOUNDRY_AUTH", "key", "entra")
    scope = "AZURE_AI_FOUNDRY_SCOPE"
    azure = Azure(
        enabled=read.flag("USE_AZURE_FOUNDRY"),
        endpoint=read.url("AZURE_AI_FOUNDRY_ENDPOINT", cut=_PASTED),
        key=read.secret("AZURE_AI_FOUNDRY_KEY"),
        auth=auth,
        scope=read.matching(scope, r"\S+/\.default$", "", "no scope") or None,
        api_version=_api_version(read),
        wire_rule=read.choice("AZURE_AI_FOUNDRY_WIRE", "auto", "openai", "native"),
        deployments=dict(_deployments(read)),
        further=tuple(_further(read, auth)),
    )
    if fault := read.fault("AZURE_AI_FOUNDRY_ENDPOINT", "AZURE_AI_FOUNDRY_KEY", "AZURE_AI_FOUNDRY_AUTH"):
        broken["azure"] = fault
    return azure


def _further(read: Reader, auth: Auth) -> Iterator[Endpoint]:
    """The numbered endpoints; one that cannot be used is a problem, and the others serve."""
    known = {Endpoint("", number=number).variable(name) for number in FURTHER for name in ("ENDPOINT", "KEY")}
    for variable in (*read.names("AZURE_AI_FOUNDRY_ENDPOINT_"), *read.names("AZURE_AI_FOUNDRY_KEY_")):
        if variable not in known:
            read.wrong(variable, "unknown endpoint")
    for number in FURTHER:
        endpoint = Endpoint("", number=number)
        address, credential = endpoint.variable("ENDPOINT"), endpoint.variable("KEY")
        url, key = read.url(address, cut=_PASTED), read.secret(credential)
        if read.text(credential) and not read.text(address):
            read.wrong(address, "address unset", credential)
        elif url and auth == "key" and not read.text(credential):
            read.wrong(credential, "key unset", address)
        elif url and (key or auth == "entra") and not read.fault(credential):
            yield Endpoint(url, key, number)


def _api_version(read: Reader) -> str:
    name = "AZURE_AI_FOUNDRY_API_VERSION"
    version = read.matching(name, r"[\w.-]+$", API_VERSION, "no version")
    if re.match(r"\d{4}-", version) and version < USAGE_IN_STREAMS:
        read.wrong(name, "old version")
    return version


def _deployments(read: Reader) -> Iterator[tuple[str, Deployment]]:
    """Later pairs win: a variable of its own beats the list."""
    listed = "AZURE_DEPLOYMENTS"
    for number, item in enumerate(read.items(listed), 1):
        ref, _, said = item.partition("=")
        if not REF.fullmatch(ref) or ref.startswith("local/"):
            read.wrong(listed, "no pair", item=(number, ""))
        elif deployment := _deployment(read, listed, said, (number, ref)):
            yield ref, deployment
    for variable in read.names("AZURE_DEPLOYMENT_"):
        if variable not in MAPPED_BY.values():
            read.wrong(variable, "unknown mapping")
    for ref, variable in MAPPED_BY.items():
        value = read.text(variable)
        if value and (deployment := _deployment(read, variable, value)):
            yield ref, deployment


def _deployment(read: Reader, variable: str, value: str, item: tuple[int, str] | None = None) -> Deployment | None:
    found = _DEPLOYMENT.fullmatch(value)
    if not found:
        read.wrong(variable, "no deployment", item=item)
        return None
    wire = next((wire for wire in WIRES if wire == found[1]), None)
    if found[1] and not wire:
        read.wrong(variable, "unknown prefix", item=item)
        return None
    return Deployment(found[2], wire, variable)


def wire_for(ref: str, azure: Azure, url: str | None = None) -> Wire | None:
    """The way Azure serves `provider/model` at this endpoint, the first where None; None: not offered there.

    The mapping's prefix says, else what the endpoint speaks.
    """
    mapped, provider = azure.deployments.get(ref), ref.partition("/")[0]
    if mapped and mapped.wire:
        return mapped.wire
    host = urlsplit(url or azure.endpoint or "").hostname or ""
    if azure.wire_rule == "openai" or (azure.wire_rule == "auto" and not host.endswith(".services.ai.azure.com")):
        return "deployments"
    return {"openai": "deployments", "anthropic": "anthropic", "gemini": None}.get(provider, "v1")


def serving(ref: str, azure: Azure, only: str | None = None) -> tuple[tuple[Endpoint, Wire], ...]:
    """The endpoints that offer this model, in the order in which they are tried, with the wire of each.

    `only` the one of this name, where one is named.
    """
    endpoints = [endpoint for name, endpoint in azure.named.items() if only in (None, name)]
    wires = ((endpoint, wire_for(ref, azure, endpoint.url)) for endpoint in endpoints)
    return tuple((endpoint, wire) for endpoint, wire in wires if wire)
