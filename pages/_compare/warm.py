"""Loads libraries while the analyst still writes: the first import of an SDK or a chart takes a second or more."""

import importlib
from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Thread

from llm_backends.errors import BackendError
from llm_backends.runs.plan import ref_of
from pages._shared.session import App

_begun: set[str] = set()
_lock = Lock()


def libraries(app: App, picks: list[str], route: str) -> None:
    """Start loading what charts and these picks need, once for each. A local model waits until it is used."""
    _once("charts", lambda: [importlib.import_module(name) for name in ("pandas", "altair")])
    for ref in map(ref_of, picks):
        entry = app.catalog.entry(ref, route)
        if entry.ready and entry.route != "local":
            _once(f"{entry.provider} {entry.route}", app.catalog.backend(ref, route).prepare)


def _once(name: str, load: Callable[[], object]) -> None:
    with _lock:
        if name in _begun:
            return
        _begun.add(name)
    Thread(target=_load, args=(load,), name=f"loads {name}", daemon=True).start()


def _load(load: Callable[[], object]) -> None:
    with suppress(BackendError):  # the card will tell it, if the model is asked
        load()
