"""A cache for what is built once and used by many threads, and how to let go of what was built with a secret."""

import gc
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_forgetters: list[Callable[[str], None]] = []


def once(build: Callable[P, T]) -> Callable[P, T]:
    """Like functools.cache, but threads that ask at the same moment wait for one of them to build.

    functools.cache lets each build its own; an SDK's client that is then forgotten dies with its connections open.
    """
    lock = Lock()
    built: dict[tuple[tuple[object, ...], tuple[tuple[str, object], ...]], T] = {}

    @wraps(build)
    def get(*args: P.args, **kwargs: P.kwargs) -> T:
        asked = args, tuple(sorted(kwargs.items()))
        with lock:
            if asked not in built:
                built[asked] = build(*args, **kwargs)
            return built[asked]

    def forgotten(secret: str) -> None:
        with lock:
            for args, kwargs in [asked for asked in built if secret in (*asked[0], *dict(asked[1]).values())]:
                del built[args, kwargs]

    _forgetters.append(forgotten)
    return get


def forget(secret: str) -> None:
    """Let go of everything that was built with this secret as an argument; who still needs it builds it anew."""
    for forgotten in _forgetters:
        forgotten(secret)
    gc.unfreeze()  # what a run has frozen is never collected, and SDK clients refer to themselves
    gc.collect()
    gc.freeze()
