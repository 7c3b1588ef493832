"""The experiment that would settle what everyday calls can't: filled in on its page, to be started there."""

from collections.abc import Sequence

import streamlit as st

from llm_backends.insights.ranking import Ranked
from llm_backends.stats.verdict import about
from pages._inputs import chosen as inputs
from pages._inputs.picks import MAX_SLOTS
from pages._shared import sidebar

SETS, LAB = "pages/prompt_sets.py", "pages/route_lab.py"


def draw(ranked: Sequence[Ranked]) -> None:
    """Offer it where something is open: the same prompts to the best model and those that may be as good."""
    known = [one for one in ranked if one.value is not None]
    others = [one for one in known[1:] if one.kind != "worse than the best"][: MAX_SLOTS - 1]
    if not others:
        return
    asked = [known[0], *others]
    refs = list(dict.fromkeys(_ref(one) for one in asked))
    routes = {one.key[2] for one in asked}
    prompts = max((one.standing.prompts or 0 for one in others if one.standing), default=0)
    with st.container(horizontal=True, vertical_alignment="center", key="settle"):
        if len(refs) > 1:
            st.page_link(
                SETS,
                label="Fill in the experiment",
                icon=":material/checklist:",
                query_params={inputs.ASKED: refs} | _toggle(routes),
                help=f"On Prompt sets, with {len(refs)} models. Nothing is started.",
            )
        if twins := _on_both(asked):
            st.page_link(
                LAB,
                label="Direct or Azure? Fill in the Route lab",
                icon=":material/alt_route:",
                query_params={inputs.ASKED: twins},
                help=f"With {', '.join(twins)}. Nothing is started.",
            )
        long = f" About {about(prompts)} prompts would settle the closest." if prompts else ""
        st.caption(f"It puts the same prompts to each, in random order, so that they pair.{long}")


def _ref(one: Ranked) -> str:
    return "/".join(one.key[:2])


def _on_both(asked: Sequence[Ranked]) -> list[str]:
    """The models that are among these on both routes."""
    routes = {_ref(one): {other.key[2] for other in asked if _ref(other) == _ref(one)} for one in asked}
    return [ref for ref, of in routes.items() if of >= {"direct", "azure"}]


def _toggle(routes: set[str]) -> dict[str, str]:
    """What turns the sidebar's toggle to the route that all of them have."""
    return {sidebar.ROUTE: "azure" if "azure" in routes else "direct"} if len(routes - {"local"}) == 1 else {}
