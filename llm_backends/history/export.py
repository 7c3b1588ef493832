"""Comparisons as Markdown, JSON, CSV or one HTML page: made piece by piece, however many they are."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Literal

from ..files.spreadsheet import cell
from ..metrics import METRIC
from ..store import comparisons as kept
from ..store.calls import LoggedCall
from ..store.comparisons import Comparison
from ..store.database import Database
from ..store.search.find import blind
from ..types import CallResult

Format = Literal["Markdown", "JSON", "CSV", "HTML"]
SUFFIX: Mapping[Format, tuple[str, str]] = {
    "Markdown": ("md", "text/markdown"),
    "JSON": ("json", "application/json"),
    "CSV": ("csv", "text/csv"),
    "HTML": ("html", "text/html"),
}
"""The end of a file's name and its MIME type."""

_AT_ONCE = 100
_SHOWN = ("ttft_ms", "total_ms", "tokens_per_s", "input_tokens", "output_tokens", "cost_usd")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """:root { color-scheme: light dark; } body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem;
margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; } pre { white-space: pre-wrap; font: inherit; margin: 0; }
section { border-top: 2px solid #8888; margin-top: 2rem; } article { border: 1px solid #8886; border-radius: .5rem;
padding: 1rem; margin: 1rem 0; } table { border-collapse: collapse; font-size: .9rem; margin-top: .7rem; } td, th {
padding: .15rem 1rem .15rem 0; text-align: left; font-weight: normal; } .prompt { background: #8882; padding: 1rem;
border-radius: .5rem; } small, th { opacity: .8; } .error { color: light-dark(#b02a2a, #ff9c9c); }"""
HIDDEN = "The answers are hidden until a blind vote on them, and left out."


def export(database: Database, ids: Sequence[str], format: Format) -> Iterator[tuple[int, str]]:
    """The file piece by piece, each with how many of the comparisons it has reached. In the order of the ids.

    Those that are gone meanwhile are left out. Raises ConfigError where the database can't be read.
    """
    writer: Callable[[Iterable[Comparison]], Iterator[str]] = {
        "Markdown": _markdown,
        "JSON": _json,
        "CSV": _csv,
        "HTML": _html,
    }[format]
    reached = 0

    def counted() -> Iterator[Comparison]:
        nonlocal reached
        for reached, one in enumerate(_read(database, ids), 1):  # noqa: B007
            yield one

    for piece in writer(counted()):
        yield reached, piece


def _read(database: Database, ids: Sequence[str]) -> Iterator[Comparison]:
    """The comparisons; of those that wait for a blind vote only what was asked."""
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        with database.reading() as connection:
            found = kept.of_ids(connection, some)
            hidden = blind(connection, some)
        for id in some:
            if id in found:
                one = found[id]
                yield Comparison(**vars(one) | {"calls": (), "params": {"hidden": True}}) if id in hidden else one


def _figures(result: CallResult) -> Iterator[tuple[str, str]]:
    """What is known, with its unit; the unknown is told as such."""
    for name in _SHOWN:
        metric, value = METRIC[name], METRIC[name].of(result)
        known = f"{value:,.6g}" if isinstance(value, float) else f"{value:,}" if value is not None else "unknown"
        yield metric.heading, known
    yield "Price", result.price_source or "unknown"


def _heading(call: LoggedCall) -> str:
    result = call.result
    simulated = ", simulated" if result.target.simulated else ""
    return f"{result.target.ref} ({result.target.route}{simulated}): {result.status}"


def _markdown(found: Iterable[Comparison]) -> Iterator[str]:
    for one in found:
        yield f"# {' '.join(one.prompt.split())[:100] or 'Empty prompt'}\n\n{one.created_at} · {one.id}\n\n"
        if one.system:
            yield f"## System prompt\n\n{one.system}\n\n"
        yield f"## Prompt\n\n{one.prompt}\n\n"
        if one.params.get("hidden"):
            yield f"{HIDDEN}\n\n"
        for call in one.calls:
            yield f"## {_heading(call)}\n\n{call.result.answer}\n\n"
            if call.result.error_message:
                yield f"**{call.result.error_type}**: {call.result.error_message}\n\n"
            yield "".join(f"- {name}: {value}\n" for name, value in _figures(call.result)) + "\n"
        yield "---\n\n"


def _json(found: Iterable[Comparison]) -> Iterator[str]:
    yield "["
    for number, one in enumerate(found):
        values = {name: value for name, value in vars(one).items() if name != "calls"}
        values["calls"] = [{"id": call.id, "slot": call.slot} | call.result.columns() for call in one.calls]
        yield ("," if number else "") + "\n" + json.dumps(values, ensure_ascii=False)
    yield "\n]\n"


def _csv(found: Iterable[Comparison]) -> Iterator[str]:
    """A row a call, under the log's names, whose units are in them; one without calls has a row, too."""
    out = io.StringIO()
    writer: Any = None
    yield "\ufeff"  # spreadsheets take it for UTF-8 then
    for one in found:
        asked: dict[str, Any] = {
            "comparison_id": one.id,
            "conversation_id": one.conversation_id,
            "created_at": one.created_at,
        }
        asked |= {"prompt": one.prompt, "system": one.system}
        rows = [asked | {"call_id": call.id, "slot": call.slot} | call.result.columns() for call in one.calls]
        for row in rows or [asked]:
            if writer is None:
                names = [*asked, "call_id", "slot", *_columns()]
                writer = csv.DictWriter(out, names, restval="", extrasaction="ignore")
                writer.writeheader()
            writer.writerow({name: cell(value) for name, value in row.items()})
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _columns() -> list[str]:
    from ..types import Target

    return [*CallResult(Target("", "", "direct"), "ok", "").columns()]


def _html(found: Iterable[Comparison]) -> Iterator[str]:
    """One page that loads nothing, holds no script, and shows every text as it is."""
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    head += '<meta name="viewport" content="width=device-width, initial-scale=1">'
    head += f"<title>LLMSelect</title><style>{_STYLE}</style>"
    yield f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n'
    yield "<h1>Comparisons</h1>\n<p>From LLMSelect. Tokens are those that the providers count.</p>\n"
    for one in found:
        yield f"<section><h2>{_text(' '.join(one.prompt.split())[:100] or 'Empty prompt')}</h2>"
        yield f"<small>{_text(one.created_at)} · {_text(one.id)}</small>"
        if one.system:
            yield f"<h3>System prompt</h3><div class='prompt'><pre>{_text(one.system)}</pre></div>"
        yield f"<h3>Prompt</h3><div class='prompt'><pre>{_text(one.prompt)}</pre></div>"
        if one.params.get("hidden"):
            yield f"<p>{HIDDEN}</p>"
        for call in one.calls:
            yield f"<article><h3>{_text(_heading(call))}</h3><pre>{_text(call.result.answer)}</pre>"
            if call.result.error_message:
                yield f"<p class='error'>{_text(f'{call.result.error_type}: {call.result.error_message}')}</p>"
            rows = (f"<tr><th>{_text(name)}</th><td>{_text(value)}</td></tr>" for name, value in _figures(call.result))
            yield f"<table>{''.join(rows)}</table></article>"
        yield "</section>\n"
    yield "</body></html>\n"


def _text(text: str) -> str:
    """As it is, without the halves of signs that UTF-8 has no way to write, and without what a page may not hold."""
    return escape(text.replace("\0", "\ufffd").encode("utf-8", "replace").decode())
