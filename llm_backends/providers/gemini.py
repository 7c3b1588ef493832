"""Gemini through Google's google-genai SDK."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..net.call import Timeouts
from ..net.translation import exchange, finished
from ..net.transport import client
from ..once import once
from ..parameters import sent, shows_thoughts
from ..types import ChatRequest, Delta, Effort, Finish, Target, Usage
from .gemini_request import contents, system_instruction

if TYPE_CHECKING:
    from google.genai import Client

DEFAULT_URL = "https://generativelanguage.googleapis.com"
# Tokens to think with, as Google itself translates the efforts for models that know no levels.
BUDGETS = {"none": 0, "low": 1024, "medium": 8192, "high": 24576}


class GeminiBackend:
    """A Gemini model at `base_url`, Google's own where None."""

    def __init__(self, *, target: Target, base_url: str | None, api_key: str, timeouts: Timeouts) -> None:
        self.target = target
        self._base_url, self._api_key, self._timeouts = base_url, api_key, timeouts

    def prepare(self) -> None:
        """Import the SDK and build its client."""
        _ = self._sdk().models

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """See Backend.stream."""
        body = request_body(request, self.target)
        with exchange(self.target, self._timeouts):
            models = self._sdk().models
            chunks = (
                models.generate_content_stream(**body) if request.stream else iter([models.generate_content(**body)])
            )
            reason = usage = None
            for chunk in chunks:
                usage = usage_of(chunk.usage_metadata) or usage
                blocked = chunk.prompt_feedback and chunk.prompt_feedback.block_reason
                reason = "safety" if blocked else reason
                for candidate in chunk.candidates or ():
                    reason = str(candidate.finish_reason.value) if candidate.finish_reason else reason
                    for part in (candidate.content and candidate.content.parts) or ():
                        if part.text:
                            yield Delta(part.text, reasoning=bool(part.thought))
            yield finished(reason, usage, self.target)

    def _sdk(self) -> "Client":
        return sdk(self._base_url or DEFAULT_URL, self._api_key, self._timeouts)


@once
def sdk(base_url: str, api_key: str, timeouts: Timeouts) -> "Client":
    """The SDK's client, one for all models of an endpoint."""
    from google.genai import Client, types

    options = types.HttpOptions(
        base_url=base_url, api_version="v1beta", timeout=int(timeouts.read_s * 1000), httpx_client=client()
    )
    return Client(api_key=api_key, vertexai=False, http_options=options)


def request_body(request: ChatRequest, target: Target) -> dict[str, Any]:
    """The request as the SDK takes it."""
    request = sent(request, target)
    config: dict[str, Any] = {
        "max_output_tokens": request.max_tokens,
        "system_instruction": system_instruction(request),
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop_sequences": list(request.stop) or None,
        "seed": request.seed,
        "automatic_function_calling": {"disable": True},
    }
    if shows_thoughts(target):
        config["thinking_config"] = _thinking(request.reasoning_effort, target)
    return {"model": request.model, "contents": contents(request), "config": config}


def _thinking(effort: Effort | None, target: Target) -> dict[str, Any]:
    """How much to think, and to show it: a level, or before Gemini 3 a budget of tokens."""
    if effort is None:
        return {"include_thoughts": True}
    if target.model.startswith("gemini-2.5"):
        return {"include_thoughts": effort != "none", "thinking_budget": BUDGETS[effort]}
    return {"include_thoughts": True, "thinking_level": effort.upper()}


def usage_of(usage: Any) -> Usage | None:
    """Google's counts: `candidates` leaves the thoughts out, so they are added to make output inclusive."""
    if usage is None or usage.prompt_token_count is None:
        return None
    thoughts = usage.thoughts_token_count or 0
    return Usage(
        usage.prompt_token_count,
        (usage.candidates_token_count or 0) + thoughts,
        usage.cached_content_token_count or 0,
        thoughts,
    )
