"""How an experiment stands, in a few words, and why it is paused with what to do next."""

from llm_backends.experiments.progress import Progress
from llm_backends.store.experiments import Experiment
from pages._shared.format import dollars

_STATES = {
    "ready": "not started",
    "queued": "waiting for a worker",
    "running": "running",
    "ending": "ending: calls in flight come to their end",
    "paused": "paused",
    "stopped": "stopped",
    "done": "done",
    "interrupted": "interrupted",
}
_REASONS = {
    "usd": "The next call could pass the limit in USD. Raise it to go on.",
    "calls": "The next call would pass the limit of calls. Raise it to go on.",
    "asked": "Somebody paused or stopped it. Every call that had ended is kept.",
    "lost": "Another process has taken it over.",
    "not kept": "The log could not keep a call. Once it can be written again, go on: nothing is asked twice.",
    "closed": "LLMSelect was closed in mid-run. Every call that had ended is kept: go on where it was.",
    "fault": "LLMSelect itself failed. The server's log has more; please report it. Every call that had ended is kept.",
}


def state(one: Experiment) -> str:
    """Its state; one that nobody runs although it was not ended is interrupted."""
    return "interrupted" if one.state == "running" and not one.held else one.state


def state_word(name: str) -> str:
    """The state as it is shown."""
    return _STATES.get(name, name)


def why(name: str, reason: str | None) -> str | None:
    """Why it does not go on, and what to do; None where there is nothing to say."""
    if name == "interrupted":
        return "The process that ran it ended in mid-run. Every call that had ended is kept: go on where it was."
    if name not in ("paused", "stopped") or reason is None:
        return None
    return _REASONS.get(reason, f"Every warm-up call of a model was refused: {reason}")


def counted(progress: Progress) -> str:
    """How far it is, what it cost and how long it will take."""
    parts = [f"{progress.ended:,} of {progress.total:,} calls"]
    parts += [f"{dollars(progress.spent_usd)} known cost"] if progress.spent_usd else []
    if progress.failed:
        parts.append(f"{progress.failed:,} failed")
    if progress.state == "running":
        left = "time left unknown" if progress.remaining_s is None else f"about {span(progress.remaining_s)} left"
        parts += [f"{progress.running} in flight", left]
    return " · ".join(parts)


def span(seconds: float) -> str:
    """A time to wait: 40 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
