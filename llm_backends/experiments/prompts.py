"""What an experiment needs to know of a prompt."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..facts import PlanFault
from .plan_file import PlanUnusable


class Prompt(Protocol):
    """One prompt of a set: its number there, its text, and a system prompt of its own, "" or None where it has none."""

    @property
    def number(self) -> int: ...

    @property
    def prompt(self) -> str: ...

    @property
    def system(self) -> str | None: ...


class Prompts(Protocol):
    """Prompts by position, as a tuple has them."""

    def __len__(self) -> int: ...

    def __getitem__(self, position: int, /) -> Prompt: ...

    def __iter__(self) -> Iterator[Prompt]: ...


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    prompt: str
    system: str | None = None


def of_file(path: Path) -> Prompts:
    """The prompts of a JSON lines file: `prompt`, and where there is one `system`. Raises PlanUnusable."""
    try:
        lines = [json.loads(line) for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
        found = tuple(_Line(n, line["prompt"], line.get("system")) for n, line in enumerate(lines, 1))
    except OSError as exc:
        raise PlanUnusable((PlanFault(str(path), "unreadable", (exc.strerror or "no such file",)),)) from exc
    except (ValueError, KeyError, AttributeError, TypeError) as exc:
        raise PlanUnusable((PlanFault(str(path), "no prompts"),)) from exc
    if not found:
        raise PlanUnusable((PlanFault(str(path), "no prompts"),))
    return found
