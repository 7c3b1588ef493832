"""Loads the libraries of picked models while the analyst still writes: the first import of an SDK takes seconds."""

from contextlib import suppress
from threading import Lock, Thread

from llm_backends.errors import BackendError

from ._picks import ref_of
from ._shared import App

_begun: set[tuple[str, str]] = set()
_lock = Lock()


def libraries(app: App, picks: list[str], route: str) -> None:
    """Start loading what these picks need, once for each provider and route. A local model waits until it is used."""
    for ref in map(ref_of, picks):
        entry = app.catalog.entry(ref, route)
        with _lock:
            if not entry.ready or entry.route == "local" or (entry.provider, entry.route) in _begun:
                continue
            _begun.add((entry.provider, entry.route))
        Thread(target=_load, args=(app, ref, route), name=f"library of {entry.provider}", daemon=True).start()


def _load(app: App, ref: str, route: str) -> None:
    with suppress(BackendError):  # the card will tell it, if the model is asked
        app.catalog.backend(ref, route).prepare()
