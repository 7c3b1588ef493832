"""Gemini through google-generativeai, which Google gave up in 2025: kept for those who must, chosen by GEMINI_SDK.

Its limits: no connect and header times, each chunk handed on one late, thoughts mixed into the answer and not counted,
a stop that takes effect only at the next chunk, neither seed nor reasoning effort.
"""

import warnings
from collections.abc import Iterator
from typing import Any

from ..errors import ConfigError
from ..net.call import Timeouts
from ..net.translation import exchange, finished
from ..parameters import sent
from ..types import ChatRequest, Delta, Finish, Target, Usage
from .gemini_request import contents, system_instruction

DEFAULT_URL = "https://generativelanguage.googleapis.com"


class GeminiLegacyBackend:
    """A Gemini model at `base_url`, Google's own where None. The SDK's configuration is global: one key a process."""

    def __init__(self, *, target: Target, base_url: str | None, api_key: str, timeouts: Timeouts) -> None:
        self.target = target
        self._base_url, self._api_key, self._timeouts = base_url, api_key, timeouts
        self._sdk: Any = None

    def prepare(self) -> None:
        """Import and configure the SDK. Raises ConfigError where it is not installed."""
        if self._sdk is not None:
            return
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # it says at import that its support has ended
                import google.generativeai as sdk
        except ImportError as exc:
            message = (
                f"{self.target} needs google-generativeai, as GEMINI_SDK asks. "
                "Run `pip install -r requirements-gemini-legacy.txt`, or unset GEMINI_SDK."
            )
            raise ConfigError(message, target=self.target) from exc
        sdk.configure(
            api_key=self._api_key,
            transport="rest",
            client_options={"api_endpoint": self._base_url or DEFAULT_URL},
        )
        self._sdk = sdk

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """See Backend.stream."""
        self.prepare()
        config = generation_config(request, self.target)
        with exchange(self.target, self._timeouts) as call:
            if not call.ready():
                return
            call.start("sdk")
            model = self._sdk.GenerativeModel(request.model, system_instruction=system_instruction(request))
            answer = model.generate_content(
                contents(request),
                generation_config=config,
                stream=request.stream,
                request_options={"timeout": self._timeouts.read_s, "retry": None},
            )
            reason = usage = None
            for chunk in answer if request.stream else [answer]:
                call.attempt.status = 200
                if call.stopped:
                    return
                usage = usage_of(chunk.usage_metadata) or usage
                reason = "safety" if chunk.prompt_feedback.block_reason else reason
                for candidate in chunk.candidates:
                    reason = candidate.finish_reason.name if candidate.finish_reason else reason
                    for part in candidate.content.parts:
                        yield Delta(part.text)
            yield finished(reason, usage, self.target)


def generation_config(request: ChatRequest, target: Target) -> dict[str, Any]:
    """The parameters as the SDK takes them. Raises ConfigError for one that the model takes and this SDK does not."""
    request = sent(request, target)
    for name, value in (("seed", request.seed), ("reasoning effort", request.reasoning_effort)):
        if value is not None:
            message = f"{target}: google-generativeai knows no {name}. Unset GEMINI_SDK, or leave the {name} empty."
            raise ConfigError(message, target=target)
    config = {
        "max_output_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop_sequences": list(request.stop) or None,
    }
    return {name: value for name, value in config.items() if value is not None}


def usage_of(usage: Any) -> Usage | None:
    """Google's counts, without thoughts: this SDK does not know them."""
    if not usage.prompt_token_count:
        return None
    return Usage(usage.prompt_token_count, usage.candidates_token_count, usage.cached_content_token_count)
