"""Checks in the background: the smallest real call to a provider or a deployment, shown where it was asked for."""

from collections.abc import Callable
from threading import Semaphore, Thread, current_thread

import streamlit as st

from llm_backends.redact import hide
from llm_backends.runs.check import AT_ONCE, Checked
from llm_backends.sentences import advice
from pages._shared.format import duration, plain
from pages._shared.parts import part

_turns = Semaphore(AT_ONCE)


class Checks:
    """A session's checks by name, the latest of each. A thread of its own makes each, and writes only in here."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[Checked, ...]] = {}
        self._latest: dict[str, Thread] = {}

    @property
    def running(self) -> bool:
        """Whether any check goes on."""
        return any(map(self.runs, list(self._latest)))

    def runs(self, name: str) -> bool:
        """Whether this check goes on."""
        return name in self._latest and name not in self.found

    def start(self, name: str, make: Callable[[], tuple[Checked, ...]]) -> None:
        """Make this check, in the place of an earlier one."""
        self.forget(name)
        thread = Thread(target=self._make, args=(name, make), name=f"checks {name}", daemon=True)
        self._latest[name] = thread
        thread.start()

    def forget(self, name: str) -> None:
        """Drop a check whose subject has changed, a running one too."""
        self._latest.pop(name, None)
        self.found.pop(name, None)

    def wait(self) -> None:
        """Until none goes on."""
        for thread in list(self._latest.values()):
            thread.join()

    def _make(self, name: str, make: Callable[[], tuple[Checked, ...]]) -> None:
        with _turns:
            try:
                found = make()
            except Exception as exc:  # a page that waits for ever would tell less
                found = (Checked(name, name, "failed", hide(f"LLMSelect itself failed: {exc}. Please report it.")),)
        if self._latest.get(name) is current_thread():
            self.found[name] = found


def checks() -> Checks:
    """This session's."""
    return st.session_state.setdefault("checks", Checks())


def draw(name: str) -> None:
    """How the check of this name went, if there was one."""
    own = checks()
    if own.runs(name):
        st.caption(":material/progress_activity: checking…")
    for found in own.found.get(name, ()):
        _result(found)


def _result(found: Checked) -> None:
    if found.status == "ok":
        counts = "counts tokens in streams" if found.usage_in_stream else "counts no tokens in streams"
        color, icon, facts = "green", "check_circle", [found.target, duration(found.total_ms), counts]
    elif found.status == "failed":
        color, icon, facts = "red", "error", [found.detail or f"{found.target} failed without a word"]
    else:
        color, icon, facts = "orange", "circle", []
    lines = [f":{color}[:material/{icon}: {found.status}] " + plain(" · ".join(facts))]
    said = advice(found.findings, found.why_not)
    lines += [plain(said)] if said else []
    st.markdown("  \n".join(lines))


def poll() -> None:
    """Draw the page anew when a check has ended. Nothing runs where nothing is checked."""
    if checks().running:
        part(_until_news, 0.5)(len(checks().found))


def _until_news(seen: int) -> None:
    if len(checks().found) != seen:
        st.rerun()
