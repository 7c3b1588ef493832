"""The built-in providers, and the models known without asking anybody: the seed's 14 and genai-prices' current ones."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Provider:
    """A vendor reached through its own SDK. `keys` in order of preference; `prices` is genai-prices' id for it."""

    keys: tuple[str, ...]
    base_url: str
    host: str
    prices: str


PROVIDERS = {
    "openai": Provider(("OPENAI_API_KEY",), "OPENAI_BASE_URL", "api.openai.com", "openai"),
    "anthropic": Provider(("ANTHROPIC_API_KEY",), "ANTHROPIC_BASE_URL", "api.anthropic.com", "anthropic"),
    "gemini": Provider(
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"), "GOOGLE_GEMINI_BASE_URL", "generativelanguage.googleapis.com", "google"
    ),
    "mistral": Provider(("MISTRAL_API_KEY",), "MISTRAL_BASE_URL", "api.mistral.ai", "mistral"),
}

BUILT_IN = (*PROVIDERS, "local")

EMBEDDED = "local/smollm2-135m-instruct"

# The variable that maps each to its Azure deployment; every other model goes into AZURE_DEPLOYMENTS.
SEED = {
    "openai/gpt-4o": "AZURE_DEPLOYMENT_GPT4O",
    "openai/gpt-4o-mini": "AZURE_DEPLOYMENT_GPT4O_MINI",
    "openai/gpt-4-turbo": "AZURE_DEPLOYMENT_GPT4_TURBO",
    "openai/gpt-4": "AZURE_DEPLOYMENT_GPT4",
    "openai/gpt-3.5-turbo": "AZURE_DEPLOYMENT_GPT35_TURBO",
    "anthropic/claude-3-5-sonnet-20241022": "AZURE_DEPLOYMENT_CLAUDE_35_SONNET",
    "anthropic/claude-3-5-haiku-20241022": "AZURE_DEPLOYMENT_CLAUDE_35_HAIKU",
    "anthropic/claude-3-opus-20240229": "AZURE_DEPLOYMENT_CLAUDE_3_OPUS",
    "gemini/gemini-1.5-pro": "AZURE_DEPLOYMENT_GEMINI_15_PRO",
    "gemini/gemini-1.5-flash": "AZURE_DEPLOYMENT_GEMINI_15_FLASH",
    "gemini/gemini-1.5-flash-8b": "AZURE_DEPLOYMENT_GEMINI_15_FLASH_8B",
    "mistral/mistral-large-latest": "AZURE_DEPLOYMENT_MISTRAL_LARGE",
    "mistral/mistral-medium-latest": "AZURE_DEPLOYMENT_MISTRAL_MEDIUM",
    "mistral/mistral-small-latest": "AZURE_DEPLOYMENT_MISTRAL_SMALL",
}


def suggestion(ref: str) -> str | None:
    """The usual name of a seed model's deployment: gpt-4o-deployment for AZURE_DEPLOYMENT_GPT4O."""
    short = SEED.get(ref, "").removeprefix("AZURE_DEPLOYMENT_").lower().replace("_", "-")
    return f"{re.sub('^gpt', 'gpt-', short)}-deployment" if short else None


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

    def version(model: str) -> tuple:
        numbers = [int(number) for number in re.findall(r"\d+(?!\d|b)", model)]
        return "latest" in model, [number for number in numbers if number < 1000], numbers

    return tuple(sorted(models, key=version, reverse=True))
