"""An experiment's calls to take away, made when they are asked for."""

import io
from typing import Literal

import streamlit as st

from llm_backends.results.columns import Columns
from pages._shared.session import App

_FILES: dict[Literal["csv", "parquet", "json"], tuple[str, str]] = {
    "csv": ("CSV", "text/csv"),
    "parquet": ("Parquet", "application/vnd.apache.parquet"),
    "json": ("JSON", "application/json"),
}


def draw(app: App, columns: Columns) -> None:
    """A button a format."""
    name = f"experiment-{columns.experiment.id[:8]}"
    with st.container(horizontal=True, key="result_exports"):
        for format, (label, mime) in _FILES.items():
            st.download_button(
                label,
                lambda format=format: _file(app, columns, format),
                f"{name}.{format}",
                mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"export_{format}",
                help="A row a call: prompt, answer, every figure, and what each check found.",
            )
        st.download_button(
            "Page to mail",
            lambda: _page(app, columns),
            f"{name}.html",
            "text/html",
            icon=":material/mail:",
            on_click="ignore",
            key="export_html",
            help="One HTML file with verdicts, table and up to 200 prompts. It loads nothing from anywhere.",
        )


def _file(app: App, columns: Columns, format: Literal["csv", "parquet", "json"]) -> bytes:
    from llm_backends.results.files import write

    out = io.BytesIO()
    write(columns, app.log.database, format, out)
    return out.getvalue()


def _page(app: App, columns: Columns) -> str:
    from llm_backends.results.report import report

    return report(columns, app.log.database)
