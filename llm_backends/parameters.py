"""Which parameters a model takes: vendors refuse a request over one that they do not know."""

import re
from dataclasses import replace
from typing import Literal, Protocol, get_args

from .types import ChatRequest, Effort, Target

Parameter = Literal["temperature", "top_p", "stop", "seed", "reasoning_effort"]
PARAMETERS: tuple[Parameter, ...] = get_args(Parameter)

_OPENAI_REASONING = re.compile(r"(o\d|gpt-(?:[5-9]|\d\d))(?!.*chat)")
_GEMINI_THINKING = re.compile(r"gemini-(?:2\.5|[3-9]|\d\d)")
_CLAUDE_SAMPLED = re.compile(r"claude-(?:2|v1|instant|3|(?:opus|sonnet|haiku)-4(?:-[0-6](?!\d)|-20|$))")
_CLAUDE_ONE_OF_TWO = re.compile(r"claude-[a-z]+-4-[1-6](?!\d)")

# By the vendors' documents of autumn 2026; the first that matches holds. A model that is not here is sent none.
_EFFORTS: tuple[tuple[str, tuple[Effort, ...]], ...] = (
    (r"openai/o\d", ("low", "medium", "high")),
    (r"openai/gpt-5(?!\.)", ("minimal", "low", "medium", "high")),
    (r"openai/gpt-5\.1", ("none", "low", "medium", "high")),
    (r"openai/gpt-5\.[2-5]", ("none", "low", "medium", "high", "xhigh")),
    (r"openai/gpt-(5\.[6-9]|6-sol|6-luna)", ("none", "low", "medium", "high", "xhigh", "max")),
    (r"openai/gpt-6", ("low", "medium", "high", "xhigh", "max")),
    (r"anthropic/claude-opus-4-5", ("low", "medium", "high")),
    (r"anthropic/claude-(opus|sonnet)-4-6", ("low", "medium", "high", "max")),
    (r"anthropic/claude-[a-z]+-(4-[7-9]|[5-9])", ("low", "medium", "high", "xhigh", "max")),
    (r"gemini/gemini-2\.5-pro", ("low", "medium", "high")),
    (r"gemini/gemini-2\.5", ("none", "low", "medium", "high")),
    (r"gemini/gemini-3-pro", ("low", "high")),
    (r"gemini/gemini-3(\.[1-6])?-flash", ("minimal", "low", "medium", "high")),
    (r"gemini/gemini-[3-9]", ("low", "medium", "high")),
    (r"mistral/mistral-(small-(latest|4|2603)|medium-(3[.-]5|2604))", ("none", "high")),
    (r"mistral/mistral-large-4", ("low", "medium", "high")),
)


class Asked(Protocol):
    """Anything that says what was asked of a model: a request, or a plan's parameters."""

    @property
    def temperature(self) -> float | None: ...
    @property
    def top_p(self) -> float | None: ...
    @property
    def stop(self) -> tuple[str, ...]: ...
    @property
    def seed(self) -> int | None: ...
    @property
    def reasoning_effort(self) -> Effort | None: ...


def reasons(target: Target) -> bool:
    """Whether this is an OpenAI reasoning model, which takes `max_completion_tokens` and no temperature."""
    return target.provider == "openai" and _OPENAI_REASONING.match(target.model) is not None


def shows_thoughts(target: Target) -> bool:
    """Whether this is a Gemini model that thinks, and may be asked to show it; older ones refuse the question."""
    return target.provider == "gemini" and _GEMINI_THINKING.match(target.model) is not None


def efforts(target: Target) -> tuple[Effort, ...]:
    """The reasoning efforts that the model may be asked for, the least first; none where it takes no such parameter."""
    if target.provider == "openai" and not reasons(target):
        return ()
    return next((found for pattern, found in _EFFORTS if re.match(pattern, target.ref)), ())


def takes(target: Target, parameter: Parameter) -> bool:
    """Whether the model accepts this parameter at all; where it does not, none is sent and the page says so.

    OpenAI's reasoning models and Claude from 4.7 on refuse to be sampled otherwise than by default; Claude has no seed.
    """
    if parameter == "reasoning_effort":
        return bool(efforts(target))
    if target.provider == "anthropic":
        return parameter == "stop" or (parameter != "seed" and _CLAUDE_SAMPLED.match(target.model) is not None)
    return not reasons(target)


def not_sent(asked: Asked, target: Target) -> tuple[Parameter, ...]:
    """Which of the parameters that were asked for are kept from this model, which would refuse the call over them."""
    return tuple(name for name in PARAMETERS if _is_set(asked, name) and not _accepts(target, name, asked))


def sent(request: ChatRequest, target: Target) -> ChatRequest:
    """The request with the parameters that its model accepts, without the others."""
    left = not_sent(request, target)
    return replace(
        request,
        temperature=None if "temperature" in left else request.temperature,
        top_p=None if "top_p" in left else request.top_p,
        stop=() if "stop" in left else request.stop,
        seed=None if "seed" in left else request.seed,
        reasoning_effort=None if "reasoning_effort" in left else request.reasoning_effort,
    )


def _is_set(asked: Asked, name: Parameter) -> bool:
    return getattr(asked, name) not in (None, ())


def _accepts(target: Target, name: Parameter, asked: Asked) -> bool:
    """Whether it is accepted with this value, beside the others."""
    if not takes(target, name):
        return False
    if name == "reasoning_effort":
        return asked.reasoning_effort in efforts(target)
    if target.provider != "anthropic":
        return True
    if name == "stop":  # Claude refuses one of white space alone
        return all(text.strip() for text in asked.stop)
    return name != "top_p" or asked.temperature is None or not _CLAUDE_ONE_OF_TWO.match(target.model)
