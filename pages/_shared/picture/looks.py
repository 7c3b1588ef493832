"""How a model looks in every chart: its colour, its dashes and its shape, the same wherever it is drawn."""

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

import streamlit as st

COLOURS = ("#2f7fd1", "#d9700f", "#1f9467", "#b5367a", "#8b6bd9", "#94780a", "#687483", "#df4a4a")
"""Each at least 3 to 1 against white and against the dark theme's background."""

DASHES = ((1, 0), (6, 3), (2, 2))
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-left", "triangle-right")


@dataclass(frozen=True)
class Look:
    """Colour alone tells nothing to some: a line's dashes and a point's shape do, too."""

    colour: str
    dash: tuple[int, int]
    shape: str


class Looks:
    """Gives each name a look when it is first drawn, one whose colour nothing beside it has. Safe from any thread."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._lock = Lock()

    def of(self, names: Iterable[str]) -> dict[str, Look]:
        """The looks of names that are drawn together."""
        shown = list(dict.fromkeys(names))
        with self._lock:
            beside = {self._places[name] % len(COLOURS) for name in shown if name in self._places}
            for name in shown:
                if name not in self._places:
                    free = [n for n in range(len(COLOURS)) if n not in beside] or list(range(len(COLOURS)))
                    self._places[name] = self._free(free)
                    beside.add(self._places[name] % len(COLOURS))
            return {name: _look(self._places[name]) for name in shown}

    def _free(self, colours: list[int]) -> int:
        """The first place that nobody has of one of these colours."""
        taken = set(self._places.values())
        last = len(COLOURS) * (len(taken) + 1)
        return next(place for place in range(last) if place % len(COLOURS) in colours and place not in taken)


def _look(place: int) -> Look:
    turn, colour = divmod(place, len(COLOURS))
    return Look(COLOURS[colour], DASHES[place % len(DASHES)], SHAPES[(colour + turn) % len(SHAPES)])


@st.cache_resource(show_spinner=False)
def looks() -> Looks:
    """The process's own."""
    return Looks()
