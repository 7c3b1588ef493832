"""What a Route lab found, to take away."""

import io
import json

import streamlit as st

from llm_backends.results.files import Format, write
from llm_backends.route_lab.export import pairs_csv, summary
from llm_backends.route_lab.outcome import Outcome
from llm_backends.store.experiments import Experiment
from pages._shared.session import App

CSV, JSON, PARQUET = "text/csv", "application/json", "application/vnd.apache.parquet"


def draw(app: App, one: Experiment, told: Outcome) -> None:
    """The verdicts, the pairs, and every call with its answer; each made when it is asked for."""

    def calls(format: Format) -> bytes:
        out = io.BytesIO()
        write(told.columns, app.log.database, format, out)
        return out.getvalue()

    def verdicts() -> str:
        return json.dumps([summary(told, match) for match in told.matches], indent=2)

    files = (
        ("Verdicts (JSON)", verdicts, "verdicts.json", JSON),
        ("Pairs (CSV)", lambda: pairs_csv(told), "pairs.csv", CSV),
        ("Calls (CSV)", lambda: calls("csv"), "calls.csv", CSV),
        ("Calls (Parquet)", lambda: calls("parquet"), "calls.parquet", PARQUET),
    )
    with st.container(horizontal=True, key="lab_exports"):
        for label, make, name, kind in files:
            file = f"route-lab-{one.id[:8]}-{name}"
            st.download_button(label, make, file, kind, icon=":material/download:", on_click="ignore")
