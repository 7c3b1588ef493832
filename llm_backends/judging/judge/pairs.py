"""Which answers of an experiment are held against each other: two of each prompt, and a sample where there are many."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import combinations
from random import Random

from ...store.database import Database
from ...store.votes import judged

MOST_PAIRS = 2000
_BATCH = 250


@dataclass(frozen=True)
class Answer:
    """One answer: its call, the slot that gave it, and its text."""

    call: str
    slot: int
    text: str


@dataclass(frozen=True)
class Pair:
    """Two answers to the prompt with this number."""

    number: int
    first: Answer
    second: Answer


@dataclass(frozen=True)
class Drawn:
    """The pairs that a judge is to be asked about, of `there` that there are.

    `alike` were passed over in the draw, since both answers are the same word for word.
    """

    pairs: tuple[Pair, ...]
    there: int
    alike: int


def drawn(
    database: Database,
    experiment_id: str,
    slots: Collection[int],
    most: int,
    seed: int = 0,
    baseline: int | None = None,
    voted: Collection[tuple[str, str]] = (),
) -> Drawn:
    """Pairs of these slots' answers, at most `most`, the same for the same seed. Raises ConfigError.

    Of a prompt that was put several times it is the first repeat that ended well in both slots. With a `baseline` each
    pair has an answer of that slot. Calls that people have `voted` on come first, so that both can
    be compared.
    """
    with database.reading() as connection:
        there = list(_there(judged.answered(connection, experiment_id), slots, baseline))
    Random(f"{seed}").shuffle(there)
    known = set(map(frozenset, voted))
    there.sort(key=lambda pair: frozenset((pair[1][1], pair[2][1])) not in known)
    found: list[Pair] = []
    alike = 0
    for start in range(0, len(there), _BATCH):
        if len(found) >= most:
            break
        batch = there[start : start + _BATCH]
        with database.reading() as connection:
            texts = judged.answers(connection, {call for _, *two in batch for _, call in two})
        for number, *two in batch:
            first, second = (Answer(call, slot, texts.get(call, "")) for slot, call in two)
            if first.text.strip() == second.text.strip():
                alike += 1
            else:
                found.append(Pair(number, first, second))
            if len(found) >= most:
                break
    return Drawn(tuple(sorted(found, key=lambda pair: (pair.number, pair.first.slot))), len(there), alike)


def _there(
    answered: list[tuple[int, int, int, str]], slots: Collection[int], baseline: int | None
) -> Iterator[tuple[int, tuple[int, str], tuple[int, str]]]:
    """(prompt number, (slot, call), (slot, call)) of every pair."""
    prompts: dict[int, dict[int, dict[int, str]]] = defaultdict(lambda: defaultdict(dict))
    for number, slot, repeat, call in answered:
        if slot in slots:
            prompts[number][slot][repeat] = call
    for number, found in sorted(prompts.items()):
        for one, other in combinations(sorted(found), 2):
            both = found[one].keys() & found[other].keys()
            if both and baseline in (None, one, other):
                repeat = min(both)
                yield number, (one, found[one][repeat]), (other, found[other][repeat])
