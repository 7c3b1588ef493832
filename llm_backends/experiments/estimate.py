"""What an experiment will come to: from prices and limits before it starts, from its own calls once there are some."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from ..catalog.prices import price_per_mtok
from ..store.experiments import Tally
from ..types import CallResult
from .endpoint import Endpoint, endpoint_of
from .plan import ExperimentPlan
from .prompts import Prompts

if TYPE_CHECKING:
    from ..catalog.catalog import Catalog

BYTES_A_TOKEN = 3
"""Tokenizers make 4 bytes of English a token and 3 of most other writing: rather too many tokens than too few."""
ENOUGH = 5  # so many calls of a slot tell more than its limits do
_LOOKED_AT = 1000  # prompts whose length is taken for that of all


@dataclass(frozen=True)
class Expected:
    """What is still to come. `measured`: from the experiment's own calls; otherwise the most that its limits allow.

    `cost_usd` is None where a price is unknown, `duration_s` where nothing has been timed yet.
    """

    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    duration_s: float | None
    measured: bool


@dataclass(frozen=True)
class Price:
    """USD for a token in and out; None: unknown. Models of this machine cost nothing, unless they have an own price."""

    input_usd: float | None
    output_usd: float | None

    def usd(self, input_tokens: float, output_tokens: float) -> float | None:
        """What a call with these tokens costs."""
        if self.input_usd is None or self.output_usd is None:
            return None
        return input_tokens * self.input_usd + output_tokens * self.output_usd


def prices(plan: ExperimentPlan, catalog: "Catalog") -> tuple[Price, ...]:
    """The price of each slot."""
    return tuple(_price(catalog, slot.ref, slot.route) for slot in plan.slots)


def _price(catalog: "Catalog", ref: str, route: str) -> Price:
    provider, _, model = ref.partition("/")
    at = "local" if provider == "local" else route
    price = price_per_mtok(provider, model, at, catalog.settings.prices)
    if price.kind == "unbilled":
        return Price(0.0, 0.0)
    return Price(*(None if usd is None else usd / 1e6 for usd in (price.input_usd, price.output_usd)))


def added(tally: Tally, result: CallResult, *, counts: bool) -> Tally:
    """The tally with one more call; `counts`: it has ended and is no warm-up."""
    tally = replace(
        tally,
        calls=tally.calls + 1,
        ended=tally.ended + counts,
        failed=tally.failed + (counts and result.status == "error"),
        unpriced=tally.unpriced + (result.status == "ok" and result.cost_usd is None),
    )
    if (cost := result.cost_usd) is not None:
        most = max(tally.most_usd, cost)
        tally = replace(tally, priced=tally.priced + 1, spent_usd=tally.spent_usd + cost, most_usd=most)
    if usage := result.usage:
        tokens = tally.input_tokens + usage.input_tokens, tally.output_tokens + usage.output_tokens
        tally = replace(tally, counted=tally.counted + 1, input_tokens=tokens[0], output_tokens=tokens[1])
    if result.total_ms is not None:
        tally = replace(tally, timed=tally.timed + 1, total_ms=tally.total_ms + result.total_ms)
    return tally


def at_most(text: str, plan: ExperimentPlan, slot: int, system: str | None) -> tuple[float, int]:
    """The tokens in and out that a call with this prompt can have."""
    asked = plan.parameters(slot, system)
    return (len(text.encode(errors="replace")) + len(asked.system.encode(errors="replace"))) / BYTES_A_TOKEN, (
        asked.max_tokens
    )


def expected(
    plan: ExperimentPlan, prompts: Prompts, catalog: "Catalog", tallies: Mapping[int, Tally] | None = None
) -> Expected:
    """What the rest of the experiment comes to, given what its calls came to so far."""
    tallies = tallies or {}
    each = len(prompts) * plan.repeats
    slots = [
        _slot(plan, slot, prompts, price, each, tallies.get(slot, Tally()))
        for slot, price in enumerate(prices(plan, catalog))
    ]
    costs = [one.cost_usd for one in slots]
    targets = [slot.backend(catalog).target for slot in plan.slots]
    hosts = [Endpoint(endpoint_of(target), plan.concurrency) for target in targets]
    return Expected(
        calls=sum(one.calls for one in slots),
        input_tokens=sum(one.input_tokens for one in slots),
        output_tokens=sum(one.output_tokens for one in slots),
        cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
        duration_s=remaining_s(hosts, [each] * len(plan.slots), [tallies.get(n, Tally()) for n in range(len(hosts))]),
        measured=all(one.measured for one in slots),
    )


def _slot(plan: ExperimentPlan, slot: int, prompts: Prompts, price: Price, each: int, tally: Tally) -> Expected:
    left = each - tally.ended
    calls = left + (0 if tally.calls else plan.warm_up)
    if measured := tally.counted >= ENOUGH:
        tokens_in, tokens_out = tally.input_tokens / tally.counted, tally.output_tokens / tally.counted
    else:
        looked_at = [at_most(p.prompt, plan, slot, p.system) for p in islice(prompts, _LOOKED_AT)]
        tokens_in = sum(tokens for tokens, _ in looked_at) / len(looked_at) if looked_at else 0.0
        tokens_out = float(plan.parameters(slot).max_tokens)
    a_call = tally.spent_usd / tally.priced if tally.priced >= ENOUGH else price.usd(tokens_in, tokens_out)
    cost = None if a_call is None else calls * a_call
    return Expected(calls, round(calls * tokens_in), round(calls * tokens_out), cost, None, measured)


def remaining_s(endpoints: Sequence[Endpoint], each: Sequence[int], tallies: Sequence[Tally]) -> float | None:
    """Seconds until the slowest endpoint has answered what is left; None while a slot has no call that was timed.

    `endpoints`, `each` (the calls in all) and `tallies` are by slot.
    """
    work_ms: dict[str, float] = {}
    for endpoint, total, tally in zip(endpoints, each, tallies, strict=True):
        left = total - tally.ended
        if left and not tally.timed:
            return None
        mean_ms = tally.total_ms / tally.timed if left else 0.0
        work_ms[endpoint.name] = work_ms.get(endpoint.name, 0.0) + left * mean_ms / endpoint.limit
    return max(work_ms.values(), default=0.0) / 1000
