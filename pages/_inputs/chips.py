"""What a card says beside its model's name: where it runs, and with which parameters, also those that were not sent."""

from llm_backends.parameters import PARAMETERS, Asked, Parameter, not_sent
from llm_backends.types import Target

NAMES: dict[Parameter, str] = {
    "temperature": "temperature",
    "top_p": "top p",
    "stop": "stop sequences",
    "seed": "seed",
    "reasoning_effort": "reasoning effort",
}


def chips(target: Target, asked: Asked, turn: int | None) -> list[str]:
    """Short texts, in the order in which they are shown."""
    found = list(dict.fromkeys((target.provider or "unknown provider", target.route)))
    if target.deployment:
        found.append(f"deployment {target.deployment}")
    if target.simulated:
        found.append("simulated")
    left = not_sent(asked, target)
    for name, said in told(asked).items():
        found.append(f"{NAMES[name]} not sent" if name in left else said)
    if turn and turn > 1:
        found.append(f"turn {turn}")
    return found


def told(asked: Asked) -> dict[Parameter, str]:
    """The parameters that are set, in a few words each."""
    return {name: said for name in PARAMETERS if (said := _said(name, asked))}


def _said(name: Parameter, asked: Asked) -> str | None:
    value = getattr(asked, name)
    if name == "stop":
        return f"{len(value)} stop sequence{'' if len(value) == 1 else 's'}" if value else None
    if value is None:
        return None
    return f"{NAMES[name]} {value:g}" if isinstance(value, float) else f"{NAMES[name]} {value}"
