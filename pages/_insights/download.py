"""Every table and chart to take away, as CSV or Parquet, made when it is asked for."""

from typing import Any, Literal

import streamlit as st

_FILES: dict[Literal["csv", "parquet"], tuple[str, str]] = {
    "csv": ("CSV", "text/csv"),
    "parquet": ("Parquet", "application/vnd.apache.parquet"),
}


def below(words: str, name: str, rows: list[dict[str, Any]], key: str) -> None:
    """What is to be said of a table or chart, with its files beside it."""
    said, files = st.columns([5, 1.4], gap="medium")
    with said:
        st.caption(words)
    with files:
        draw(name, rows, key)


def draw(name: str, rows: list[dict[str, Any]], key: str) -> None:
    """A button a format; units are in the columns' names."""
    with st.container(horizontal=True, horizontal_alignment="right", key=key):
        for format, (label, mime) in _FILES.items():
            st.download_button(
                label,
                lambda format=format: _file(rows, format),
                f"{name}.{format}",
                mime,
                icon=":material/download:",
                on_click="ignore",
                type="tertiary",
                key=f"{key}_{format}",
                disabled=not rows,
                help="What is shown here, unrounded; units are in the column names."
                if rows
                else "There is nothing to take away.",
            )


def _file(rows: list[dict[str, Any]], format: Literal["csv", "parquet"]) -> bytes:
    from llm_backends.files.tables import table_bytes

    return table_bytes(rows, format)
