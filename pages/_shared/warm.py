"""Loads libraries while nobody waits: the first import of an SDK, of charts or statistics takes up to seconds."""

import importlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Lock, Thread

from llm_backends.errors import BackendError
from llm_backends.runs.plan import ref_of
from pages._shared.session import App

_ANY_PAGE = ("pandas", "altair", "pandas.io.formats.style", "scipy.special")

_begun: set[str] = set()
_lock = Lock()
_turn = Lock()


def pages(app: App) -> None:
    """Start loading what any page is going to need."""
    for name in _ANY_PAGE:
        _once(app, name, partial(importlib.import_module, name))


def models(app: App, picks: list[str], route: str) -> None:
    """Start loading what these picks need, once for each. A local model waits until it is used."""
    for ref in map(ref_of, picks):
        entry = app.catalog.entry(ref, route)
        if entry.ready and entry.route != "local":
            _once(app, f"{entry.provider} {entry.route}", app.catalog.backend(ref, route).prepare)


def _once(app: App, name: str, load: Callable[[], object]) -> None:
    with _lock:
        if name in _begun:
            return
        _begun.add(name)
    Thread(target=_load, args=(app, load), name=f"loads {name}", daemon=True).start()


def _load(app: App, load: Callable[[], object]) -> None:
    """One after the other, and not beside a comparison: it loads what it needs itself, and its times are measured."""
    with _turn:
        for run in app.runs.live():
            run.wait()
        with suppress(BackendError):  # the card will tell it, if the model is asked
            load()
