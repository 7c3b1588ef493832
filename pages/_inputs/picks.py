"""Picks: what the model picker holds. `provider/model`, and `provider/model #2` for the same model once more."""

from collections.abc import Iterable, Sequence

from llm_backends.catalog.catalog import ModelEntry
from llm_backends.runs.plan import named, ref_of
from llm_backends.sentences import in_short
from llm_backends.vendors import EMBEDDED
from pages._shared.format import context

MAX_SLOTS = 8  # as many cards as can be read side by side

_DETAILS = " · "


def pick_of(value: str) -> str:
    """The pick in a value of the picker, which is the option's whole label when the options have changed since."""
    return value.partition(_DETAILS)[0].strip()


def options(entries: Iterable[ModelEntry], picks: Sequence[str]) -> list[str]:
    """What can be picked: first the picked models once more, then all that are ready, then the others."""
    again = [_another(ref, picks) for ref in dict.fromkeys(map(ref_of, picks))] if len(picks) < MAX_SLOTS else []
    refs = [entry.ref for entry in sorted(entries, key=lambda entry: not entry.ready)]
    return list(dict.fromkeys([*picks, *again, *refs]))


def _another(ref: str, taken: Sequence[str]) -> str:
    return next(pick for pick in named([ref] * (MAX_SLOTS + 1)) if pick not in taken)


def label(pick: str, entry: ModelEntry) -> str:
    """What the picker shows: readiness, context window and price."""
    return _DETAILS.join(filter(None, [pick, *facts(entry)]))


def facts(entry: ModelEntry) -> list[str]:
    """What there is to know about a model before asking it."""
    if entry.why_not:
        return [in_short(entry.why_not)]
    prices = (entry.input_usd_per_mtok, entry.output_usd_per_mtok)
    price = None if None in prices else "${:,.2f}/${:,.2f} per M".format(*prices)
    window = context(entry.context_window)
    return [fact for fact in ("ready", window and f"{window} context", price) if fact]


def default(entries: Sequence[ModelEntry]) -> list[str]:
    """What a first visit finds picked: one ready model of each of four providers, else the embedded model twice."""
    first: dict[str, str] = {}
    for entry in entries:
        if entry.ready and entry.provider != "local":
            first.setdefault(entry.provider, entry.ref)
    return list(first.values())[:4] if first else [EMBEDDED, f"{EMBEDDED} #2"]
