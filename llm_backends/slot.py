"""One place in a comparison: what a race runs."""

from dataclasses import dataclass

from .net.retries import Retries
from .settings.prices.prices import Prices
from .types import Backend, ChatRequest


@dataclass(frozen=True)
class Slot:
    """One place in a comparison: a model on a route, what is asked of it, and the own prices that it is priced by."""

    backend: Backend
    request: ChatRequest
    retries: Retries = Retries()
    prices: Prices = Prices()
