"""An experiment on one page to mail: it loads nothing, holds no script, and shows every text as it is."""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from unicodedata import category

from ..checks.sentences import of_result
from ..metrics import RESULT_METRICS, Metric
from ..store.database import Database
from ..store.results import texts
from ..store.results.texts import OpenedCall
from .columns import Columns
from .differences import Compared, against_baseline
from .matrix import Cell, Line, Page, page
from .summary import SlotSummary, labels, summaries

MOST_PROMPTS = 200
MOST_CHARS = 1_000
"""Of a prompt and of an answer; the exports hold all of them."""
_STYLE = Path(__file__).with_name("report.css")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_LEFT_OUT = {"pass_rate_low", "pass_rate_high"}  # which stand beside the rate


def report(columns: Columns, database: Database, most: int = MOST_PROMPTS) -> str:
    """The page as HTML: at most `most` prompts, those first on which the slots disagree.

    Raises ConfigError where the database can't be read.
    """
    shown = page(columns, database, order="disagreement", limit=most)
    numbers = [line.number for line in shown.lines]
    with database.reading() as connection:
        calls = texts.calls_of(connection, columns.experiment.id, columns.checks, numbers)
    name = _shown(columns.experiment.name)
    parts = (
        f"<h1>{name}</h1>",
        *_head(columns),
        "<h2>What each slot came to</h2>",
        _summary(columns, summaries(columns)),
        "<h2>How they differ</h2>",
        *_verdicts(columns, against_baseline(columns)),
        "<h2>Prompts and slots</h2>",
        *_matrix(columns, shown, calls),
        "<h2>What the figures mean</h2>",
        *_definitions(),
    )
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    head += '<meta name="viewport" content="width=device-width, initial-scale=1">'
    head += f"<title>{name}</title><style>{_STYLE.read_text()}</style>"
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def _head(columns: Columns) -> Iterator[str]:
    one, plan = columns.experiment, columns.plan
    ended, times = int(columns.called.sum()), "once" if plan.repeats == 1 else f"{plan.repeats} times"
    yield f"<p>Experiment {escape(one.id)}, begun {escape(one.created_at[:16].replace('T', ' '))} UTC, {one.state}."
    yield f"{ended:,} of {one.total:,} calls have ended: {len(columns.numbers):,} prompts, each {times} at every slot."
    yield f"Prompts: set {escape(one.prompt_set_id[:12])}, named by their content.</p>"
    asked = {name: value for name, value in vars(plan.shared).items() if value not in (None, "", ())}
    told = [f"{name.replace('_', ' ')} {value}" for name, value in asked.items() if value is not True]
    yield f"<p>Asked of every slot, unless it has its own: {_shown(', '.join(told))}.</p>"


def _summary(columns: Columns, slots: Sequence[SlotSummary]) -> str:
    figures = [slot.columns() for slot in slots]
    heads = "".join(f"<th>{escape(slot.label)}</th>" for slot in slots)
    rows = [f"<tr><th></th>{heads}</tr>"]
    for metric in RESULT_METRICS:
        judged = metric.name.startswith("pass_rate") or metric.name in ("passed", "not_passed", "open", "unjudged")
        if metric.name in _LEFT_OUT or judged and not columns.checked:
            continue
        cells = "".join(f'<td class="number">{_figure(metric, one)}</td>' for one in figures)
        rows.append(f"<tr><th>{escape(metric.heading)}</th>{cells}</tr>")
    errors = "".join(f"<td>{escape(', '.join(f'{n} {count:,}' for n, count in slot.errors))}</td>" for slot in slots)
    if any(slot.errors for slot in slots):
        rows.append(f"<tr><th>Errors by class</th>{errors}</tr>")
    return _table(rows)


def _figure(metric: Metric, figures: dict[str, float | None]) -> str:
    value = figures[metric.name]
    if value is None:
        return "unknown"
    if metric.name == "pass_rate":
        low, high = figures["pass_rate_low"] or 0.0, figures["pass_rate_high"] or 0.0
        return f"{value:.1%}<br>{low:.1%} to {high:.1%}"
    return f"{value:,.{metric.digits}f}"


def _verdicts(columns: Columns, differences: Sequence[Compared]) -> Iterator[str]:
    names, last = labels(columns), None
    if not differences:
        yield "<p>There is one slot: nothing to compare it with.</p>"
        return
    count = differences[0].verdict.comparisons
    yield f"<p>Paired by prompt, repeats averaged. All {count} comparisons are judged together (Holm): on 95 of 100"
    yield "such pages no difference is called real that is none.</p>"
    for one in differences:
        if one.other.slot != last:
            yield ("</ul>" if last is not None else "") + f"<h3>{escape(names[one.other.slot])} against "
            yield f"{escape(names[one.baseline.slot])}</h3><ul>"
            last = one.other.slot
        real = ' class="real"' if one.verdict.kind == "real difference" else ""
        yield f"<li{real}>{escape(one.sentence)}.</li>"
    yield "</ul>"


def _matrix(columns: Columns, shown: Page, calls: Iterable[OpenedCall]) -> Iterator[str]:
    by_number: dict[int, list[OpenedCall]] = {}
    for call in calls:
        by_number.setdefault(call.call.place.prompt_number or 0 if call.call.place else 0, []).append(call)
    passes = "passed every check" if columns.checked else "ended well (the experiment has no checks)"
    yield f"<p>{len(shown.lines):,} of {shown.prompts:,} prompts, those first on which the slots disagree. Pass: the"
    yield f"call {passes}. A prompt opens to its answers, at most {MOST_CHARS:,} characters of each.</p>"
    heads = "".join(f"<th>{escape(label)}</th>" for label in labels(columns))
    rows = [f'<tr><th>#</th><th class="prompt">Prompt</th>{heads}</tr>']
    rows += [_line(columns, line, by_number.get(line.number, [])) for line in shown.lines]
    yield _table(rows)


def _line(columns: Columns, line: Line, calls: Sequence[OpenedCall]) -> str:
    cells = "".join(f'<td class="{cell.state}">{_cell(cell)}</td>' for cell in line.cells)
    prompt = line.row.prompt if line.row else "(no longer kept)"
    tags = f'<div class="soft">{escape(", ".join(line.row.tags))}</div>' if line.row and line.row.tags else ""
    inside = [f"<pre>{_cut(prompt)}</pre>"]
    if line.row and line.row.expected:
        inside.append(f"<div>Expected</div><pre>{_cut(line.row.expected)}</pre>")
    names = labels(columns)
    for call in calls:
        inside.append(f"<div>{escape(names[call.call.slot])}{_repeat(columns, call)}</div><pre>{_answer(call)}</pre>")
    start = " ".join(prompt.split())[:120]
    opened = f"<details><summary>{_shown(start)}</summary>{''.join(inside)}</details>{tags}"
    return f'<tr><td class="number">{line.number}</td><td>{opened}</td>{cells}</tr>'


def _cell(cell: Cell) -> str:
    made = cell.passed + cell.not_passed + cell.open + cell.errors
    said = {"passed": "pass", "failed": "fail", "open": "open", "error": "error", "waiting": "–"}.get(cell.state, "")
    if cell.state == "mixed":
        return f"{cell.passed} of {made} pass"
    return said if made < 2 else f"{said} ({made})"


def _repeat(columns: Columns, call: OpenedCall) -> str:
    repeat = call.call.place.repeat if call.call.place else None
    return f", repeat {(repeat or 0) + 1}" if columns.plan.repeats > 1 else ""


def _answer(call: OpenedCall) -> str:
    result = call.call.result
    said = result.answer if result.status == "ok" else f"{result.answer}\n[{result.error_type}] {result.error_message}"
    found = "\n".join(of_result(one) for one in call.judged.found) if call.judged else ""
    return _cut(said) + (f"\n<b>{_shown(found)}</b>" if found else "")


def _definitions() -> Iterator[str]:
    yield "<dl>"
    for metric in RESULT_METRICS:
        yield f"<dt>{escape(metric.heading)}</dt><dd>{_plain(metric.help)}</dd>"
    yield "</dl>"
    yield "<p>Times are measured here, at the socket. Tokens are counted by the provider, and costs follow from them"
    yield "and from own or dated list prices. What is unknown is said to be unknown.</p>"


def _plain(markdown: str) -> str:
    """A definition without its links, which would lead away from the page."""
    text = escape(re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", markdown))
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text)


def _cut(text: str) -> str:
    cut = f"{text[:MOST_CHARS]}… ({len(text):,} characters)" if len(text) > MOST_CHARS else text
    return _shown(cut)


def _shown(text: str) -> str:
    """Escaped, and without characters that HTML can't have."""
    return escape("".join(char if char in "\n\t" or category(char) != "Cc" else "\ufffd" for char in text))


def _table(rows: Sequence[str]) -> str:
    return f'<div class="wide"><table>{"".join(rows)}</table></div>'
