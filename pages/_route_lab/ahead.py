"""What a Route lab will come to: its calls, its cost, and its time where such calls are on record."""

from datetime import UTC, datetime, timedelta

from llm_backends.experiments.estimate import Expected
from llm_backends.experiments.plan import ExperimentPlan
from llm_backends.route_lab.plan import fewest
from llm_backends.store.call_log import Filter
from pages._shared.format import dollars
from pages._shared.session import App

LOOKED_BACK = timedelta(days=30)


def told(app: App, plan: ExperimentPlan, ahead: Expected) -> str:
    """The sentence below the choice."""
    pairs = ahead.calls // len(plan.slots) - plan.warm_up
    cost = "of unknown cost" if ahead.cost_usd is None else f"at most about {dollars(ahead.cost_usd)}"
    warm = f"{plan.warm_up * len(plan.slots)} warm-ups among them"
    seconds = _seconds(app, plan, pairs)
    if seconds is None:
        time = "how long is told once some have ended"
    else:
        time = f"about {max(1, seconds / 60):.0f} min, by what such calls took in the last 30 days"
    least = fewest(plan)
    few = f" So few pairs can't show any difference to be real: it takes at least {least}." if pairs < least else ""
    return f"{pairs:,} pairs each, {ahead.calls:,} calls ({warm}), {cost}; {time}.{few}"


def _seconds(app: App, plan: ExperimentPlan, pairs: int) -> float | None:
    """The busier endpoint's time; None where a model has no call on record on a route."""
    filter = Filter(
        since=datetime.now(UTC) - LOOKED_BACK,
        models=tuple({slot.ref for slot in plan.slots}),
        include_simulated=app.settings.simulated,
    )
    typical = {(one.ref, one.route): one.total_p50_ms for one in app.log.by_model(filter)}
    busy: dict[str | None, float] = {}
    for slot in plan.slots:
        took_ms = typical.get((slot.ref, slot.route))
        if took_ms is None:
            return None
        host = slot.backend(app.catalog).target.endpoint_host
        busy[host] = busy.get(host, 0.0) + pairs * took_ms / 1000
    return max(busy.values())
