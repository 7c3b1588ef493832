"""Summing up past days in the background, so that a page can show how far it is."""

from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..store.call_log import CallLog


class Rolling:
    """Makes the rollups that are missing, in a thread of its own whenever it is asked to. Safe from any thread."""

    def __init__(self, log: "CallLog") -> None:
        self.share = 0.0
        """What of the days that were missing at the start is made, 0 to 1."""
        self.stopped = False
        self._log = log
        self._done = Event()
        self._done.set()

    @property
    def going_on(self) -> bool:
        """Whether it is at work."""
        return not self._done.is_set()

    def start(self, wait_s: float = 0.0) -> None:
        """Begin unless it is at work or was stopped; return when it has ended, or `wait_s` later."""
        if not (self.going_on or self.stopped):
            self._done.clear()
            Thread(target=self._run, name="rolls up days", daemon=True).start()
        self._done.wait(wait_s)

    def stop(self) -> None:
        """End after the day that is being made; what is made stays."""
        self.stopped = True

    def go_on(self) -> None:
        """Take the stop back."""
        self.stopped = False
        self.start()

    def _run(self) -> None:
        try:
            self.share = 0.0
            for share in self._log.roll_up():
                self.share = share
                if self.stopped:
                    return
            self.share = 1.0
        finally:
            self._done.set()
