"""The Settings page's preferences as the process knows them: read from the database now and then, written at once."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from llm_backends.clock import now_ms
from llm_backends.errors import ConfigError
from llm_backends.facts import PreferencesUnread

if TYPE_CHECKING:
    from llm_backends.store.call_log import CallLog

# Another process may change them, too.
_FRESH_MS = 10_000


class Preferences:
    """Everybody's, by name. `problem` says why they are not known; what was read before holds meanwhile.

    Safe from any thread.
    """

    def __init__(self, log: CallLog) -> None:
        self.problem: PreferencesUnread | None = None
        self._log = log
        self._values: dict[str, Any] = {}
        self._read_ms: float | None = None
        self._lock = Lock()

    def now(self) -> Mapping[str, Any]:
        """All of them; a database that cannot be read is asked again after a while."""
        if self._lock.acquire(blocking=self._read_ms is None):  # who finds it being read takes what is known
            try:
                if self._read_ms is None or now_ms() - self._read_ms > _FRESH_MS:
                    self._read()
            finally:
                self._lock.release()
        return self._values

    def keep(self, changed: Mapping[str, Any]) -> None:
        """Write these, None takes one back. Raises ConfigError when they can't be written."""
        with self._lock:
            self._log.prefer(changed)
            self._read()

    def _read(self) -> None:
        try:
            self._values, self.problem = self._log.preferences(), None
        except ConfigError:
            if not self._values:
                self.problem = PreferencesUnread()
        self._read_ms = now_ms()
