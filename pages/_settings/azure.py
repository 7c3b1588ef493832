"""How the Azure route is configured, read-only: what the variables say, and which variable says it."""

import streamlit as st

from llm_backends.settings import Settings
from llm_backends.settings.azure import Endpoint
from pages._shared import session
from pages._shared.format import plain

_RULES = {
    "auto": "by endpoint: each model by its own wire on Azure, by the deployments path on a gateway",
    "openai": "all models by the deployments path",
    "native": "each model by the wire that Azure itself serves it with",
}


def draw(settings: Settings) -> None:
    """A line for each value, with its variable."""
    azure = settings.azure
    rows = [("Credential", "a key" if azure.auth == "key" else "Microsoft Entra ID", "AZURE_AI_FOUNDRY_AUTH")]
    for endpoint in azure.endpoints:
        rows.append((f"Endpoint {endpoint.number}", _address(endpoint), endpoint.variable("ENDPOINT")))
        if azure.auth == "key":
            rows.append((f"Key {endpoint.number}", "set" if endpoint.key else "not set", endpoint.variable("KEY")))
    if not azure.endpoint:
        rows.append(("Endpoint", "not set", "AZURE_AI_FOUNDRY_ENDPOINT"))
    if azure.scope:
        rows.append(("Scope", azure.scope, "AZURE_AI_FOUNDRY_SCOPE"))
    rows.append(("API version", azure.api_version, "AZURE_AI_FOUNDRY_API_VERSION"))
    rows.append(("Wire", f"{azure.wire_rule}, {_RULES[azure.wire_rule]}", "AZURE_AI_FOUNDRY_WIRE"))
    lines = [
        f"{plain(title)}: **{plain(value)}** :gray[{plain(_source(settings, name))}]" for title, value, name in rows
    ]
    st.markdown("\n".join(f"- {line}" for line in lines))


def _address(endpoint: Endpoint) -> str:
    """Without a scheme, so that it does not become a link, but with a word where the line is not encrypted."""
    scheme, _, rest = endpoint.url.partition("://")
    return rest if scheme == "https" else f"{rest} (not encrypted)"


def _source(settings: Settings, variable: str) -> str:
    if variable == "AZURE_AI_FOUNDRY_KEY" and "azure" in session.keys():
        return "this browser session"
    where = settings.sources.get(variable)
    return f"{variable} in {where}" if where else f"{variable} is not set"
