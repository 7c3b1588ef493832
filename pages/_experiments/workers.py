"""Leaving an experiment to workers, where the log is in a PostgreSQL that they share."""

from collections.abc import Callable

import streamlit as st

from llm_backends.workers.queue import workers
from pages._shared.session import App

_HELP = "They share its calls, and go on when LLMSelect is closed here."


def offer(app: App, leave: Callable[[], None] | None = None, *, disabled: bool = False) -> bool:
    """Draw the button where workers are there; whether it was pressed.

    Raises ConfigError where the log can't be read.
    """
    if not app.log.database.is_server or not (count := workers(app.log)):
        return False
    return st.button(
        f"Leave it to {_counted(count)}",
        icon=":material/group_work:",
        key="leave_to_workers",
        on_click=leave,
        disabled=disabled,
        help=_HELP,
    )


def told(app: App) -> str:
    """Who will take up an experiment that waits for workers. Raises ConfigError where the log can't be read."""
    if count := workers(app.log):
        return f"{_counted(count).capitalize()} will take it up."
    return "No worker is there: start one with `python -m llm_backends worker`."


def _counted(count: int) -> str:
    return "1 worker" if count == 1 else f"{count} workers"
