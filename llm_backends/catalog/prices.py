"""What a call and a model's tokens cost, by own prices or genai-prices' dated list, with the source in a sentence."""

import logging
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal

from ..sentences import sentence
from ..settings.prices.prices import PriceRow, Prices
from ..types import CallResult, Target, Usage
from .price_list import Listed, listed

log = logging.getLogger(__name__)

Kind = Literal["own", "list", "borrowed", "unbilled", "unknown"]


@dataclass(frozen=True)
class PerMtok:
    """USD for a million tokens in, out, and in from the cache, and where that comes from; None: unknown.

    `cached_input_usd` None: as other tokens in. `kind`: a price of one's own, the list's, the vendor's list for want
    of Azure's, of a model on this machine that nobody bills, or none known; `source` says so in words, or why.
    `since` is the day (UTC) from which the row of one's own, or the list's latest price, holds; None: always so far.
    `percent_off` has been taken off the list's prices already. `long_prompts_more`: these are those of short prompts.
    """

    input_usd: float | None
    output_usd: float | None
    cached_input_usd: float | None
    kind: Kind
    source: str
    since: date | None = None
    percent_off: float | None = None
    long_prompts_more: bool = False

    @property
    def known(self) -> bool:
        """Whether it has both prices that a call needs."""
        return self.input_usd is not None and self.output_usd is not None

    @property
    def said(self) -> str:
        """The source, with what the prices leave out."""
        return f"{self.source}; long prompts cost more" if self.long_prompts_more else self.source

    def usd(self, input_tokens: float, output_tokens: float, cached_input_tokens: float = 0) -> float | None:
        """What these tokens cost, the cached ones part of those in; None where a price that they need is unknown."""
        cached_usd = self.input_usd if self.cached_input_usd is None else self.cached_input_usd
        total = 0.0
        for tokens, usd in (
            (input_tokens - cached_input_tokens, self.input_usd),
            (cached_input_tokens, cached_usd),
            (output_tokens, self.output_usd),
        ):
            if tokens and usd is None:
                return None
            total += tokens * (usd or 0.0)
        return total / 1e6


def priced(result: CallResult, own: Prices) -> CallResult:
    """The result with its cost and where that comes from. Never raises: a cost that cannot be found is unknown."""
    try:
        usd, source = cost(result.target, result.usage, datetime.fromisoformat(result.started_at), own)
    except Exception:
        log.exception("no cost could be found for %s", result.target)
        usd, source = None, "LLMSelect itself failed to find the price: the server's log has more"
    return replace(result, cost_usd=usd, price_source=source)


def cost(target: Target, usage: Usage | None, at: datetime, own: Prices) -> tuple[float | None, str]:
    """The USD that a call with this usage cost at that moment (timezone-aware), and where the figure comes from.

    None where unknown: then the sentence says why. Usage has no count of cache writes, and no adapter asks for any.
    """
    price = price_per_mtok(target.provider, target.model, target.route, own, at)
    if price.kind in ("unbilled", "unknown"):
        return None, price.source
    if usage is None:
        return None, "usage unknown: the provider did not count the tokens"
    try:
        usd = _usd(target, usage, at, price)
    except ValueError:
        return None, "the provider's token counts contradict each other"
    if usd is None:
        return None, f"{price.source}, which has none for tokens {'in' if price.input_usd is None else 'out'}"
    return usd, price.source + (" (simulated)" if target.simulated else "")


def price_per_mtok(provider: str, model: str, route: str, own: Prices, at: datetime | None = None) -> PerMtok:
    """The prices of a model on a route, now or at a moment (timezone-aware): one's own, else the list's."""
    at = at or datetime.now(UTC)
    row = own.at(provider, model, route, at)
    if row and row.fault:
        return _unknown(f"the own price can't be read: {sentence(row.fault)}")
    if row and row.percent_off is None:
        prices = row.input_usd_per_mtok, row.output_usd_per_mtok, row.cached_input_usd_per_mtok
        named = "" if row.model.lower() == f"{provider}/{model}".lower() else f" for {row.model}"
        return PerMtok(*prices, "own", f"own price{named} {_from(row)}", row.since)
    if route == "local":
        return PerMtok(None, None, None, "unbilled", "runs on this machine: nobody bills it")
    found = listed(provider, model, route)
    return _unknown(found) if isinstance(found, str) else _of_list(found, row, at)


def _of_list(found: Listed, discount: PriceRow | None, at: datetime) -> PerMtok:
    kind: Kind = "borrowed" if found.borrowed else "list"
    price = PerMtok(*found.per_mtok(at), kind, found.source, found.since(at), None, found.tiered(at))
    off = discount.percent_off if discount else None
    if discount is None or off is None:
        return price
    left = 1 - off / 100
    return replace(
        price,
        input_usd=price.input_usd and price.input_usd * left,
        output_usd=price.output_usd and price.output_usd * left,
        cached_input_usd=price.cached_input_usd and price.cached_input_usd * left,
        source=f"{found.source}, less {off:g} % {_from(discount)}",
        since=max(day for day in (discount.since, price.since) if day),
        percent_off=off,
    )


def _usd(target: Target, usage: Usage, at: datetime, price: PerMtok) -> float | None:
    """Raises ValueError where the counts contradict each other."""
    if price.kind == "own":
        if usage.cached_input_tokens > usage.input_tokens:
            raise ValueError
        return price.usd(usage.input_tokens, usage.output_tokens, usage.cached_input_tokens)
    found = listed(target.provider, target.model, target.route)
    assert isinstance(found, Listed)  # or there were no price
    return found.usd(usage, at) * (1 - (price.percent_off or 0.0) / 100)


def _from(row: PriceRow) -> str:
    return f"from {row.since} ({row.set_by})"


def _unknown(reason: str) -> PerMtok:
    return PerMtok(None, None, None, "unknown", reason)
