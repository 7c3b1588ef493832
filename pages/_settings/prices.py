"""Own prices: a table to edit, the rows of the file, and what is wrong with either."""

from typing import Any

import pyarrow as pa
import streamlit as st

from llm_backends.facts import PriceFault
from llm_backends.sentences import problem, sentence
from llm_backends.settings.prices.reading import MOST_USD, ROUTES
from pages._settings import price_rows, saved
from pages._settings.price_rows import Record
from pages._shared.format import plain
from pages._shared.session import App

_SCHEMA = pa.schema(
    [
        ("from", pa.date32()),
        ("model", pa.string()),
        ("route", pa.string()),
        ("input_usd_per_mtok", pa.float64()),
        ("output_usd_per_mtok", pa.float64()),
        ("cached_input_usd_per_mtok", pa.float64()),
        ("percent_off", pa.float64()),
    ]
)
_USD = {"min_value": 0.0, "max_value": MOST_USD, "format": "%g"}
_COLUMNS = {
    "from": st.column_config.DateColumn("From (UTC)", format="YYYY-MM-DD", help="The first day on which it holds."),
    "model": st.column_config.TextColumn(
        "Model", width="medium", help="provider/model, provider/* for all of a provider's, or * for all."
    ),
    "route": st.column_config.SelectboxColumn("Route", options=[*filter(None, ROUTES)], default="all"),
    "input_usd_per_mtok": st.column_config.NumberColumn("In", help="USD for a million tokens in.", **_USD),
    "output_usd_per_mtok": st.column_config.NumberColumn("Out", help="USD for a million tokens out.", **_USD),
    "cached_input_usd_per_mtok": st.column_config.NumberColumn(
        "Cached in", help="USD for a million tokens in from the cache. Empty: as the others.", **_USD
    ),
    "percent_off": st.column_config.NumberColumn(
        "% off",
        help="A discount on the list's price. 0: the list's price again.",
        min_value=0,
        max_value=100,
        format="%g",
    ),
}


def draw(app: App) -> None:
    """The table with what can be done with it, what cannot be used, and the file's rows."""
    st.caption(
        "What you pay, where it is not what the list says: a price in USD for a million tokens, or a discount on the "
        "list's. A row holds for calls that begin on its day or later; the one that names the model comes before "
        "provider/* and \\*, then the latest counts. A price that a call needs and the row lacks leaves "
        "its cost unknown. Rows can be pasted from a spreadsheet. **Calls that are logged already keep their price.**"
    )
    for fact in app.settings.problems:
        if isinstance(fact, PriceFault):
            st.error(plain(problem(fact)), icon=":material/edit_note:")
    draft = _edited(app)
    if price_rows.asked_to_save():
        price_rows.save(app, draft)
        st.rerun()
    edited = price_rows.edits(draft)
    saved.told(price_rows.PLACE)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Save", key="save_prices", type="primary", icon=":material/save:", on_click=price_rows.ask_to_save)
        if edited:
            st.button("Discard edits", key="discard_prices", on_click=price_rows.forget)
        if "price_undo" in st.session_state:
            st.button("Undo the last save", key="undo_prices", on_click=price_rows.undo, args=(app,))
        if edited:
            st.markdown(":orange-badge[not saved]", width="content")
    _of_file(app)


def _edited(app: App) -> list[Record]:
    """The table, and what is in it now."""
    table = pa.Table.from_pylist(price_rows.start(app), _SCHEMA)
    found = st.data_editor(
        table,
        key=price_rows.key(),
        num_rows="dynamic",
        column_config=_COLUMNS,
        placeholder="",
        alt="Own prices and discounts",
    )
    st.session_state.price_draft = found.select(_SCHEMA.names).to_pylist()
    return st.session_state.price_draft


def _of_file(app: App) -> None:
    """The rows of the file, which is edited elsewhere."""
    rows = app.installed.prices.rows
    if not rows:
        st.caption("LLMSELECT_PRICES can name a CSV file with more rows, which commands and workers use, too.")
        return
    used = set(app.settings.prices.rows)
    with st.expander(
        f"{len(rows):,} rows of {plain(rows[0].set_by)}, read at the start", icon=":material/table:", key="price_file"
    ):
        shown: list[dict[str, Any]] = [
            price_rows.record(one) | {"Used": "no: " + sentence(one.fault) if one.fault else _yes(one in used)}
            for one in rows
        ]
        st.dataframe(shown, hide_index=True, placeholder="", column_config=_COLUMNS, alt="Own prices of the file")


def _yes(used: bool) -> str:
    return "yes" if used else "no: a row above takes its place"
