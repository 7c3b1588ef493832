"""A request as Google's API takes it, for both of its SDKs: the system prompt apart, the assistant called `model`."""

from typing import Any

from ..types import ChatRequest


def system_instruction(request: ChatRequest) -> str | None:
    """The system prompt, or None."""
    return "\n\n".join(message.content for message in request.messages if message.role == "system") or None


def contents(request: ChatRequest) -> list[dict[str, Any]]:
    """The turns without the system prompt."""
    return [
        {"role": "model" if message.role == "assistant" else "user", "parts": [{"text": message.content}]}
        for message in request.messages
        if message.role != "system"
    ]
