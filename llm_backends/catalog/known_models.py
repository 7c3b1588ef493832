"""The models known without asking anybody: those of genai-prices that answer a chat call today."""

import re
from collections.abc import Iterable
from functools import cache

from ..vendors import PROVIDERS

# Of genai-prices' entries those that answer a chat call today. Its ids name rows of a price list, not always models:
# hence only families whose ids the vendor's API takes, in the generations still sold; none whose own row does not match
# it, none marked deprecated, and none with a word for another trade (images, speech, OpenAI's Responses API).
_FAMILIES = {
    "openai": r"(gpt-(4\.1|[5-9])|o[3-9])(?!.*-pro)[a-z0-9.-]*",
    "anthropic": r"claude-[a-z]+-[4-9][0-9-]*",
    "gemini": r"gemini-(2\.5|[3-9])[a-z0-9.-]*",
    "mistral": r"(mistral-(large|medium|small)|ministral-\d+b|magistral-[a-z]+|codestral)-(\d|\d-\d|2[5-9]\d\d)",
}
_OTHER_TRADES = re.compile(
    r"audio|banana|codex|computer|cyber|dall-e|deep-research|embed|image|imagen|instruct|live|moderation|ocr|omni"
    r"|realtime|robotics|rosalind|search|sora|transcribe|translate|tts|veo|voxtral|whisper|davinci|babbage"
)


@cache
def current(provider: str) -> tuple[str, ...]:
    """The ids of the provider's current chat models by genai-prices' bundled data."""
    from genai_prices.data_snapshot import get_snapshot

    owner = next(owner for owner in get_snapshot().providers if owner.id == PROVIDERS[provider].prices)
    found = (
        entry.id
        for entry in owner.models
        if re.fullmatch(_FAMILIES[provider], entry.id)
        and entry.is_match(entry.id)
        and is_chat(entry.id)
        and not entry.deprecated
    )
    return tuple(found)


def is_chat(model: str) -> bool:
    """Whether the id holds no word for something other than chat."""
    return not _OTHER_TRADES.search(model)


def newest_first(models: Iterable[str]) -> tuple[str, ...]:
    """By the version in the id, as far as an id tells: `latest`, then 5.4, 5.1, 5, then those with a date only."""

    def version(model: str) -> tuple[bool, list[int], list[int]]:
        numbers = [int(number) for number in re.findall(r"\d+(?!\d|b)", model)]
        return "latest" in model, [number for number in numbers if number < 1000], numbers

    return tuple(sorted(models, key=version, reverse=True))
