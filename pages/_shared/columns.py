"""How a figure looks as a column of a table."""

import streamlit as st

from llm_backends.metrics import Metric


def column(metric: Metric):
    """The column's heading, its definition as a tooltip, and its decimal places."""
    if metric.unit == "text":
        return st.column_config.TextColumn(metric.heading, help=metric.help)
    return st.column_config.NumberColumn(metric.heading, help=metric.help, format=f"%.{metric.digits}f")
