"""How many shares each worker should have: as many as any other, as far as it has room."""

from collections.abc import Mapping

from ..store.sharing.leases import Load


def fair(loads: Mapping[str, Load], more: int = 0) -> dict[str, int]:
    """How many of the shares that are held, and `more` beside them, each worker should have.

    Where they can't all have as many, those that hold more now keep one more: nothing is handed over for nothing.
    """
    due = dict.fromkeys(loads, 0)
    for _ in range(more + sum(len(load.held) for load in loads.values())):
        free = [id for id, load in loads.items() if due[id] < load.room]
        if not free:
            break
        due[min(free, key=lambda id: (due[id], -len(loads[id].held), id))] += 1
    return due


def surplus(loads: Mapping[str, Load], worker: str) -> int:
    """How many shares the worker should hand over."""
    mine = loads.get(worker)
    return max(0, len(mine.held) - fair(loads)[worker]) if mine else 0


def due(loads: Mapping[str, Load], jobs: int) -> tuple[str, ...]:
    """The workers who should have one more share, where there are so many in all, taken or not: who has least first."""
    held = {id: len(load.held) for id, load in loads.items()}
    wanted = fair(loads, more=max(1, jobs - sum(held.values())))
    return tuple(sorted((id for id in held if wanted[id] > held[id]), key=lambda id: (held[id], id)))
