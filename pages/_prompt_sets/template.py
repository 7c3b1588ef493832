"""The template that each row of the set is put into, with what comes of the first row."""

import streamlit as st

from llm_backends import sentences
from llm_backends.experiments.plan_file import PlanUnusable
from llm_backends.experiments.prompts import Prompts, in_template
from llm_backends.prompt_set import PromptSet
from pages._prompt_sets import sets
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


def filled(template: str | None, prompts: PromptSet) -> Prompts | str:
    """The prompts as they will be asked, the first one shown; or why the rows can't be put into the template."""
    found = sets.once("set_filled", f"{prompts.id} {template}", lambda: _filled(template, prompts))
    if template and not isinstance(found, str):
        st.caption("The first prompt, as it will be asked:")
        st.code(start_of(found[0].prompt, 1000), language=None, wrap_lines=True)
    return found


def _filled(template: str | None, prompts: PromptSet) -> Prompts | str:
    try:
        return in_template(template, prompts.rows)
    except PlanUnusable as exc:
        return " ".join(map(sentences.sentence, exc.faults))


def told(said: str) -> None:
    """Say on the page why it can't be used."""
    st.error(plain(said), icon=":material/data_object:")
