"""How numbers and foreign text look on the pages. What is unknown is a dash, never a zero."""

from datetime import UTC, datetime
from string import punctuation

UNKNOWN = "—"
_ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in punctuation})


def plain(text: object) -> str:
    """The text for a place that renders markdown, so that it shows as it is: no image, link or style comes of it."""
    return str(text).translate(_ESCAPED)


def duration(ms: float | None) -> str:
    """12.3 ms, 456 ms, 1.23 s, 2 min 05 s."""
    if ms is None:
        return UNKNOWN
    if ms < 1000:
        return f"{ms:.1f} ms" if ms < 20 else f"{ms:.0f} ms"
    if ms < 60_000:
        return f"{ms / 1000:.2f} s"
    minutes, seconds = divmod(round(ms / 1000), 60)
    return f"{minutes} min {seconds:02d} s"


def ordinal(count: int) -> str:
    """1st, 2nd, 3rd, 4th, and so on to 20th."""
    return str(count) + {1: "st", 2: "nd", 3: "rd"}.get(count, "th")


def dollars(usd: float | None) -> str:
    """$1.23, $0.0042, $0.000012: two digits that count, however small."""
    if usd is None:
        return UNKNOWN
    if usd == 0 or usd >= 0.1:
        return f"${usd:,.2f}"
    return f"${usd:.{1 - int(f'{usd:e}'.partition('e')[2])}f}"


def number(value: float | None, digits: int = 0) -> str:
    """1,234 or 56.7."""
    return UNKNOWN if value is None else f"{value:,.{digits}f}"


def context(tokens: int | None) -> str | None:
    """128k, 1M."""
    if tokens is None:
        return None
    return f"{tokens / 1e6:.2g}M" if tokens >= 1e6 else f"{round(tokens / 1000)}k"


def moment(utc: str | datetime) -> str:
    """A time of day on this machine's clock: today 14:05, or 3 Nov 14:05."""
    then = (datetime.fromisoformat(utc) if isinstance(utc, str) else utc).astimezone()
    today = datetime.now(UTC).astimezone().date()
    if then.date() == today:
        return f"today {then:%H:%M}"
    year = "" if then.year == today.year else f" {then.year}"
    return f"{then.day} {then:%b}{year} {then:%H:%M}"


def start_of(text: str, length: int = 160) -> str:
    """The beginning of a long text on one line."""
    words = " ".join(text[: 4 * length].split())
    return words if len(words) <= length and len(text) <= 4 * length else words[:length].rstrip() + "…"
