"""Mistral through its SDK."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..net.call import Timeouts
from ..net.translation import exchange, finished
from ..net.transport import client
from ..once import once
from ..parameters import sent
from ..types import ChatRequest, Delta, Finish, Target, Usage

if TYPE_CHECKING:
    from mistralai.client import Mistral

DEFAULT_URL = "https://api.mistral.ai"


class MistralBackend:
    """A Mistral model at `base_url` (without /v1), Mistral's own where None."""

    def __init__(self, *, target: Target, base_url: str | None, api_key: str, timeouts: Timeouts) -> None:
        self.target = target
        self._base_url, self._api_key, self._timeouts = base_url, api_key, timeouts

    def prepare(self) -> None:
        """Import the SDK and build its client."""
        _ = self._sdk().chat

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """See Backend.stream."""
        body = request_body(request, self.target)
        with exchange(self.target, self._timeouts):
            if not request.stream:
                answer = self._sdk().chat.complete(**body)
                reason = None
                for choice in answer.choices:
                    reason = choice.finish_reason
                    yield from pieces(choice.message.content if choice.message else None)
                yield finished(reason, usage_of(answer.usage), self.target)
                return
            reason = usage = None
            with self._sdk().chat.stream(**body) as events:
                for event in events:
                    usage = usage_of(event.data.usage) or usage
                    for choice in event.data.choices:
                        reason = choice.finish_reason or reason
                        yield from pieces(choice.delta.content)
            yield finished(reason, usage, self.target)

    def _sdk(self) -> "Mistral":
        return sdk(self._base_url or DEFAULT_URL, self._api_key, self._timeouts)


@once
def sdk(base_url: str, api_key: str, timeouts: Timeouts) -> "Mistral":
    """The SDK's client, one for all models of an endpoint."""
    from mistralai.client import Mistral

    _reuse_classes()
    return Mistral(server_url=base_url, api_key=api_key, client=client(), timeout_ms=int(timeouts.read_s * 1000))


@once
def _reuse_classes() -> None:
    """Have the SDK make the class that reads a chunk once.

    It makes a new one for each chunk, 2.5 ms in which no other stream of the process goes on, ten times as long as
    reading the chunk takes.
    """
    from mistralai.client.utils import serializers

    names, made = vars(serializers), dict[Any, Any]()
    make = names["create_model"]

    def reused(name: str, *, body: tuple[Any, Any], **config: Any) -> Any:
        if body[0] not in made:
            made[body[0]] = make(name, body=body, **config)
        return made[body[0]]

    names["create_model"] = reused


def request_body(request: ChatRequest, target: Target) -> dict[str, Any]:
    """The request as the SDK takes it."""
    request = sent(request, target)
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "max_tokens": request.max_tokens,
    }
    chosen = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop": list(request.stop) or None,
        "random_seed": request.seed,
        "reasoning_effort": request.reasoning_effort,
    }
    return body | {name: value for name, value in chosen.items() if value is not None}


def pieces(content: Any) -> Iterator[Delta]:
    """Text and thinking out of `content`, which is a string, nothing, or a list of chunks."""
    if isinstance(content, str):
        if content:
            yield Delta(content)
    elif isinstance(content, list):
        for chunk in content:
            if chunk.type == "thinking":
                yield Delta("".join(getattr(part, "text", "") for part in chunk.thinking), reasoning=True)
            elif chunk.type == "text":
                yield Delta(chunk.text)


def usage_of(usage: Any) -> Usage | None:
    """Mistral's counts; it reports neither cached nor reasoning tokens apart in every version."""
    if not usage or "completion_tokens" not in usage.model_fields_set:  # the SDK makes zeros of an empty usage
        return None
    details = getattr(usage, "prompt_tokens_details", None)
    return Usage(usage.prompt_tokens, usage.completion_tokens, getattr(details, "cached_tokens", None) or 0)
