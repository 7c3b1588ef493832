"""What is added to the time of an answer before its headers: a delay on Azure's side, and jitter by a seed."""

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

from .protocol import Http


@dataclass
class Delays:
    """Milliseconds, which can be changed on the running server.

    The jitter is distributed exponentially with this mean, alike for all providers. It hangs on the seed, the request
    and how often that came before, not on the order of different requests.
    """

    azure_ms: float = 0.0
    jitter_ms: float = 0.0
    seed: int = 0
    _seen: Counter[str] = field(default_factory=Counter, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def ms(self, azure: bool, http: Http) -> float:
        """What is added to the answer to this request; `azure`: on Azure's side."""
        return azure * self.azure_ms + (self._jitter(http) if self.jitter_ms else 0.0)

    def _jitter(self, http: Http) -> float:
        request = f"{http.path} {json.dumps(http.body, sort_keys=True)}"
        with self._lock:
            self._seen[request] += 1
            again = self._seen[request]
        return random.Random(f"{self.seed} {again} {request}").expovariate(1 / self.jitter_ms)
