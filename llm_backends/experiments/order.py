"""The order of an experiment's calls: fair, so that drift hits all slots alike, and the same for the same seed."""

import random
from array import array
from collections.abc import Iterator, MutableSequence
from dataclasses import dataclass
from itertools import islice

from ..store.sharing.leases import WHOLE, Share


@dataclass(frozen=True)
class Block:
    """One prompt for every slot, in the order in which they are called. `prompt` is its position, both from 0."""

    prompt: int
    repeat: int
    slots: tuple[int, ...]


def blocks(prompts: int, repeats: int, slots: int, seed: int, share: Share = WHOLE) -> Iterator[Block]:
    """Every block of the share once, in random order, repeats among each other.

    A block's slots are shuffled when it is reached.
    """
    order = array("L", range(prompts * repeats))  # 8 bytes a block: 800 kB for 100,000 prompts
    _shuffle(order, random.Random(f"{seed}"))
    for number in islice(order, share.number, None, share.of):
        within = array("L", range(slots))
        _shuffle(within, random.Random(f"{seed} {number}"))
        repeat, prompt = divmod(number, prompts)
        yield Block(prompt, repeat, tuple(within))


def _shuffle(items: MutableSequence[int], chance: random.Random) -> None:
    """Fisher and Yates, by `random()` alone: of all of Random, only that stays the same from Python to Python."""
    for last in reversed(range(1, len(items))):
        other = int(chance.random() * (last + 1))
        items[last], items[other] = items[other], items[last]
