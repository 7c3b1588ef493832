"""Brings a part of the page into view, and lets the keyboard scroll what scrolls by itself."""

import json

import streamlit as st

_INTO_VIEW = """<script>
{
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    // The element may be drawn after this script.
    const look = tries => {
        const found = document.querySelector(%s);
        if (!found) return tries && setTimeout(look, 100, tries - 1);
        found.focus({preventScroll: true});  // takes the cursor into an input and does nothing elsewhere
        found.scrollIntoView({behavior: calm ? "instant" : "smooth", block: %s});
    };
    setTimeout(look, 100, 50);
}
</script>"""

_BY_KEYBOARD = """<script>
// Now and then, not at every change: while answers stream, to measure is to lay out the whole page.
window.scrollers ??= setInterval(() => {
    for (const box of document.querySelectorAll("[class*=st-key-answer_], main pre")) {
        const scrolls = box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;
        if (scrolls !== box.hasAttribute("tabindex")) scrolls ? box.tabIndex = 0 : box.removeAttribute("tabindex");
    }
}, 1000);
</script>"""


def by_keyboard() -> None:
    """Make answers and code that scroll reachable with Tab; the arrow keys then scroll them. Once for the whole tab."""
    st.html(_BY_KEYBOARD, unsafe_allow_javascript=True)


def into_view(selector: str, *, block: str = "start") -> None:
    """Scroll to the first element of this CSS selector, with the cursor in it where it is an input.

    Smoothly, unless the reader's system asks for less motion. `block` says where in the window it ends up: "start",
    "center". Drawn in one run of the page only, it scrolls once.
    """
    st.html(_INTO_VIEW % (json.dumps(selector), json.dumps(block)), unsafe_allow_javascript=True)
