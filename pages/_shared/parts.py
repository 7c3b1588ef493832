"""Parts of a page that are drawn anew by themselves: Streamlit's fragments, each in a container of its own."""

from collections.abc import Callable
from typing import ParamSpec

import streamlit as st
from streamlit.delta_generator_singletons import context_dg_stack, get_default_dg_stack_value

Given = ParamSpec("Given")


def part(draw: Callable[Given, None], every_s: float | None = None) -> Callable[Given, None]:
    """`draw` as a part of the page that what is chosen in it, and `every_s` seconds, draw anew without the rest.

    Streamlit drops what a run of the page sent of a fragment, if the browser has not been given it yet when that
    fragment's own run begins. Did anything follow it in the same container, the browser would be told to put that in
    second place where there is no first, and the page would die of "Bad delta path index". A container that holds
    nothing else is never dropped.
    """
    fragment = st.fragment(draw, run_every=every_s)

    def drawn(*args: Given.args, **kwargs: Given.kwargs) -> None:
        with st.container():
            fragment(*args, **kwargs)

    return drawn


def from_the_top() -> None:
    """Draw what follows in the page's own place, whichever part was drawn before it. A run of the page begins with it.

    A request that comes just as a part's own run ends is served by the same thread, and there Streamlit would go on
    inside that part: the whole page, in the place of one answer.
    """
    context_dg_stack.set(get_default_dg_stack_value())
