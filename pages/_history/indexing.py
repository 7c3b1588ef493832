"""That old rows are being indexed, while they are: until then the search doesn't find them."""

from threading import Lock, Thread

import streamlit as st

from llm_backends.store.call_log import CallLog
from pages._shared.parts import part
from pages._shared.session import App

_begun: set[int] = set()
_lock = Lock()


def draw(app: App) -> None:
    """Have what is missing indexed in the background, and say how far that is."""
    if not app.log.unindexed():
        return
    _start(app.log)
    part(_progress, 2)(app)


def _progress(app: App) -> None:
    if missing := app.log.unindexed():
        done = 1 - missing
        st.progress(done, text=f"Older prompts and answers are being indexed, {done:.0%}: the others aren't found yet.")
    else:
        st.rerun()


def _start(log: CallLog) -> None:
    with _lock:
        if id(log) in _begun:
            return
        _begun.add(id(log))

    def index() -> None:
        try:
            for _ in log.index():
                if log.writer.closed:
                    return
        finally:
            with _lock:
                _begun.discard(id(log))

    Thread(target=index, name="indexes old rows", daemon=True).start()
