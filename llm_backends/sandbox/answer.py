"""One simulated answer: its parts, each at its moment, and the faults in its middle."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from ..types import Message, Usage
from . import text
from .pace import Line
from .protocol import Ask, End, Token

Answers = Callable[[tuple[Message, ...], int | None, float | None], Iterator[str]]
"""A model that really answers: (messages, max_tokens, temperature) -> tokens as they come."""

BREAKING = ("stall", "trickle", "drop", "badjson", "errorevent")
_REASONS: dict[str | None, str | None] = {
    "length": "length",
    "filter": "blocked",
    "filtermid": "filter",
    "noend": None,
}


class Break(Exception):
    """The answer breaks here in the way that its script names."""


def parts(ask: Ask, line: Line, start: float, answers: Answers | None) -> Iterator[Token | End]:
    """The answer's parts: token k comes `ttft + k / rate` after `start`, or later where the model is slower.

    The end comes right after the last token, or at ttft where there is none. Raises ClientGone and Break.
    """
    script, sent, thought = ask.script, 0, 0
    due = start + script.ttft / 1000
    reason = _REASONS.get(script.fault, "stop")
    for token in _tokens(ask, answers):
        if ask.max_tokens is not None and sent >= ask.max_tokens:
            reason = "length"
            break
        if sent >= script.after and script.fault in (*BREAKING, "filtermid"):
            break
        line.wait(due + sent / script.rate)
        sent, thought = sent + 1, thought + token.reasoning
        yield token
    if not sent:
        line.wait(due)
    if script.fault in BREAKING:
        raise Break(script.fault)
    usage = Usage(ask.input_tokens, sent, reasoning_tokens=thought)
    if reason or not ask.stream:
        yield End(reason, usage)


def _tokens(ask: Ask, answers: Answers | None) -> Iterable[Token]:
    script = ask.script
    if script.fault in ("empty", "filter"):
        return ()
    thinking = ask.reasoning if script.reasoning is None else script.reasoning
    said: Iterator[str]
    if script.numbered:
        said = (f"{n} " for n in range(script.tokens or 100))
    elif answers is None or script.canned or script.tokens is not None:
        said = text.answer(ask.model, script.tokens)
    else:
        said = answers(ask.messages, ask.max_tokens, ask.temperature)
    return chain((Token(piece, True) for piece in text.thought(thinking)), map(Token, said))
