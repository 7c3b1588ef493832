"""Which comparisons were cut short when LLMSelect last stopped, asked of the log once."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

from llm_backends.errors import ConfigError

if TYPE_CHECKING:
    from llm_backends.store.call_log import CallLog, Comparison

DAYS = 7


class Interrupted:
    """Asks the log once, in the background: in a log of a million calls it can take a second."""

    def __init__(self, log: CallLog) -> None:
        self.found: tuple[Comparison, ...] = ()
        self.known = Event()
        Thread(target=self._ask, args=(log,), name="interrupted comparisons", daemon=True).start()

    def _ask(self, log: CallLog) -> None:
        try:
            self.found = log.interrupted(days=DAYS)
        except ConfigError:
            pass  # the sidebar tells what is wrong with the log
        finally:
            self.known.set()
