"""A judge's verdicts as votes: kept beside those of people, never among them."""

from typing import TYPE_CHECKING

from ...store import experiments
from ...store.votes import kept
from ...store.votes.vote import Vote
from .outcome import Judged, Outcome, outcome

if TYPE_CHECKING:
    from ...store.call_log import CallLog

CHANGED = "It changed its mind with the order."


def keep(log: "CallLog", id: str) -> int:
    """Keep what a judging has come to, once however often it is called; how many votes are new.

    Nothing for an experiment that judges nothing, or whose answers are gone. Raises ConfigError.
    """
    with log.database.reading() as connection:
        one = experiments.one(connection, id)
    found = outcome(log.database, one) if one else None
    if found is None or not found.decided:
        return 0
    votes = [vote for pair in found.pairs if (vote := _vote(found, pair))]
    with log.database.reading() as connection:
        there = kept.known(connection, [vote.id for vote in votes])
    new = [vote for vote in votes if vote.id not in there]
    if not new:
        return 0
    with log.database.writing() as connection:
        answers = kept.answers(connection, {call for vote in new for group in vote.ballot for call in group})
        if experiments.one(connection, found.judges) is None:
            return 0
        whole = [vote for vote in new if all(call in answers for group in vote.ballot for call in group)]
        return sum(kept.cast(connection, vote) for vote in whole)


def _vote(found: Outcome, pair: Judged) -> Vote | None:
    """The names of the models were hidden from the judge: its vote is blind."""
    if pair.verdict is None:
        return None
    first, second = pair.calls
    ballots = {"first": ((first,), (second,)), "second": ((second,), (first,)), "tie": ((first, second),)}
    return Vote(
        f"{found.judging.id}.{pair.row}",
        ballots[pair.verdict],
        blind=True,
        experiment_id=found.judges,
        prompt_number=pair.number,
        reason=CHANGED if pair.changed else None,
        judge=found.judge,
        user=found.judging.user,
    )
