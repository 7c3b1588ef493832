"""The built-in providers: the variables of each, its host, and its name in the price list."""

from dataclasses import dataclass


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
