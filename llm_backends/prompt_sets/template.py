"""Templates: text in which {{name}} stands for a row's value; nothing in it is ever run."""

import re
from collections.abc import Mapping
from typing import Literal

_PART = re.compile(r"\\\{\{|\{\{([^{}]*)\}\}|\{\{")


class TemplateFault(ValueError):
    """A template can't be filled: a row lacks the variable `name`, or the template is not understood from `name` on."""

    def __init__(self, reason: Literal["unknown variable", "not understood"], name: str) -> None:
        super().__init__(reason, name)
        self.reason = reason
        self.name = name


def render(template: str, values: Mapping[str, str]) -> str:
    r"""The template filled in. Single braces are text, and so is \{{, which becomes {{; values are not looked into.

    Raises TemplateFault.
    """

    def fill(part: re.Match[str]) -> str:
        name = _name(part)
        if name is None:
            return "{{"
        if name not in values:
            raise TemplateFault("unknown variable", name)
        return values[name]

    return _PART.sub(fill, template)


def names(template: str) -> tuple[str, ...]:
    """The variables that the template names, each once, in order. Raises TemplateFault."""
    found = (_name(part) for part in _PART.finditer(template))
    return tuple(dict.fromkeys(name for name in found if name is not None))


def _name(part: re.Match[str]) -> str | None:
    """The variable's name; None for braces that are text."""
    if part[0] == r"\{{":
        return None
    name = (part[1] or "").strip()
    if not name:
        raise TemplateFault("not understood", part.string[part.start() : part.start() + 40])
    return name
