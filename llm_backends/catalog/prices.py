"""What a call and a model's tokens cost, from genai-prices' dated list, with the source said in a sentence."""

import logging
import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from ..types import CallResult, Target, Usage
from ..vendors import PROVIDERS

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

    Listed = tuple[Provider, ModelInfo]

# Ends of an id that name a version of the same model at the same price: a date, a build number, `latest`, `preview`.
_VERSION = re.compile(r"-((preview|exp)(-[\d-]+)?|latest|20\d\d-?[01]\d-?[0-3]\d|\d{3,4}|0)$")


log = logging.getLogger(__name__)


def priced(result: CallResult) -> CallResult:
    """The result with its cost and where that comes from. Never raises: a cost that cannot be found is unknown."""
    try:
        usd, source = cost(result.target, result.usage, datetime.fromisoformat(result.started_at))
    except Exception:
        log.exception("no cost could be found for %s", result.target)
        usd, source = None, "LLMSelect itself failed to find the price: the server's log has more"
    return replace(result, cost_usd=usd, price_source=source)


def cost(target: Target, usage: Usage | None, at: datetime) -> tuple[float | None, str]:
    """The USD that a call with this usage cost at that moment (timezone-aware), and where the figure comes from.

    None where unknown: then the sentence says why. Usage has no count of cache writes, and no adapter asks for any.
    """
    listed, source = _listed(target.provider, target.model, target.route)
    if listed is None:
        return None, source
    if usage is None:
        return None, "usage unknown: the provider did not count the tokens"
    from genai_prices import Usage as Counted

    owner, entry = listed
    counted = Counted(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cached_input_tokens,
        output_tokens=usage.output_tokens,
    )
    try:
        price = entry.calc_price(counted, owner, genai_request_timestamp=at)
    except ValueError:
        return None, "the provider's token counts contradict each other"
    return float(price.total_price), source + (" (simulated)" if target.simulated else "")


def price_per_mtok(
    provider: str, model: str, route: str = "direct", at: datetime | None = None
) -> tuple[float | None, float | None, str]:
    """USD for a million tokens in and out, now or at a moment, without discounts or surcharges; and its source."""
    listed, source = _listed(provider, model, route)
    if listed is None:
        return None, None, source
    prices = listed[1].get_prices(at or datetime.now(UTC))
    base: list[Any] = [getattr(price, "base", price) for price in (prices.input_mtok, prices.output_mtok)]
    if base != [prices.input_mtok, prices.output_mtok]:
        source += "; long prompts cost more"
    return float(base[0]), float(base[1]), source


def context_window(provider: str, model: str) -> int | None:
    """How many tokens the model can read, where genai-prices knows."""
    found = _entry(_vendor(provider), model)
    return found[1].context_window if found else None


@cache
def _list_name() -> str:
    from importlib.metadata import version

    return f"genai-prices {version('genai-prices')}"


@lru_cache(maxsize=1024)  # any id can be typed
def _listed(provider: str, model: str, route: str) -> "tuple[Listed | None, str]":
    """((genai-prices' provider, its entry) or None, the source or why there is none)."""
    if route == "local":
        return None, "runs on this machine: nobody bills it"
    if route == "direct" and provider not in PROVIDERS:
        return None, f"no price known for {provider}"
    own = _entry("azure", model) if route == "azure" else None
    found = own or _entry(_vendor(provider), model)
    if found is None:
        return None, f"no price known for {provider}/{model} in {_list_name()}"
    owner, entry = found
    of = "" if entry.id == model.lower() else f" for {entry.id}"
    source = f"{_list_name()}, {owner.name}'s list price{of}"
    if route == "azure" and not own:
        source += ", borrowed: Azure's own is not known"
    return found, source


def _entry(provider_id: str, model: str) -> "Listed | None":
    """The entry that prices exactly this model, with its provider; None where there is only one that looks like it.

    The library's rules match by prefix and substring too and give `gemini-1.5-flash-8b` what `gemini-1.5-flash` costs.
    A rule that would also take the id with any word added is believed only where id and entry differ by a version.
    """
    from genai_prices.data_snapshot import get_snapshot

    owner = next((owner for owner in get_snapshot().providers if owner.id == provider_id), None)
    entry = owner.find_model(model) if owner else None
    if owner is None or entry is None:
        return None
    loose = entry.is_match(f"{model}-other") or entry.is_match(f"other-{model}")
    if loose and _stem(model) != _stem(entry.id):
        return None
    prices = vars(entry.get_prices(datetime.now(UTC)))
    return (owner, entry) if prices.get("input_mtok") is not None and prices.get("output_mtok") is not None else None


def _vendor(provider: str) -> str:
    return PROVIDERS[provider].prices if provider in PROVIDERS else provider


def _stem(model: str) -> str:
    return _VERSION.sub("", model.lower()).replace(".", "-")
