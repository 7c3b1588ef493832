"""One place in a comparison: what a race runs."""

from dataclasses import dataclass

from .net.retries import Retries
from .types import Backend, ChatRequest


@dataclass(frozen=True)
class Slot:
    """One place in a comparison: a model on a route, and what is asked of it."""

    backend: Backend
    request: ChatRequest
    retries: Retries = Retries()
