"""What the charts share: looks by name, a legend that is read without colours, and scales."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import streamlit as st

from llm_backends.insights.series import MODEL, Records
from llm_backends.insights.summary import named
from pages._shared.picture.looks import Look, looks

HEIGHT = 340
SIGNS = {
    "circle": "●",
    "square": "■",
    "triangle-up": "▲",
    "diamond": "◆",
    "cross": "✚",
    "triangle-down": "▼",
    "triangle-left": "◀",
    "triangle-right": "▶",
}
_LINES = {(1, 0): "solid", (6, 3): "dashed", (2, 2): "dotted"}


def with_names(rows: Records) -> list[dict[str, Any]]:
    """The rows with their model and route as one `name`."""
    return [row | {"name": named([row[part] for part in MODEL])} for row in rows]


def names(rows: Iterable[dict[str, Any]]) -> list[str]:
    """The names among these rows, in order."""
    return list(dict.fromkeys(row["name"] for row in rows))


def legend(of: Sequence[str], kind: str = "line") -> None:
    """Which name looks how: as a "line", a "point" or a "bar"."""
    entries = "".join(f"<span>{_sign(look, kind)} {escape(name)}</span>" for name, look in looks().of(of).items())
    st.html(f'<div class="waterfall looks"><div class="legend">{entries}</div></div>')


def _sign(look: Look, kind: str) -> str:
    if kind == "line":
        return f'<u style="border-top:3px {_LINES[look.dash]} {look.colour}"></u>'
    sign = SIGNS[look.shape] if kind == "point" else "■"
    return f'<b style="color:{look.colour}">{sign}</b>'


def coloured(alt: Any, of: Sequence[str]) -> Any:
    """The colour of each name."""
    found = looks().of(of)
    return alt.Color("name:N", scale=_scale(alt, found, "colour"), legend=None)


def dashed(alt: Any, of: Sequence[str]) -> Any:
    """The dashes of each name."""
    found = looks().of(of)
    return alt.StrokeDash("name:N", scale=_scale(alt, found, "dash"), legend=None)


def shaped(alt: Any, of: Sequence[str]) -> Any:
    """The shape of each name."""
    found = looks().of(of)
    return alt.Shape("name:N", scale=_scale(alt, found, "shape"), legend=None)


def _scale(alt: Any, found: dict[str, Look], part: str) -> Any:
    values = [getattr(look, part) for look in found.values()]
    return alt.Scale(domain=list(found), range=[list(one) if isinstance(one, tuple) else one for one in values])


def spread(values: Iterable[float]) -> str:
    """ "log" where the largest is far above the smallest and all are above 0, else "linear"."""
    found = [value for value in values if value is not None]
    return "log" if found and min(found) > 0 and max(found) > 20 * min(found) else "linear"


def frame(rows: Sequence[dict[str, Any]], *columns: str) -> Any:
    """The columns that a chart draws: the others would only be sent."""
    import pandas as pd

    return pd.DataFrame([{name: row[name] for name in columns} for row in rows], columns=list(columns))


def chart(drawn: Any, height: int, words: str) -> None:
    """Show it, with what it shows in words for those who can't see it."""
    st.altair_chart(drawn.properties(height=height), alt=words)
