"""Tells a screen reader what has happened, once."""

import json

import streamlit as st

# Streamlit draws elements anew, and a region that is drawn with its text in it is not read: this one outlives the runs.
_SAY = """<script>
{
    const [what, text] = %s;
    let region = document.getElementById("announced");
    if (!region) {
        region = document.createElement("div");
        region.id = "announced";
        region.role = "status";
        region.ariaLive = "polite";
        document.body.append(region);
    }
    if (region.dataset.what !== what) {
        region.dataset.what = what;
        setTimeout(() => region.textContent = text, 100);
    }
}
</script>"""


def once(what: str, text: str) -> None:
    """Have `text` read aloud, unless that of the same `what` was the last. Nothing of it is to be seen."""
    said = json.dumps([what, text]).replace("<", "\\u003c")
    st.html(_SAY % said, unsafe_allow_javascript=True)
