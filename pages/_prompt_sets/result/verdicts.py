"""The verdicts, in words first: which slot is better, and whether that is real."""

from collections.abc import Sequence

import streamlit as st

from llm_backends.results.columns import Columns
from llm_backends.results.differences import MEASURES, Compared, baseline
from llm_backends.results.sentences import of_answer
from llm_backends.results.summary import brief_labels
from pages._prompt_sets.result import read
from pages._shared.format import plain

_WORTH = {
    "passed": ("Pass rate, points", 100, 1.0),
    "ttft_ms": ("First token, ms", 1, 1.0),
    "total_ms": ("Total time, ms", 1, 1.0),
    "tpot_ms": ("Time per output token, ms", 1, 0.1),
    "output_tokens": ("Output, tokens", 1, 1.0),
}
_FAMILY = (
    "Paired by prompt, repeats averaged. All comparisons here are judged together (Holm), so that on 95 of 100 such "
    "pages no difference is called real that is none."
)


def draw(columns: Columns, key: read.Key, live: bool) -> None:
    """The answer, what it rests on, and what it is measured against."""
    if columns.slots < 2:
        st.caption("One model alone has nothing to be compared with. Choose two for a verdict.")
        return
    names = brief_labels(columns)
    place = st.container()
    first, worth = _asked(columns, names)
    found = read.against(columns, key, first, worth)
    with place:
        if not columns.checked:
            st.info(
                "Nothing says which answers are right. Add a check below: it needs no new call.",
                icon=":material/lightbulb:",
            )
        for other in dict.fromkeys(one.other.slot for one in found):
            _other([one for one in found if one.other.slot == other], names)
        if live:
            st.caption(
                ":material/hourglass_top: So far. Who stops as soon as it looks good finds differences that are none: "
                "let it end."
            )


def _asked(columns: Columns, names: Sequence[str]) -> tuple[int, dict[str, float]]:
    """The baseline, and from what size on a difference matters, by metric in its unit."""
    id = columns.experiment.id
    with st.container(horizontal=True, vertical_alignment="bottom", key="result_asked"):
        first = st.selectbox(
            "Baseline",
            range(columns.slots),
            index=baseline(columns),
            key=f"baseline {id}",
            format_func=lambda slot: names[slot],
            help=f"What the others are compared with. {_FAMILY}",
            persist_state="session",
            width=320,
        )
        with st.popover("What matters", icon=":material/straighten:"):
            st.caption(
                "A smaller difference matters to nobody: so large a one decides how many prompts would settle it."
            )
            worth = {}
            for metric, (label, scale, step) in _WORTH.items():
                if metric == "passed" and not columns.checked:
                    continue
                value = st.number_input(
                    label,
                    min_value=step / 10,
                    value=float(MEASURES[metric].worth * scale),
                    step=step,
                    format="%g",
                    key=f"worth {metric} {id}",
                    persist_state="session",
                )
                worth[metric] = value / scale
    return first, worth


def _other(found: Sequence[Compared], names: Sequence[str]) -> None:
    both = names[found[0].baseline.slot], names[found[0].other.slot]
    st.subheader(plain(_capital(of_answer(*both, found))), anchor=False)
    told = sorted((one for one in found if one.pairs.other), key=lambda one: one.verdict.kind != "real difference")
    lines = [f"- {_line(one)}" for one in told]
    st.markdown("\n".join([f"{plain(_capital(both[1]))} against {plain(both[0])}:", "", *lines]))
    if untold := [plain(one.measure.quantity.name) for one in found if not one.pairs.other]:
        st.caption(f"Unknown on one side or on both, so not compared: {', '.join(untold)}.")


def _line(one: Compared) -> str:
    """The verdict, those that are real in bold."""
    said = plain(f"{_capital(one.sentence)}.")
    return f"**{said}**" if one.verdict.kind == "real difference" else said


def _capital(text: str) -> str:
    """As a sentence begins; a model's name stays as it is."""
    if "/" in text.partition(" ")[0]:
        return text
    return text[:1].upper() + text[1:]
