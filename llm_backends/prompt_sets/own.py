"""The prompt sets that come along: small enough for the embedded model, each with checks that fit what it expects."""

from pathlib import Path

from ..checks.criteria import Check, Equals, Matches, Number, ValidJson
from ..prompt_set import PromptSet
from .reading import read

_FOLDER = Path(__file__).parent / "sets"

CHECKS: dict[str, tuple[Check, ...]] = {
    "arithmetic": (Number(),),
    "extraction": (ValidJson(), Equals(as_json=True)),
    "instructions": (Matches(),),
}
"""By the sets' names."""
ROUTES = "routes"
"""Questions with short answers, which a Route lab asks where no other set is chosen: nothing checks them."""


def own_set(name: str) -> PromptSet:
    """The set of this name, ROUTES or one of CHECKS. Raises KeyError where there is none."""
    if name not in (ROUTES, *CHECKS):
        raise KeyError(name)
    reading = read((_FOLDER / f"{name}.csv").read_bytes(), f"{name}.csv")
    assert reading.prompts and not reading.faults
    return reading.prompts
