"""A cache for what is built once and used by many threads."""

from collections.abc import Callable
from functools import cache, wraps
from threading import Lock
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def once(build: Callable[P, T]) -> Callable[P, T]:
    """Like functools.cache, but threads that ask at the same moment wait for one of them to build.

    functools.cache lets each build its own; an SDK's client that is then forgotten dies with its connections open.
    """
    lock, built = Lock(), cache(build)

    @wraps(build)
    def get(*args: P.args, **kwargs: P.kwargs) -> T:
        with lock:
            return built(*args, **kwargs)  # type: ignore[arg-type]  # a ParamSpec cannot say: hashable

    return get
