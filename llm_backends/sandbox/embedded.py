"""The embedded model as the sandbox's author: real text, token by token, for whichever model was asked for."""

from collections.abc import Iterator, Sequence
from functools import cache

from ..errors import ConfigError
from ..types import Backend, ChatRequest, Delta, Message


def answers(messages: Sequence[Message], max_tokens: int | None, temperature: float | None) -> Iterator[str]:
    """The tokens of an answer. Raises BackendError."""
    request = ChatRequest("embedded", tuple(messages), max_tokens or 1024, temperature)
    for event in _backend().stream(request):
        if isinstance(event, Delta):
            yield event.text


@cache
def _backend() -> Backend:
    from ..catalog.catalog import Catalog
    from ..sentences import sentence
    from ..settings import Settings
    from ..vendors import EMBEDDED

    catalog = Catalog(Settings())
    entry = catalog.entry(EMBEDDED, "direct")
    if entry.why_not:
        raise ConfigError(
            f"The embedded model is missing: {sentence(entry.why_not)} Or start the sandbox with --canned."
        )
    backend = catalog.backend(EMBEDDED, "direct")
    backend.prepare()
    return backend
