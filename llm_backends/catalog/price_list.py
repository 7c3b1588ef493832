"""genai-prices' dated list: the entry that prices exactly a model, and the source said in a sentence."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from ..types import Usage
from ..vendors import PROVIDERS

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

# Ends of an id that name a version of the same model at the same price: a date, a build number, `latest`, `preview`.
_VERSION = re.compile(r"-((preview|exp)(-[\d-]+)?|latest|20\d\d-?[01]\d-?[0-3]\d|\d{3,4}|0)$")


@dataclass(frozen=True)
class Listed:
    """What the list has for a model on a route. `borrowed`: it is the vendor's price, since Azure's is not known."""

    owner: "Provider"
    entry: "ModelInfo"
    source: str
    borrowed: bool = False

    def usd(self, usage: Usage, at: datetime) -> float:
        """The USD for these tokens at this moment. Raises ValueError where the counts contradict each other."""
        from genai_prices import Usage as Counted

        counted = Counted(
            input_tokens=usage.input_tokens,
            cache_read_tokens=usage.cached_input_tokens,
            output_tokens=usage.output_tokens,
        )
        return float(self.entry.calc_price(counted, self.owner, genai_request_timestamp=at).total_price)

    def per_mtok(self, at: datetime) -> tuple[float | None, float | None, float | None]:
        """USD for a million tokens in, out, and in from the cache (None: as in), of a prompt that is not long."""
        prices = self.entry.get_prices(at)

        def base(name: str) -> float | None:
            price: Any = getattr(prices, name, None)
            return None if price is None else float(getattr(price, "base", price))

        return base("input_mtok"), base("output_mtok"), base("cache_read_mtok")

    def tiered(self, at: datetime) -> bool:
        """Whether long prompts cost more."""
        prices = vars(self.entry.get_prices(at))
        return any(hasattr(prices[name], "base") for name in ("input_mtok", "output_mtok"))

    def since(self, at: datetime) -> date | None:
        """The day from which the list has this price, where it has had another before."""
        prices = self.entry.prices
        starts = [getattr(one.constraint, "start_date", None) for one in prices] if isinstance(prices, list) else []
        return max((start for start in starts if start and start <= at.date()), default=None)


@lru_cache(maxsize=1024)  # any id can be typed
def listed(provider: str, model: str, route: str) -> Listed | str:
    """What the list has for the model on this route, or why it has nothing."""
    if route == "direct" and provider not in PROVIDERS:
        return f"no price known for {provider}"
    own = _entry("azure", model) if route == "azure" else None
    found = own or _entry(_vendor(provider), model)
    if found is None:
        return f"no price known for {provider}/{model} in {_list_name()}"
    owner, entry = found
    of = "" if entry.id == model.lower() else f" for {entry.id}"
    source = f"{_list_name()}, {owner.name}'s list price{of}"
    if route == "azure" and not own:
        return Listed(owner, entry, f"{source}, borrowed: Azure's own is not known", borrowed=True)
    return Listed(owner, entry, source)


def context_window(provider: str, model: str) -> int | None:
    """How many tokens the model can read, where genai-prices knows."""
    found = _entry(_vendor(provider), model)
    return found[1].context_window if found else None


@cache
def _list_name() -> str:
    from importlib.metadata import version

    return f"genai-prices {version('genai-prices')}"


def _entry(provider_id: str, model: str) -> "tuple[Provider, ModelInfo] | None":
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
