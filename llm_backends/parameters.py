"""Which parameters a model takes: vendors refuse a request over one that they do not know."""

import re

from .types import Target

_OPENAI_REASONING = re.compile(r"(o\d|gpt-(?:[5-9]|\d\d))(?!.*chat)")
_GEMINI_THINKING = re.compile(r"gemini-(?:2\.5|[3-9]|\d\d)")
_CLAUDE_WITH_TEMPERATURE = re.compile(r"claude-(?:2|v1|instant|3|(?:opus|sonnet|haiku)-4(?:-[0-6](?!\d)|-20|$))")


def reasons(target: Target) -> bool:
    """Whether this is an OpenAI reasoning model, which takes `max_completion_tokens` and no temperature."""
    return target.provider == "openai" and _OPENAI_REASONING.match(target.model) is not None


def shows_thoughts(target: Target) -> bool:
    """Whether this is a Gemini model that thinks, and may be asked to show it; older ones refuse the question."""
    return target.provider == "gemini" and _GEMINI_THINKING.match(target.model) is not None


def takes_temperature(target: Target) -> bool:
    """Whether the model accepts a temperature; where it does not, none is sent and the page says so.

    OpenAI's reasoning models and Claude from 4.7 on refuse any but their default.
    """
    if target.provider == "anthropic":
        return _CLAUDE_WITH_TEMPERATURE.match(target.model) is not None
    return not reasons(target)
