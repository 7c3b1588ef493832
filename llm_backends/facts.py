"""What is wrong, missing or found, as facts with a reason; sentences.py says them in English."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

VariableReason = Literal[
    "unprintable",
    "no key",
    "no choice",
    "no flag",
    "no seconds",
    "no count",
    "no folder",
    "no scope",
    "no version",
    "old version",
    "no database",
    "no URL",
    "URL with login",
    "URL with query",
    "unknown server",
    "unknown endpoint",
    "unknown mapping",
    "name taken",
    "address unset",
    "key unset",
    "no pair",
    "no deployment",
    "unknown prefix",
]


@dataclass(frozen=True)
class VariableFault:
    """Why a variable cannot be used as it is set; its value is not kept.

    `about` is what there is to know besides: the values to choose from, the bounds and an example, or the variable or
    provider that it clashes with. `item` is the place in a list and the model there, "" where that is the fault.
    """

    variable: str
    reason: VariableReason
    about: tuple[str, ...] = ()
    item: tuple[int, str] | None = None


@dataclass(frozen=True)
class FileFault:
    """What of a `.env` cannot be read: all of it, as the system says, or these lines. None of them is kept."""

    path: Path
    reason: Literal["unreadable", "not UTF-8", "not understood"]
    lines: tuple[int, ...] = ()
    system: str | None = None


@dataclass(frozen=True)
class PreferenceFault:
    """Why a preference of the Settings page cannot be used. `name` is the preference's, or the model's to map.

    `bounds` are the least and the most that it may be, `choices` what it can be; `variable` sets it already.
    """

    name: str
    reason: Literal[
        "no flag", "unknown", "out of bounds", "no model", "no deployment", "unknown wire", "bound", "no key"
    ]
    bounds: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    variable: str | None = None


@dataclass(frozen=True)
class PreferencesUnread:
    """The preferences cannot be read from the database."""


@dataclass(frozen=True)
class PriceFault:
    """Why a table of own prices, or a row of it, cannot be used. No cell of it is kept.

    `where` is the variable, the file, the page or the row of a table in view. Rows count from 1 as a spreadsheet or an
    editor shows them, the header among them; None: the fault is not in one row. `column` is the column's name, or its
    place in the header; `other` the row that says the same, or how many rows more are at fault.
    """

    where: str
    reason: Literal[
        "no file",
        "too big",
        "too many rows",
        "not UTF-8",
        "no column",
        "unknown column",
        "column twice",
        "bad quotes",
        "too many cells",
        "no date",
        "no model",
        "no route",
        "no number",
        "no percentage",
        "nothing",
        "both",
        "cached alone",
        "twice",
        "more rows",
    ]
    row: int | None = None
    column: str | None = None
    other: int | None = None


Problem = VariableFault | FileFault | PreferenceFault | PreferencesUnread | PriceFault
"""What keeps a part of the settings from being used."""


@dataclass(frozen=True)
class NotReady:
    """Why `ref`, a provider/model, cannot be called. `variables` are those to set, any one of them.

    `known` are the providers or endpoints that there are, `folder` the one without the model's file, `fault` what is
    wrong with the variable that is set. `mendable_in_settings` is what the Settings page can mend it with, None where
    it can't.
    """

    ref: str
    reason: Literal[
        "no model",
        "fault",
        "Azure only",
        "unknown provider",
        "no key",
        "no legacy SDK",
        "no endpoint",
        "unknown endpoint",
        "no azure-identity",
        "not offered",
        "no deployment",
        "no local engine",
        "no embedded model",
        "no model file",
        "no models folder",
    ]
    variables: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    folder: Path | None = None
    fault: VariableFault | None = None
    mendable_in_settings: Literal["key", "deployment"] | None = None


@dataclass(frozen=True)
class Finding:
    """What a check found beyond the call's own error.

    `variable` sets what is to be looked at, `host` is where the call went, `proxy` the host in between; `clock_off_s`
    is by how much this machine's clock is ahead.
    """

    reason: Literal["address", "no such path", "proxy", "untrusted certificate", "filtered", "no usage", "clock"]
    variable: str | None = None
    host: str | None = None
    proxy: str | None = None
    clock_off_s: float = 0.0


@dataclass(frozen=True)
class Tried:
    """An identity that was tried for a Microsoft Entra token; `said` is what came of it, None where there is none."""

    identity: str
    said: str | None


@dataclass(frozen=True)
class PlanFault:
    """Why an experiment's plan cannot be run: what is wrong at `where`, a field's name in the plan's file.

    `about` is what there is to know besides: the value, those that there are to choose from, or what a parser said.
    `not_ready` says why a model can't be called.
    """

    where: str
    reason: Literal[
        "unreadable",
        "no YAML",
        "no mapping",
        "no text",
        "no list",
        "no checks",
        "no number",
        "no count",
        "unknown",
        "missing",
        "parameter",
        "no choice",
        "not ready",
        "no price",
        "no prompts",
        "braces",
        "no variable",
        "no Azure endpoint",
        "no new connection",
        "no sides",
    ]
    about: tuple[str, ...] = ()
    not_ready: NotReady | None = None
