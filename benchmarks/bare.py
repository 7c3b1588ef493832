"""The floor: the same streams read by nothing but a loop over each SDK, with the SDKs' own HTTP clients."""

from collections.abc import Callable
from functools import cache
from threading import Thread

from llm_backends import Slot

MESSAGES = [{"role": "user", "content": "Hello"}]


def run_bare(slots: list[Slot], environ: dict[str, str]) -> None:
    """Read every slot's stream to its end in a thread of its own."""
    loops = [_loops(tuple(sorted(environ.items())))[slot.backend.target.provider] for slot in slots]
    threads = [Thread(target=loop, args=(slot.request.model,)) for slot, loop in zip(slots, loops, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@cache
def _loops(variables: tuple[tuple[str, str], ...]) -> dict[str, Callable[[str], None]]:
    from anthropic import Anthropic
    from google.genai import Client
    from mistralai.client import Mistral
    from openai import OpenAI

    environ = dict(variables)
    openai = OpenAI(base_url=environ["OPENAI_BASE_URL"], api_key="sandbox-bare")
    anthropic = Anthropic(base_url=environ["ANTHROPIC_BASE_URL"], api_key="sandbox-bare")
    mistral = Mistral(server_url=environ["MISTRAL_BASE_URL"], api_key="sandbox-bare")
    options = {"base_url": environ["GOOGLE_GEMINI_BASE_URL"], "api_version": "v1beta"}
    gemini = Client(api_key="sandbox-bare", vertexai=False, http_options=options)

    def read_openai(model: str) -> None:
        extra = {"stream_options": {"include_usage": True}}
        for _ in openai.chat.completions.create(model=model, messages=MESSAGES, stream=True, **extra):
            pass

    def read_anthropic(model: str) -> None:
        for _ in anthropic.messages.create(model=model, max_tokens=1024, messages=MESSAGES, stream=True):
            pass

    def read_gemini(model: str) -> None:
        for _ in gemini.models.generate_content_stream(model=model, contents="Hello"):
            pass

    def read_mistral(model: str) -> None:
        with mistral.chat.stream(model=model, messages=MESSAGES) as events:
            for _ in events:
                pass

    return {"openai": read_openai, "anthropic": read_anthropic, "gemini": read_gemini, "mistral": read_mistral}
