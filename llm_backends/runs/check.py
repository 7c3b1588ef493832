"""Does it work, and if not, what is wrong and what to do: the smallest real call to a provider or a deployment."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urlsplit
from urllib.request import getproxies

from ..azure.failover import each
from ..catalog.catalog import Catalog, ModelEntry, Toggle
from ..catalog.known_models import current
from ..errors import BackendError
from ..facts import Finding, NotReady
from ..net.call import Call
from ..net.refusals import said
from ..net.transport import goes_direct
from ..parameters import reasons
from ..slot import Slot
from ..types import Backend, CallResult, Message, Target
from ..vendors import PROVIDERS
from .measure import NO_RETRIES
from .race import Race

PROMPT = (Message("user", "Say hello."),)
MAX_TOKENS = 16  # OpenAI's reasoning models refuse fewer
AT_ONCE = 4
SKEW_S = 300


@dataclass(frozen=True)
class Checked:
    """One check. `name` is the provider or `provider/model`, `target` where the call went, `total_ms` how long it took.

    `detail` is what the call's error says, `findings` what there is to say beyond that, `why_not` what kept it from
    being made. `usage_in_stream` is None where no answer came.
    """

    name: str
    target: str
    status: Literal["ok", "failed", "not configured"]
    detail: str | None = None
    findings: tuple[Finding, ...] = ()
    why_not: NotReady | None = None
    total_ms: float | None = None
    usage_in_stream: bool | None = None


def check(catalog: Catalog, route: Toggle, only: str | None = None) -> Iterator[Checked]:
    """Check every provider, or every mapped deployment at each of its endpoints; AT_ONCE at once, told in order.

    `only` names one provider, or one model as provider/model.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        if route == "azure":
            mapped = catalog.settings.azure.deployments
            refs = [ref for ref in mapped if only in (None, ref, ref.partition("/")[0])] or [only or "openai/gpt-4o"]
            for found in pool.map(lambda ref: check_deployment(catalog, ref), refs):
                yield from found
            return
        settings = catalog.settings
        names = [only] if only else dict.fromkeys([*PROVIDERS, *settings.compatible, *settings.broken])
        yield from pool.map(lambda name: check_provider(catalog, name), [name for name in names if name != "azure"])


def check_provider(catalog: Catalog, provider: str) -> Checked:
    """Check a provider on the direct route with its cheapest current model; `provider/model` names another."""
    ref = provider if "/" in provider else f"{provider}/{_cheapest(catalog, provider)}"
    entry = catalog.entry(ref, "direct")
    if entry.why_not:
        return Checked(provider, provider, "not configured", why_not=entry.why_not)
    slot = catalog.slot(ref, "direct", PROMPT, max_tokens=MAX_TOKENS)
    return _checked(provider, slot, slot.backend, _address_variable(catalog, entry.provider))


def check_deployment(catalog: Catalog, ref: str) -> tuple[Checked, ...]:
    """Check a model's deployment on the Azure route: one result for each endpoint that offers it."""
    entry = catalog.entry(ref, "azure")
    if entry.why_not:
        return (Checked(ref, ref, "not configured", why_not=entry.why_not),)
    slot = catalog.slot(ref, "azure", PROMPT, max_tokens=MAX_TOKENS)
    endpoints = catalog.settings.azure.endpoints
    variables: dict[str | None, str] = {endpoint.host: endpoint.variable("ENDPOINT") for endpoint in endpoints}
    return tuple(
        _checked(ref, slot, backend, variables.get(backend.target.endpoint_host)) for backend in each(slot.backend)
    )


def _cheapest(catalog: Catalog, provider: str) -> str:
    """Of the provider's own list the cheapest current model that doesn't think first; else of the known ones."""
    try:
        listed = catalog.listed(provider)
    except BackendError:  # the call itself will tell what is wrong
        listed = ()
    found = [entry for entry in catalog.models("direct") if entry.provider == provider]
    found = [entry for entry in found if entry.model in listed] or found
    sold = current(provider) if provider in PROVIDERS else ()
    found = [entry for entry in found if entry.model in sold] or found

    def expense(entry: ModelEntry) -> tuple[bool, float]:
        prices = [price for price in (entry.input_usd_per_mtok, entry.output_usd_per_mtok) if price is not None]
        return reasons(Target(provider, entry.model, "direct")), sum(prices) if len(prices) == 2 else float("inf")

    return min(found, key=expense).model if found else "model"


def _address_variable(catalog: Catalog, provider: str) -> str | None:
    """The variable that says where this provider is, where one is set."""
    if provider in catalog.settings.compatible:
        return f"COMPATIBLE_{provider.upper().replace('-', '_')}_BASE_URL"
    return PROVIDERS[provider].base_url if provider in catalog.settings.base_urls else None


def _checked(name: str, slot: Slot, backend: Backend, variable: str | None) -> Checked:
    race = Race([Slot(backend, slot.request, NO_RETRIES)])
    race.start()
    race.wait()
    (lane,) = race.lanes
    result = lane.result
    assert result is not None  # every slot has ended
    ok = result.status == "ok"
    findings = (*_place(result, lane.call, variable), *_finding(result), *_skew(result.target, lane.call))
    return Checked(
        name,
        str(result.target),
        "ok" if ok else "failed",
        detail=result.error_message,
        findings=findings,
        total_ms=result.total_ms,
        usage_in_stream=result.usage is not None if ok else None,
    )


def _place(result: CallResult, call: Call, variable: str | None) -> Iterator[Finding]:
    """Where nobody, or the wrong one, answered: what sets the address, and what lies in between."""
    target, seen = result.target, call.attempt
    nobody = seen.status is None and result.error_type in ("ProviderDown", "TimedOut")
    page = seen.headers.get("content-type", "").startswith("text/html") or 300 <= (seen.status or 0) < 400
    no_path = seen.status == 404 and "DeploymentNotFound" not in said(seen.error_body)[0]
    if variable and (nobody or page or no_path):
        yield Finding("address", variable)
    if no_path and target.deployment:
        yield Finding("no such path")
    host = urlsplit(f"//{target.endpoint_host or ''}").hostname or ""
    if nobody and (proxy := getproxies().get("https")) and not goes_direct(host):
        yield Finding("proxy", host=host, proxy=urlsplit(proxy).hostname)
    if seen.cause == "untrusted certificate":
        yield Finding("untrusted certificate")


def _finding(result: CallResult) -> Iterator[Finding]:
    if result.error_type == "ContentFiltered":
        yield Finding("filtered")
    if result.status == "ok" and result.usage is None:
        yield Finding("no usage", "AZURE_AI_FOUNDRY_API_VERSION" if result.target.route == "azure" else None)


def _skew(target: Target, call: Call) -> Iterator[Finding]:
    """What the response's Date says of this machine's clock: TLS and Entra tokens need a right one."""
    try:
        off_s = (datetime.now(UTC) - parsedate_to_datetime(call.attempt.headers["date"])).total_seconds()
    except (KeyError, ValueError, TypeError):
        return
    if abs(off_s) > SKEW_S:
        yield Finding("clock", host=target.endpoint_host, clock_off_s=off_s)
