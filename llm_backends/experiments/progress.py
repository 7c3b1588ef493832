"""How far an experiment is, as a value for whoever watches."""

from dataclasses import dataclass

from ..store.experiments import State


@dataclass(frozen=True)
class Progress:
    """How far an experiment of `total` calls is. `running` are in flight; warm-ups are in no number but `spent_usd`.

    `reason` says why it is paused: somebody asked, a limit in "usd" or "calls" would be passed, its lease was "lost" to
    another process, a row was "not kept", the program "closed" or had a "fault", or the error of a slot whose warm-ups
    were all refused.
    `remaining_s` is None while it can't be told. `held` are the endpoints that asked to be left alone, with seconds.
    """

    state: State
    reason: str | None
    total: int
    ended: int
    failed: int
    running: int
    spent_usd: float
    remaining_s: float | None
    held: tuple[tuple[str, float], ...] = ()
