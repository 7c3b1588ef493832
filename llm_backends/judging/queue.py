"""Which blind pairs of an experiment's answers are asked about, in which order."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import combinations
from random import Random


@dataclass(frozen=True)
class Pair:
    """Two slots' answers to one prompt; `first` is shown on the left."""

    number: int
    first: int
    second: int

    def vote_id(self, experiment_id: str) -> str:
        """The id of the one vote on this pair: sent twice, it is one."""
        low, high = sorted((self.first, self.second))
        return f"{experiment_id}-{self.number}-{low}-{high}"


def queue(answered: Mapping[int, Collection[int]], seed: str, most: int) -> tuple[Pair, ...]:
    """So many pairs at most, of the slots that answered each prompt, by its number.

    Every two slots are asked about as often as any others, on prompts in an order drawn at random, and either stands on
    the left as often. The same for the same seed, so that a queue goes on where it was left.
    """
    random = Random(seed)
    numbers = {
        pair: [number for number, slots in answered.items() if set(pair) <= set(slots)]
        for pair in combinations(sorted({slot for slots in answered.values() for slot in slots}), 2)
    }
    for shuffled in numbers.values():
        random.shuffle(shuffled)
    pairs: list[Pair] = []
    while len(pairs) < most and any(numbers.values()):
        round = [pair for pair in numbers if numbers[pair]]
        random.shuffle(round)
        for pair in round[: most - len(pairs)]:
            first, second = pair if random.random() < 0.5 else pair[::-1]
            pairs.append(Pair(numbers[pair].pop(), first, second))
    return tuple(pairs)
