"""The plan of a Route lab: each model on two sides, over open connections and over new ones."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..experiments.plan import CONNECTIONS, Connection, ExperimentPlan, Limits, RoutedSlot
from ..prompt_sets.own import ROUTES
from ..runs.plan import Own, Parameters
from ..stats.power import fewest_pairs
from .sides import Side

METRICS = ("ttft_ms", "connect_ms", "headers_ms", "tpot_ms", "total_ms", "cost_usd", "tokens_per_chunk")
"""What is compared, the first token first; connecting over new connections only."""
CONCURRENCY = 1
"""Calls that run at once at an endpoint wait for each other there and here: one at a time shows the route alone."""
REPEATS = 5
SHARED = Parameters(max_tokens=256, reasoning_effort="low")
"""Answers long enough for a pace, short enough to pay for; models that think say something within them."""

_NONE = Limits()


def lab(
    refs: Iterable[str],
    sides: tuple[Side, Side],
    *,
    name: str | None = None,
    prompt_set: str = ROUTES,
    repeats: int = REPEATS,
    connections: Sequence[Connection] = CONNECTIONS,
    shared: Parameters = SHARED,
    concurrency: int = CONCURRENCY,
    limits: Limits = _NONE,
    seed: int = 0,
) -> ExperimentPlan:
    """The plan that asks these models on both sides: the same prompts with the same parameters.

    Its warm-ups open as many connections as calls run at once.
    """
    models = tuple(dict.fromkeys(refs))
    slots = [
        RoutedSlot(ref, Own(), side.route, connection, side.endpoint)
        for ref in models
        for connection in connections
        for side in sides
    ]
    return ExperimentPlan(
        name=name or f"{', '.join(models)}: {' or '.join(labels(*sides))}",
        prompt_set=prompt_set,
        slots=tuple(replace(slot, name=slot.telling) for slot in slots),
        shared=shared,
        repeats=repeats,
        seed=seed,
        concurrency=concurrency,
        warm_up=concurrency,
        limits=limits,
        kind="route lab",
    )


def fewest(plan: ExperimentPlan) -> int:
    """With fewer pairs of each model no difference could be called real, all that are told together taken into account.

    Prices may be unknown and cost then not compared, so it may be one fewer.
    """
    kinds = [plan.slots[first].connection for first, _ in plan.pairs]
    return fewest_pairs(sum(len(METRICS) - (kind == "open") for kind in kinds))


def sides_of(plan: ExperimentPlan) -> tuple[str, str]:
    """What the two sides are called: "Direct", "Azure", or the endpoint's name where both are on Azure."""
    first, second = (plan.slots[number] for number in plan.pairs[0])
    return labels(Side(first.route, first.endpoint), Side(second.route, second.endpoint))


def labels(a: Side, b: Side) -> tuple[str, str]:
    """The same, of sides."""
    both_azure = a.route == b.route == "azure"
    first, second = (side.endpoint if both_azure and side.endpoint else side.route.capitalize() for side in (a, b))
    return first, second
