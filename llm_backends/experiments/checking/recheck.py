"""One experiment's kept answers being judged anew in the background, as whoever watches sees it."""

import logging
from threading import Event, Thread
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ...store import judgements
from .kept import judge_kept

if TYPE_CHECKING:
    from ...store.database import Database

_log = logging.getLogger(__name__)


class Recheck:
    """Judges what the plan's present checks have not, in a thread of its own. `judged` of `total` are done.

    `checks` is what checks_id calls them; None where there are none, and so nothing to judge. `problem` is what ended
    it, for the analyst; what is done is kept, and the rest is judged when it is begun again.
    """

    def __init__(self, database: "Database", experiment_id: str, checks: str | None) -> None:
        self.judged = 0
        self.problem: str | None = None
        self._database, self._id = database, experiment_id
        self._asked_to_stop, self._over = Event(), Event()
        self.total = 0
        if checks is not None:
            with database.reading() as connection:
                self.total = judgements.left(connection, experiment_id, checks)
        Thread(target=self._run, name=f"judge-{experiment_id[:8]}", daemon=True).start()

    def stop(self) -> None:
        """End it after the answers in hand."""
        self._asked_to_stop.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until it is over, `timeout_s` seconds at most; say whether it is."""
        return self._over.wait(timeout_s)

    def _run(self) -> None:
        try:
            judge_kept(self._database, self._id, self._told)
        except ConfigError as exc:
            self.problem = str(exc)
        except Exception:
            _log.exception("judging experiment %s failed by a fault of our own", self._id)
            self.problem = "LLMSelect itself failed: its log has more; please report it."
        finally:
            self._over.set()

    def _told(self, judged: int) -> bool:
        self.judged = judged
        return not self._asked_to_stop.is_set()
