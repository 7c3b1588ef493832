"""Anthropic's messages, as Anthropic and Azure AI Foundry speak them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..net.call import Timeouts
from ..net.translation import exchange, finished
from ..parameters import sent
from ..types import ChatRequest, Delta, Finish, Target, Usage

if TYPE_CHECKING:
    from anthropic import Anthropic

# The last version under which `temperature` and `top_p` exist; the SDK sends a newer one that refuses them.
SAMPLING_VERSION = "2023-06-01"


def stream(
    client: "Anthropic", request: ChatRequest, target: Target, timeouts: Timeouts, *, access: str | None = None
) -> Iterator[Delta | Finish]:
    """One call, as Backend.stream. `access`: see `exchange`."""
    body = request_body(request, target)
    with exchange(target, timeouts, access):
        if not request.stream:
            answer = client.messages.create(**body)
            for block in answer.content or ():
                yield from _pieces(block)
            yield finished(answer.stop_reason, usage_of(answer.usage), target)
            return
        reason = usage = None
        with client.messages.create(**body, stream=True) as events:
            for event in events:
                if event.type == "content_block_delta":
                    yield from _pieces(event.delta)
                elif event.type == "message_start":
                    usage = usage_of(event.message.usage)
                elif event.type == "message_delta":
                    reason = event.delta.stop_reason or reason
                    usage = usage_of(event.usage, before=usage)
        yield finished(reason, usage, target)


def request_body(request: ChatRequest, target: Target) -> dict[str, Any]:
    """The request as the SDK takes it: the system prompt apart, and only parameters that the model has."""
    request = sent(request, target)
    system = "\n\n".join(message.content for message in request.messages if message.role == "system")
    turns = [message for message in request.messages if message.role != "system"]
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "messages": [{"role": turn.role, "content": turn.content} for turn in turns],
    }
    if system:
        body["system"] = system
    if request.stop:
        body["stop_sequences"] = list(request.stop)
    if request.reasoning_effort:
        body["output_config"] = {"effort": request.reasoning_effort}
    sampling = {"temperature": request.temperature, "top_p": request.top_p}
    if chosen := {name: value for name, value in sampling.items() if value is not None}:
        body["extra_body"] = chosen
        body["extra_headers"] = {"anthropic-version": SAMPLING_VERSION}
    return body


def usage_of(usage: Any, before: Usage | None = None) -> Usage | None:
    """The provider's counts. `input_tokens` leaves out what was read from or written to the cache: added back here.

    Input is counted at the start of a stream and output, cumulatively, at its end: `before` carries the former.
    """
    if usage is None:
        return before
    cached = getattr(usage, "cache_read_input_tokens", None)
    written = getattr(usage, "cache_creation_input_tokens", None) or 0
    if usage.input_tokens is None:
        if before is None:
            return None
        return Usage(before.input_tokens, usage.output_tokens, before.cached_input_tokens)
    return Usage(usage.input_tokens + (cached or 0) + written, usage.output_tokens, cached or 0)


def _pieces(block: Any) -> Iterator[Delta]:
    """Text or thinking of a content block or of a delta to one; signatures and tool calls are neither."""
    if text := getattr(block, "thinking", None):
        yield Delta(text, reasoning=True)
    elif text := getattr(block, "text", None):
        yield Delta(text)
