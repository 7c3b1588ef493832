"""What was said before, as a model is told it: the turns of a conversation as messages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..store.comparisons import Comparison
from ..types import CallResult, Message
from .plan import Plan


@dataclass(frozen=True)
class History:
    """The messages of the turns that have an answer, and how many turns were left out for want of one."""

    messages: tuple[Message, ...]
    unanswered: int


def of_slot(name: str) -> Callable[[Comparison], CallResult | None]:
    """What the slot of this name answered: each slot of a comparison has a history of its own."""

    def answered(turn: Comparison) -> CallResult | None:
        names = Plan.from_json(turn.params, turn.system or "").names
        slot = names.index(name) if name in names else None
        return next((call.result for call in turn.calls if call.slot == slot), None)

    return answered


def of_chat(turn: Comparison) -> CallResult | None:
    """What the one slot of a chat's turn answered, whatever model it was."""
    return next((call.result for call in turn.calls), None)


def history(
    turns: Sequence[Comparison], answered: Callable[[Comparison], CallResult | None], leave_out: int = 0
) -> History:
    """The turns as messages, oldest first, without the `leave_out` first ones.

    A turn that failed or has no text is left out, question and all: two questions in a row are refused by some vendors.
    One that was stopped goes in with what had arrived.
    """
    messages: list[Message] = []
    unanswered = 0
    for turn in turns[leave_out:]:
        result = answered(turn)
        if result is None or result.status == "error" or not result.answer:
            unanswered += 1
            continue
        messages += [Message("user", turn.prompt), Message("assistant", result.answer)]
    return History(tuple(messages), unanswered)
