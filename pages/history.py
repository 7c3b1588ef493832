"""History: what was compared, said and tried, found by its words, opened again, exported or deleted."""

import streamlit as st

from llm_backends.errors import ConfigError
from pages._history import chosen, filters, hits, indexing, listing
from pages._shared import session
from pages._shared.format import plain

st.title("History", anchor=False)
app = session.app()
try:
    sought = filters.draw(sorted(entry.ref for entry in app.catalog.models(session.route())))
    indexing.draw(app)
    chosen.draw(app, sought)
    (hits if sought.text else listing).draw(app, sought)
except ConfigError as exc:
    st.error(plain(exc), icon=":material/database_off:")
