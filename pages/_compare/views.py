"""A comparison as the page shows it, whether it runs, has just ended, or comes from the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llm_backends.runs.live import Run
from llm_backends.runs.race import Lane
from llm_backends.store.call_log import Comparison
from llm_backends.types import CallResult, Target
from pages._compare.picks import named
from pages._shared.format import duration, ordinal


@dataclass(frozen=True)
class Card:
    """One slot as it is now. `name` is unique in the comparison. `result` is None until the call has ended.

    `again` says, while it has no text yet, which attempt this is.
    """

    slot: int
    name: str
    target: Target
    state: str
    answer: str
    reasoning: str
    elapsed_ms: float | None
    result: CallResult | None
    settings: Mapping[str, Any]
    again: str | None = None

    @property
    def live(self) -> bool:
        return self.result is None


@dataclass(frozen=True)
class View:
    """A comparison. `run` is None when it comes from the log; `missing` counts slots that never ended there."""

    id: str
    prompt: str
    system: str
    started_at: str
    params: Mapping[str, Any]
    run: Run | None
    logged: tuple[Card, ...] = ()
    missing: int = 0

    @property
    def live(self) -> bool:
        return self.run is not None and not self.run.finished

    def cards(self) -> tuple[Card, ...]:
        """The slots, as they are at this moment."""
        if self.run is None:
            return self.logged
        lanes, results = self.run.race.lanes, self.run.results
        names = _names(self.params, [lane.target.ref for lane in lanes])
        return tuple(
            _of_lane(slot, name, lane, results.get(slot))
            for slot, (name, lane) in enumerate(zip(names, lanes, strict=True))
        )


def of_run(run: Run) -> View:
    """The view of a run in memory."""
    return View(run.id, run.prompt, run.system, run.started_at.isoformat(), run.params, run)


def of_log(found: Comparison) -> View:
    """The view of a comparison in the log."""
    refs = {call.slot: call.result.target.ref for call in found.calls}
    names = _names(found.params, [refs.get(slot, "") for slot in range(found.slots)])
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
            settings=_settings(found.params, names[call.slot]),
        )
        for call in found.calls
    )
    missing = found.slots - len(cards)
    return View(found.id, found.prompt, found.system or "", found.created_at, found.params, None, cards, missing)


def _names(params: Mapping[str, Any], refs: Sequence[str]) -> list[str]:
    """A name of its own for each slot: the pick that it was made from, where that is on record."""
    picks = params.get("models")
    if isinstance(picks, list) and len(picks) == len(refs) == len(set(map(str, picks))):
        return [str(pick) for pick in picks]
    return named(refs)


def _settings(params: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What the log's parameters say of one slot."""
    own = (params.get("overrides") or {}).get(name) or {}
    return {"temperature": own.get("temperature", params.get("temperature"))}


def _of_lane(slot: int, name: str, lane: Lane, result: CallResult | None) -> Card:
    request = lane.request
    turns = sum(message.role == "user" for message in request.messages)
    settings = {"temperature": request.temperature, "max_tokens": request.max_tokens, "turn": turns}
    if result is not None:
        return Card(slot, name, lane.target, "done", result.answer, result.reasoning, result.total_ms, result, settings)
    state, elapsed_ms, again = lane.state, lane.elapsed_ms, _again(lane)
    return Card(slot, name, lane.target, state, lane.answer, lane.reasoning, elapsed_ms, None, settings, again)


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
