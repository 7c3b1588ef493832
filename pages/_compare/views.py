"""A comparison as the page shows it, whether it runs, has just ended, or comes from the log."""

from collections.abc import Sequence
from dataclasses import dataclass

from llm_backends.parameters import Asked
from llm_backends.runs.live import Run
from llm_backends.runs.plan import Plan, named
from llm_backends.runs.race import Lane
from llm_backends.store.call_log import Comparison
from llm_backends.types import CallResult, Target
from pages._inputs.chips import chips
from pages._shared.format import duration, ordinal


@dataclass(frozen=True)
class Card:
    """One slot as it is now. `name` is unique in the comparison. `result` is None until the call has ended.

    `asked` holds its parameters; `turn` counts the analyst's messages, None where that is not known. `again` says,
    while it has no text yet, which attempt this is.
    """

    slot: int
    name: str
    target: Target
    state: str
    answer: str
    reasoning: str
    elapsed_ms: float | None
    result: CallResult | None
    asked: Asked
    turn: int | None = None
    again: str | None = None

    @property
    def live(self) -> bool:
        return self.result is None

    @property
    def chips(self) -> list[str]:
        """What is worth knowing beside the model's name."""
        return chips(self.target, self.asked, self.turn)


@dataclass(frozen=True)
class View:
    """A comparison. `run` is None when it comes from the log; `missing` counts slots that never ended there.

    `live` is whether it ran when it was looked up: one answer for all of a page, though it may end while that is drawn.
    """

    id: str
    prompt: str
    started_at: str
    plan: Plan
    run: Run | None
    live: bool = False
    logged: tuple[Card, ...] = ()
    missing: int = 0

    def cards(self) -> tuple[Card, ...]:
        """The slots, as they are at this moment."""
        if self.run is None:
            return self.logged
        lanes, results = self.run.race.lanes, self.run.results
        names = _names(self.plan, [lane.target.ref for lane in lanes])
        return tuple(
            _of_lane(slot, name, lane, results.get(slot))
            for slot, (name, lane) in enumerate(zip(names, lanes, strict=True))
        )


def of_run(run: Run) -> View:
    """The view of a run in memory."""
    return View(run.id, run.prompt, run.started_at.isoformat(), run.plan, run, live=not run.finished)


def of_log(found: Comparison) -> View:
    """The view of a comparison in the log."""
    refs = {call.slot: call.result.target.ref for call in found.calls}
    plan = Plan.from_json(found.params, found.system or "")
    names = _names(plan, [refs.get(slot, "") for slot in range(found.slots)])
    cards = tuple(
        Card(
            slot=call.slot,
            name=names[call.slot],
            target=call.result.target,
            state="done",
            answer=call.result.answer,
            reasoning=call.result.reasoning,
            elapsed_ms=call.result.total_ms,
            result=call.result,
            asked=plan.parameters(names[call.slot]),
        )
        for call in found.calls
    )
    missing = found.slots - len(cards)
    return View(found.id, found.prompt, found.created_at, plan, None, logged=cards, missing=missing)


def _names(plan: Plan, refs: Sequence[str]) -> Sequence[str]:
    """A name of its own for each slot: the plan's, where it is on record."""
    return plan.names if len(plan.names) == len(refs) else named(refs)


def _of_lane(slot: int, name: str, lane: Lane, result: CallResult | None) -> Card:
    request = lane.request
    turn = sum(message.role == "user" for message in request.messages)
    if result is not None:
        ended = ("done", result.answer, result.reasoning, result.total_ms, result)
        return Card(slot, name, lane.target, *ended, request, turn)
    state, elapsed_ms, again = lane.state, lane.elapsed_ms, _again(lane)
    return Card(slot, name, lane.target, state, lane.answer, lane.reasoning, elapsed_ms, None, request, turn, again)


def _again(lane: Lane) -> str | None:
    call = lane.call
    if lane.state == "waiting to try again":
        # With several endpoints the attempts are of all, the limit is for each round.
        several = len({seen.target.endpoint_host for seen in call.attempts if seen.target}) > 1
        limit = "" if several else f" of {lane.retries.attempts}"
        return f"trying again in a moment (attempt {len(call.attempts) + 1}{limit})"
    if lane.chunks or len(call.attempts) < 2:
        return None
    waited = f", waited {duration(call.retry_wait_ms)}" if call.retry_wait_ms else ""
    return f"{ordinal(len(call.attempts))} attempt{waited}"
