"""Reads `.env` and single variables; what cannot be used becomes a fact, never an exception nor a quoted value."""

import io
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from .. import redact
from ..facts import FileFault, Problem, VariableFault, VariableReason

Choice = TypeVar("Choice", bound=str)

LONGEST_S = 86_400
MOST_ATTEMPTS = 10
_KEY = re.compile(r"[!#-&(-~]+")


def dotenv(path: Path, problems: list[Problem]) -> dict[str, str]:
    """The file's variables; what is wrong with it is added to `problems`. No line is quoted: it may hold a key.

    Nothing is interpolated: a `$` in a key is a `$`. python-dotenv's parser is called directly since it gives the lines
    that it could not read, where `dotenv_values` only logs them.
    """
    from dotenv.parser import parse_stream

    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        problems.append(FileFault(path, "unreadable", system=error.strerror))
        return {}
    lines = raw.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if unreadable := [number for number, line in enumerate(lines, 1) if not _is_text(line)]:
        problems.append(FileFault(path, "not UTF-8", tuple(unreadable)))
    text = b"\n".join(line if _is_text(line) else b"" for line in lines).decode()
    values: dict[str, str] = {}
    strange: list[int] = []
    for found in parse_stream(io.StringIO(text)):
        if found.error or (found.key and found.value is None):
            original = found.original.string
            strange.append(found.original.line + original[: len(original) - len(original.lstrip())].count("\n"))
        elif found.key and found.value is not None:
            values[found.key] = found.value
    if strange:
        problems.append(FileFault(path, "not understood", tuple(strange)))
    return values


def _is_text(line: bytes) -> bool:
    try:
        return "\0" not in line.decode()
    except UnicodeDecodeError:
        return False


def is_key(text: str) -> bool:
    """Whether this can be a key: it has no space, quote or letter that no key has."""
    return _KEY.fullmatch(text) is not None


class Reader:
    """Reads a variable as a type; a value that cannot be used becomes a problem and counts as unset."""

    def __init__(self, values: Mapping[str, str], problems: list[Problem]):
        self.values, self.problems = values, problems
        self.faults: dict[str, VariableFault] = {}
        self._set: set[str] = set()

    def wrong(self, name: str, reason: VariableReason, *about: str, item: tuple[int, str] | None = None) -> None:
        """Note what is wrong with a variable: see VariableFault."""
        fault = VariableFault(name, reason, about, item)
        self.faults.setdefault(name, fault)
        if fault not in self.problems:
            self.problems.append(fault)

    def fault(self, *names: str) -> VariableFault | None:
        """What was wrong with the first of these variables that could not be used."""
        return next((self.faults[name] for name in names if name in self.faults), None)

    @property
    def used(self) -> set[str]:
        """The variables that were asked for, are set and could be used."""
        return self._set - self.faults.keys()

    def names(self, prefix: str) -> list[str]:
        return sorted(name for name, value in self.values.items() if name.startswith(prefix) and value.strip())

    def text(self, name: str) -> str | None:
        value = self.values.get(name, "").strip()
        if not value.isprintable():
            self.wrong(name, "unprintable")
            return None
        if value:
            self._set.add(name)
        return value or None

    def items(self, name: str) -> list[str]:
        """A list separated by commas or white space."""
        return [item for item in re.split(r"[,\s]+", self.values.get(name, "")) if item]

    def secret(self, name: str) -> str | None:
        redact.register(self.values.get(name, "").strip())
        value = self.text(name)
        if value and not is_key(value):
            self.wrong(name, "no key")
            return None
        return value

    def choice(self, name: str, *choices: Choice) -> Choice:
        """One of the choices, the first where unset."""
        value = (self.text(name) or choices[0]).lower()
        for choice in choices:
            if choice == value:
                return choice
        self.wrong(name, "no choice", *choices)
        return choices[0]

    def flag(self, name: str) -> bool:
        value = (self.text(name) or "false").lower()
        if value not in ("1", "true", "yes", "on", "0", "false", "no", "off"):
            self.wrong(name, "no flag")
        return value in ("1", "true", "yes", "on")

    def seconds(self, name: str, default: float) -> float:
        try:
            value = float(self.text(name) or default)
        except ValueError:
            value = math.nan
        if 0 < value <= LONGEST_S:
            return value
        self.wrong(name, "no seconds", f"{default:g}")
        return default

    def count(self, name: str, default: int) -> int:
        value = self.text(name) or str(default)
        if re.fullmatch(r"[0-9]{1,3}", value) and 1 <= int(value) <= MOST_ATTEMPTS:
            return int(value)
        self.wrong(name, "no count", str(default))
        return default

    def path(self, name: str) -> Path | None:
        value = self.text(name)
        return Path(os.path.expanduser(value)) if value else None

    def folder(self, name: str) -> Path | None:
        path = self.path(name)
        if path and not os.path.isdir(path):  # Path.is_dir raises for a name that is too long
            self.wrong(name, "no folder")
            return None
        return path

    def matching(self, name: str, pattern: str, default: str, reason: VariableReason) -> str:
        """A text that begins as `pattern` says, else the default; `reason` is what is wrong with any other."""
        value = self.text(name)
        if value and not re.match(pattern, value, re.ASCII):
            self.wrong(name, reason)
            return default
        return value or default

    def url(self, name: str, cut: re.Pattern[str] | None = None) -> str | None:
        """An http(s) URL without a slash at its end, and without what `cut` finds at the end of its path."""
        value = self.text(name)
        if not value:
            return None
        try:
            parts = urlsplit(value)
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and " " not in value
        except ValueError:
            usable = False
        if not usable:
            self.wrong(name, "no URL")
            return None
        if "@" in parts.netloc:
            redact.register(unquote(parts.password or ""))
            self.wrong(name, "URL with login")
            return None
        path = cut.sub("", parts.path) if cut else parts.path
        if (parts.query or parts.fragment) and path == parts.path:
            self.wrong(name, "URL with query")
            return None
        return f"{parts.scheme}://{parts.netloc}{path}".rstrip("/")
