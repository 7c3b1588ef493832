"""What one browser session is sent of the answers under way: what is new, or everything where it missed some of it."""

from collections import deque
from collections.abc import Sequence
from typing import Any

from llm_backends.clock import now_ms
from pages._compare.live.layout import Layout

# A browser draws only the last of several messages that reach it together: each repeats what this many before it said.
REPEATED = 5


class Feed:
    """The messages about one run, numbered from 1. Each says for which earlier one its reader must have seen.

    `together`: no answer is laid out without the others, so that none is seen to lag behind.
    """

    def __init__(self, run_id: str, slots: int, rest: float = Layout.rest, *, together: bool = False) -> None:
        self.run_id = run_id
        self._layouts = tuple(Layout(rest=0 if together else rest) for _ in range(slots))
        self._rest, self._next_ms = rest if together else 0.0, 0.0
        self._number = 0
        self._sent: deque[list[tuple[int, str]]] = deque(maxlen=REPEATED)

    def start_over(self) -> None:
        """Say everything with the next message."""
        self._sent.clear()

    def message(self, answers: Sequence[str]) -> dict[str, Any]:
        """The next message, as JSON: for each slot (first block, finished blocks, kept of the open one, its rest).

        A reader needs to have seen message `since` or a later one, or none if that is 0. `kept` counts UTF-16 units.
        """
        started_ms = now_ms()
        if started_ms >= self._next_ms:
            for layout, answer in zip(self._layouts, answers, strict=True):
                layout.grow(answer)
            self._next_ms = now_ms() + (now_ms() - started_ms) * self._rest / len(self._layouts)
        since = self._number + 1 - len(self._sent) if self._sent else 0
        slots = [_news(layout, [sent[slot] for sent in self._sent]) for slot, layout in enumerate(self._layouts)]
        self._number += 1
        self._sent.append([(len(layout.blocks), layout.open) for layout in self._layouts])
        return {"run": self.run_id, "number": self._number, "since": since, "slots": slots}


def _news(layout: Layout, sent: Sequence[tuple[int, str]]) -> tuple[int, list[str], int, str]:
    first = sent[0][0] if sent else 0
    kept = min((_common(layout.open, was) for _, was in sent), default=0)
    units = len(layout.open[:kept].encode("utf-16-le", "surrogatepass")) // 2
    return first, layout.blocks[first:], units, layout.open[kept:]


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    same, least = 0, min(len(one), len(other))
    while same < least:
        middle = (same + least + 1) // 2
        if one[same:middle] == other[same:middle]:
            same = middle
        else:
            least = middle - 1
    return same
