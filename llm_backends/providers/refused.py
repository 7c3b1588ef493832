"""A backend that could not be built: it says why when it is asked, so that its slot fails and no other does."""

from collections.abc import Iterator

from ..errors import ConfigError
from ..facts import NotReady
from ..sentences import sentence
from ..types import ChatRequest, Delta, Finish, Target


class Refused:
    """Stands in for a model whose key, endpoint, deployment or package is missing."""

    def __init__(self, *, target: Target, reason: NotReady) -> None:
        self.target, self._reason = target, reason

    def prepare(self) -> None:
        """Raise ConfigError."""
        raise ConfigError(sentence(self._reason), target=self.target)

    def stream(self, request: ChatRequest) -> Iterator[Delta | Finish]:
        """Raise ConfigError."""
        raise ConfigError(sentence(self._reason), target=self.target)
        yield
