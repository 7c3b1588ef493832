"""The Prompt sets page: a new experiment from set to start, those on record, and how one is paused and gone on with."""

from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from llm_backends.experiments.plan import ExperimentPlan, RoutedSlot
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.store import experiments as kept
from llm_backends.store.tables import experiments
from pages._shared import session

APP = str(Path(__file__).parent.parent / "app.py")
QUICK = "openai/sandbox.ttft-1.rate-2000.tokens-3"
SLOW = "openai/sandbox.ttft-60000"


@pytest.fixture
def opened(tmp_path, monkeypatch, sandbox):
    """The page without a browser, on the sandbox's providers and a log of its own."""
    monkeypatch.chdir(tmp_path)
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LLMSELECT_DATABASE_URL", f"sqlite:///{tmp_path}/log.db")
    st.cache_resource.clear()

    def opened(**address) -> AppTest:
        page = AppTest.from_file(APP, default_timeout=30)
        page.run().switch_page("pages/prompt_sets.py")
        for name, value in address.items():
            page.query_params[name] = value
        return page.run()

    yield opened
    parts = session.app()
    parts.experiments.close()
    parts.runs.close()
    parts.log.close()
    st.cache_resource.clear()


def said(page) -> str:
    """Everything that the page says in words."""
    found = [*page.main.caption, *page.main.markdown, *page.main.error, *page.main.info, *page.main.subheader]
    return "\n".join(one.value for one in found).replace("\\", "")


def named(page, label: str):
    """The button with this label."""
    (found,) = [button for button in page.main.button if button.label == label]
    return found


def labels(page) -> set[str]:
    return {button.label for button in page.main.button}


def models(page, *refs: str):
    page.multiselect(key="models").set_value(list(refs)).run()
    return page


def add(*refs: str, prompts=2, **more) -> str:
    """An experiment on record that nobody has started."""
    slots = tuple(RoutedSlot(ref) for ref in refs or (QUICK, f"{QUICK} #2"))
    plan = replace(ExperimentPlan("Test", "none", slots, warm_up=0), **more)
    return session.app().experiments.add(plan, PromptSet.of("Two", tuple(Row(n, f"Say {n}") for n in range(prompts))))


def record(id: str):
    with session.app().log.database.reading() as connection:
        return kept.one(connection, id)


def set_record(id: str, **values) -> None:
    with session.app().log.database.writing() as connection:
        connection.execute(update(experiments).where(experiments.c.id == id).values(**values))


def test_a_set_that_comes_along_is_started_with_its_checks_and_is_found_at_its_address(opened):
    page = models(opened(), QUICK, f"{QUICK} #2")
    assert "5 of 24 prompts" in said(page) and "50 calls" in said(page)
    assert page.selectbox(key="set_choice").value == "arithmetic"
    page.number_input(key="experiment_warm_up").set_value(0)
    page.number_input(key="experiment_repeats").set_value(2).run()
    page.button(key="start").click().run()
    id = page.query_params["experiment"][0]
    engine = session.app().experiments.get(id)
    assert engine.wait(30) and session.app().log.flush(10)
    assert engine.plan.names == (QUICK, f"{QUICK} #2") and engine.plan.repeats == 2
    one = record(id)
    assert (one.state, one.total, one.plan["checks"][0]["check"]) == ("done", 96, "number")
    page.run()
    assert "Done · 96 of 96 calls" in said(page) and "arithmetic, 24 prompts" in said(page)
    assert not page.exception
