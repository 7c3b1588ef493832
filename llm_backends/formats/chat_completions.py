"""OpenAI's chat completions, as OpenAI, Azure, the embedded model and every compatible server speak them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..net.call import Timeouts
from ..net.translation import exchange, finished
from ..parameters import reasons, sent
from ..types import ChatRequest, Delta, Finish, Target, Usage

if TYPE_CHECKING:
    from openai import OpenAI


def stream(
    client: "OpenAI",
    request: ChatRequest,
    target: Target,
    timeouts: Timeouts,
    *,
    usage_in_streams: bool = True,
    access: str | None = None,
) -> Iterator[Delta | Finish]:
    """One call, as Backend.stream. `access`: see `exchange`.

    `usage_in_streams` False: an Azure api-version that refuses to be asked for it.
    """
    body = request_body(request, target)
    with exchange(target, timeouts, access):
        if not request.stream:
            yield from _whole(client.chat.completions.create(**body), target)
            return
        if usage_in_streams:
            body["stream_options"] = {"include_usage": True}
        reason = usage = None
        with client.chat.completions.create(**body, stream=True) as chunks:
            for chunk in chunks:
                usage = usage_of(chunk.usage) or usage
                for choice in chunk.choices:
                    # Azure's content filter sends choices without a delta, also after the one with the reason.
                    reason = choice.finish_reason or reason
                    if choice.delta is not None:
                        yield from deltas(choice.delta)
        yield finished(reason, usage, target)


def request_body(request: ChatRequest, target: Target) -> dict[str, Any]:
    """The request as the model accepts it."""
    request = sent(request, target)
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "max_completion_tokens" if reasons(target) else "max_tokens": request.max_tokens,
    }
    chosen = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop": list(request.stop) or None,
        "seed": request.seed,
        "reasoning_effort": request.reasoning_effort,
    }
    return body | {name: value for name, value in chosen.items() if value is not None}


def deltas(message: Any) -> Iterator[Delta]:
    """The pieces of one delta or whole message, thinking first.

    Servers name thinking `reasoning_content` (DeepSeek, vLLM, llama.cpp) or `reasoning` (Ollama, newer vLLM); Mistral's
    models send it as parts inside the content, also through Azure.
    """
    thinking = getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None)
    if isinstance(thinking, str) and thinking:
        yield Delta(thinking, reasoning=True)
    if isinstance(message.content, list):
        for part in message.content:
            if part.get("type") == "thinking":
                yield Delta("".join(piece.get("text", "") for piece in part.get("thinking", ())), reasoning=True)
            elif part.get("text"):
                yield Delta(part["text"])
    elif message.content or message.refusal:
        yield Delta(message.content or message.refusal)


def usage_of(usage: Any) -> Usage | None:
    """The provider's counts. Cached and reasoning tokens are already inside; both details may be missing."""
    if usage is None:
        return None
    cached = getattr(usage.prompt_tokens_details, "cached_tokens", None)
    reasoning = getattr(usage.completion_tokens_details, "reasoning_tokens", None)
    return Usage(usage.prompt_tokens, usage.completion_tokens, cached or 0, reasoning or 0)


def _whole(answer: Any, target: Target) -> Iterator[Delta | Finish]:
    reason = None
    for choice in answer.choices or ():
        reason = choice.finish_reason
        yield from deltas(choice.message)
    yield finished(reason, usage_of(answer.usage), target)
