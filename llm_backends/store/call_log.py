"""The log of every call, as pages, command line and runs use it."""

import atexit
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from ..checks.checks import Judgement
from ..types import CallResult
from . import calls, comparisons, figures, judgements, preferences, tables
from .calls import ALL, Behind, Filter, LoggedCall, Place
from .columns import now
from .comparisons import Comparison
from .database import Database
from .figures import ModelStats
from .rollups import days
from .rollups.unpacked import Unpacked
from .search import words
from .search.fill import fill, missing
from .search.find import Hit, Wanted, find
from .votes import kept as votes
from .votes.vote import CastVote, Vote, VoteFilter
from .writer import Writer

if TYPE_CHECKING:
    from pyarrow import Table

__all__ = ["CallLog", "Comparison", "Filter", "LoggedCall", "ModelStats", "Place"]


class CallLog:
    """The log in the database at `url`: `sqlite:///path` or `postgresql://user:password@host/name`.

    Taking a row never waits and never raises; `problem` tells what stands in the way of writing it. Queries raise
    ConfigError when the database can't be read. Safe to use from several threads. `database` and `writer` are for the
    other subjects of the store.
    """

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.writer = Writer(self.database)
        self._opened_at = now()
        self._unpacked = Unpacked()
        atexit.register(self.close)

    @property
    def place(self) -> str:
        """Where the log is, for the analyst; never a credential."""
        return self.database.place

    def open_comparison(
        self,
        prompt: str,
        system: str | None,
        params: Mapping[str, Any],
        slots: int,
        user: str | None = None,
        conversation_id: str | None = None,
    ) -> str:
        """The id for a comparison that will have `slots` calls; a turn of a chat where it is of a conversation."""
        values = now(), user, prompt, system, dict(params), slots, self.writer.process.id
        row = partial(comparisons.row, *values, conversation_id=conversation_id)
        return self.writer.take(tables.comparisons, row, chars=len(prompt) + len(system or ""))

    def record(self, comparison_id: str, slot: int, result: CallResult, user: str | None = None) -> None:
        """Take a call that has ended."""
        row = partial(calls.row, comparison_id, slot, user, result)
        chars = len(result.answer) + len(result.reasoning)
        self.writer.take(tables.calls, row, chars, part_of=comparison_id)

    def record_in_experiment(
        self, place: Place, slot: int, result: CallResult, user: str | None = None, id: str | None = None
    ) -> str:
        """Take a call of an experiment that has ended; the id of its row, `id` where that is given."""
        row = partial(calls.row, None, slot, user, result, place=place)
        return self.writer.take(tables.calls, row, len(result.answer) + len(result.reasoning), id=id)

    def record_judgement(self, call_id: str, place: Place, slot: int, checks: str, judgement: Judgement) -> None:
        """Take what checks found in a call of an experiment that was taken before; see judgements.row."""
        row = judgements.row(call_id, place, slot, checks, judgement)
        self.writer.take(tables.judgements, lambda id: row, len(row["found"]), part_of=call_id)

    @property
    def problem(self) -> str | None:
        """What keeps rows from being written and what to do about it, for the analyst; None when all is well."""
        return self.writer.problem

    def check(self) -> None:
        """Find out whether rows can be written, by writing that this process lives. Raises ConfigError if not."""
        with self.database.writing() as connection:
            self.writer.process.seen(connection)

    def flush(self, timeout_s: float) -> bool:
        """Wait until every row that was taken before is written, or lost; False when that took too long."""
        return self.writer.flush(timeout_s)

    def close(self, timeout_s: float = 3.0) -> None:
        """Write what waits, within `timeout_s`, and stop. Idempotent; runs by itself when the program ends."""
        atexit.unregister(self.close)
        self.writer.close(timeout_s)
        self.database.close()

    def recent_comparisons(
        self, limit: int = 50, before: str | None = None, search: str | None = None, user: str | None = None
    ) -> tuple[Comparison, ...]:
        """Comparisons with their calls, newest first; `before` is the id of the last one seen.

        `search` is looked for in prompts and system prompts, whatever the case.
        """
        with self.database.reading() as connection:
            return comparisons.recent(connection, limit, before, search, user)

    def comparison(self, id: str) -> Comparison | None:
        """One comparison with its calls; None when there is none with this id (or it is not written yet)."""
        with self.database.reading() as connection:
            return comparisons.one(connection, id)

    def reveal(self, id: str) -> bool:
        """Note that the names of a blind comparison are shown; whether they were hidden until now.

        Raises ConfigError where that can't be written.
        """
        self.flush(3.0)
        with self.database.writing() as connection:
            return comparisons.reveal(connection, id, now())

    def revealed(self, id: str) -> bool:
        """Whether the names of this comparison have been shown."""
        with self.database.reading() as connection:
            return comparisons.revealed(connection, id)

    def vote(self, vote: Vote) -> bool:
        """Keep a vote; False where one with its id is there already, which then stays as it is.

        Raises ConfigError where it can't be written: nothing of it is kept then.
        """
        self.flush(3.0)  # the answers that it ranks
        with self.database.writing() as connection:
            return votes.cast(connection, vote)

    def take_back(self, id: str, user: str | None = None) -> bool:
        """Delete this vote of this user's; whether there was one."""
        with self.database.writing() as connection:
            return votes.take_back(connection, id, user)

    def votes(self, filter: VoteFilter) -> tuple[CastVote, ...]:
        """The votes that the filter asks for, oldest first."""
        with self.database.reading() as connection:
            return votes.found(connection, filter)

    def search(self, text: str, wanted: Wanted, before: int | None = None, limit: int = 20) -> tuple[Hit, ...]:
        """The newest prompts and answers with all of these words, of those before the hit with this number.

        None for a text without a word. A phrase stands in quotation marks; nothing else in the text is an operator.
        """
        asked = words.query(text)
        if asked is None:
            return ()
        with self.database.reading() as connection:
            return find(connection, asked, wanted, before, limit)

    def unindexed(self) -> float:
        """What share of the rows from before there was an index can't be found yet, 0 to 1."""
        with self.database.reading() as connection:
            return missing(connection)

    def index(self) -> Iterator[float]:
        """Index the rows from before there was an index, yielding what share of them is."""
        return fill(self.database)

    def interrupted(self, days: float = 7) -> tuple[Comparison, ...]:
        """Comparisons of the last days that lack calls and that no process runs any more, newest first.

        A process that was killed is missed at once on this machine, after half a minute on another.
        """
        since = now(timedelta(days=days))
        with self.database.reading() as connection:
            return comparisons.interrupted(connection, since, self._opened_at, self.writer.process.id)

    def calls(self, filter: Filter = ALL, limit: int = 200) -> tuple[LoggedCall, ...]:
        """Calls, newest first."""
        with self.database.reading() as connection:
            return calls.recent(connection, filter, limit)

    def behind(
        self, filter: Filter, what: Behind | None = None, near: tuple[str, float] | None = None, limit: int = 10
    ) -> tuple[LoggedCall, ...]:
        """Some of the calls that a figure is of: see calls.behind."""
        with self.database.reading() as connection:
            return calls.behind(connection, filter, what, near, limit)

    def by_model(self, filter: Filter = ALL) -> tuple[ModelStats, ...]:
        """Counts, percentiles and costs for each model on each route, made in the database."""
        with self.database.reading() as connection:
            return figures.by_model(connection, filter)

    def cells(self, filter: Filter = ALL) -> "Table":
        """What the calls of the filter's time came to, by kind: store/rollups/. Nothing else of it is looked at."""
        with self.database.reading() as connection:
            return days.read(connection, filter, self._unpacked)

    def roll_up(self) -> Iterator[float]:
        """Make the rollups of days that are over, where they are missing, yielding what share of them is made."""
        return days.roll_up(self.database)

    def preferences(self, user: str | None = None) -> dict[str, Any]:
        """What this user, or everybody where there are no users, has chosen on the Settings page, by name."""
        with self.database.reading() as connection:
            return preferences.chosen(connection, user)

    def prefer(self, chosen: Mapping[str, Any], user: str | None = None) -> None:
        """Keep these choices at once; None takes one back. Raises ConfigError when they can't be written."""
        with self.database.writing() as connection:
            preferences.choose(connection, chosen, user)
