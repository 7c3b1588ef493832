"""When a failed call may be tried again, and after which wait."""

import random
from dataclasses import dataclass

from ..errors import BackendError, RateLimited


@dataclass(frozen=True)
class Retries:
    """How patient a call is: at most `attempts` tries, waits in seconds. After the first token none is tried again."""

    attempts: int = 3
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0

    def wait_s(self, error: BackendError, attempt: int) -> float | None:
        """How long to wait after the given attempt (1 for the first) failed; None: do not try again.

        What the provider asks for in Retry-After is obeyed, or taken as a no where it is longer than we would wait.
        Otherwise the wait doubles with each attempt, less up to half of it by chance, so that slots that failed
        together do not come back together.
        """
        if attempt >= self.attempts or not error.retryable:
            return None
        if isinstance(error, RateLimited) and error.retry_after is not None:
            return error.retry_after if error.retry_after <= self.longest_wait_s else None
        wait_s = min(self.longest_wait_s, self.first_wait_s * 2.0 ** (attempt - 1))
        return wait_s * random.uniform(0.5, 1)
