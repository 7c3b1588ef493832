"""Makes one call of an experiment: what is asked of which model, measured, priced, and its row in the log."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..catalog.prices import priced
from ..net.call import Call
from ..prompt_set import Row
from ..runs.measure import measured
from ..runs.plan import Plan, slots
from ..slot import Slot
from ..store.calls import Place
from ..types import CallResult, Message, Target
from .endpoint import Endpoint, Holding, endpoint_of
from .plan import ExperimentPlan

if TYPE_CHECKING:
    from ..catalog.catalog import Catalog

_log = logging.getLogger(__name__)


class Asking:
    """The slots of a plan, their backends built once, and the endpoints that they go to, by slot.

    `concurrency` is how many calls each endpoint takes at once.
    """

    def __init__(self, plan: ExperimentPlan, catalog: "Catalog", concurrency: int) -> None:
        self._plan = plan
        asked = [slots(Plan(slot.route, (slot,), plan.shared), "", catalog)[0] for slot in plan.slots]
        self._slots = [replace(one, backend=slot.backend(catalog)) for slot, one in zip(plan.slots, asked, strict=True)]
        names = [endpoint_of(slot.backend.target) for slot in self._slots]
        endpoints = {name: Endpoint(name, concurrency) for name in names}
        self.endpoints: tuple[Endpoint, ...] = tuple(endpoints[name] for name in names)

    def slot(self, number: int, prompt: Row, held: Callable[[Endpoint], None]) -> Slot:
        """What is asked; `held` is told when the endpoint asks to be left alone."""
        slot, asked = self._slots[number], self._plan.parameters(number, prompt.system)
        system = (Message("system", asked.system),) if asked.system.strip() else ()
        request = replace(slot.request, messages=(*system, Message("user", prompt.prompt)))
        retries = Holding(**vars(slot.retries), endpoint=self.endpoints[number], held=held)
        return replace(slot, request=request, retries=retries)

    def call(self, number: int) -> Call:
        """A call of this slot, to be made."""
        return Call(new_connection=self._plan.slots[number].connection == "new")


def asked(slot: Slot, call: Call) -> CallResult:
    """Make the call and return what came of it, with its cost; never raises."""
    result = None
    try:
        for event in measured(slot.backend, slot.request, call, slot.retries):
            if isinstance(event, CallResult):
                result = event
    except Exception:
        _log.exception("a call of %s failed by a fault of our own", slot.backend.target)
    return priced(result or _broken(slot.backend.target), slot.prices)


def call_id(place: Place, slot: int) -> str:
    """The id of the row of a call that has ended: it can be written only once, whoever makes the call."""
    return f"{place.experiment_id}.{place.prompt_number}.{place.repeat}.{slot}"


def warm_ups(plan: ExperimentPlan, first: int) -> Sequence[tuple[int, int]]:
    """(prompt, slot) of the calls that are made before any counts, so that connections are open and models loaded.

    Those of a slot come together: as many as run at once then have a connection each.
    """
    return [(first, slot) for slot in range(len(plan.slots)) for _ in range(plan.warm_up)]


def _broken(target: Target) -> CallResult:
    message = f"LLMSelect itself failed on {target}. The server's log has more; please report it."
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return CallResult(target, "error", at, error_type="Exception", error_message=message)
