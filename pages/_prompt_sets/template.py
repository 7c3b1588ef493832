"""The template that each row of the set is put into, with what comes of the first row."""

import streamlit as st

from llm_backends import sentences
from llm_backends.experiments.plan_file import PlanUnusable
from llm_backends.experiments.prompts import in_template
from llm_backends.prompt_set import PromptSet
from pages._shared.format import plain, start_of


def draw(prompts: PromptSet | None) -> str | None:
    """Draw the field; the template, None where there is none."""
    names = sorted({name for row in prompts.rows[:1] for name in row.values}) if prompts else []
    can = ", ".join(f"`{{{{{name}}}}}`" for name in names)
    text = st.text_area(
        "Template",
        key="set_template",
        persist_state="session",
        placeholder="Empty: each prompt is asked as it is. Or, for example: Answer in one word: {{prompt}}",
        help=f"Each row is put into it. This set's rows have {can}." if can else "Each row of the set is put into it.",
    )
    return text if text and text.strip() else None


def fault(template: str | None, prompts: PromptSet) -> str | None:
    """Why the rows can't be put into it; else the first prompt is shown as it will be asked."""
    try:
        filled = in_template(template, prompts.rows)
    except PlanUnusable as exc:
        return " ".join(map(sentences.sentence, exc.faults))
    if template:
        st.caption("The first prompt, as it will be asked:")
        st.code(start_of(filled[0].prompt, 1000), language=None, wrap_lines=True)
    return None


def told(said: str) -> None:
    """Say on the page why it can't be used."""
    st.error(plain(said), icon=":material/data_object:")
