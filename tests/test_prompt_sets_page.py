"""The Prompt sets page: a new experiment from set to start, those on record, and how one is paused and gone on with."""

import contextlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from llm_backends.experiments.live import Experiments
from llm_backends.experiments.plan import ExperimentPlan, Limits, RoutedSlot
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.store import experiments as kept
from llm_backends.store.call_log import CallLog
from llm_backends.store.tables import experiments
from pages._experiments import standing as module
from pages._experiments import workers
from pages._prompt_sets.result import view
from pages._shared import session

from .conftest import end_app

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
    # Without a browser each run is a fresh server's first, and starts again: what was pressed would be lost.
    monkeypatch.setattr(session, "PagesManager", SimpleNamespace(uses_pages_directory=False))
    st.cache_resource.clear()

    def opened(**address) -> AppTest:
        page = AppTest.from_file(APP, default_timeout=30)
        page.run().switch_page("pages/prompt_sets.py")
        for name, value in address.items():
            page.query_params[name] = value
        return page.run()

    yield opened
    end_app()


def said(page) -> str:
    """Everything that the page says in words."""
    found = [*page.main.caption, *page.main.markdown, *page.main.error, *page.main.info, *page.main.subheader]
    told = [one.value for one in found] + [one.proto.text for one in page.main.get("progress")]
    return "\n".join(told).replace("\\", "")


def named(page, label: str):
    """The button with this label."""
    (found,) = [button for button in page.main.button if button.label == label]
    return found


def id_of(page) -> str:
    """The experiment in the address."""
    found = page.query_params["experiment"]
    return found if isinstance(found, str) else found[0]


def labels(page) -> set[str]:
    return {button.label for button in page.main.button}


def models(page, *refs: str):
    page.multiselect(key="models").set_value(list(refs)).run()
    return page


def add(*refs: str, prompts=2, **more) -> str:
    """An experiment on record that nobody has started."""
    slots = tuple(RoutedSlot(ref) for ref in refs or (QUICK, f"{QUICK} #2"))
    plan = replace(ExperimentPlan("Test", "none", slots, warm_up=0), **more)
    return session.app().experiments.add(
        plan, PromptSet.of("Two", tuple(Row(n, f"Say {n}") for n in range(1, prompts + 1)))
    )


def record(id: str):
    with session.app().log.database.reading() as connection:
        return kept.one(connection, id)


def set_record(id: str, **values) -> None:
    with session.app().log.database.writing() as connection:
        connection.execute(update(experiments).where(experiments.c.id == id).values(**values))


def test_a_set_that_comes_along_is_started_with_its_checks_and_is_found_at_its_address(opened):
    page = models(opened(), QUICK, f"{QUICK} #2")
    assert "5 of 24 prompts" in said(page) and "50 calls" in said(page)
    page.number_input(key="experiment_warm_up").set_value(0)
    page.number_input(key="experiment_concurrency").set_value(16)
    page.button(key="start").click().run()
    engine = session.app().experiments.get(id_of(page))
    assert engine.wait(30) and session.app().log.flush(10)
    one = record(engine.id)
    assert (one.state, one.total, one.plan["checks"][0]["check"]) == ("done", 48, "number")
    page.run()
    assert "**Done** · 48 of 48 calls" in said(page) and "arithmetic, 24 prompts" in said(page)
    assert not page.exception


def test_models_and_their_settings_are_the_same_on_compare_and_here(opened):
    page = models(opened(), QUICK, f"{QUICK} #2")
    page.number_input(key=f"temperature {QUICK} #2").set_value(0.5).run()
    page.switch_page("pages/compare.py").run()
    assert page.multiselect(key="models").value == [QUICK, f"{QUICK} #2"]
    assert page.number_input(key=f"temperature {QUICK} #2").value == 0.5
    page.number_input(key="top_p").set_value(0.9).run()
    models(page, QUICK).switch_page("pages/prompt_sets.py").run()
    assert page.multiselect(key="models").value == [QUICK] and page.number_input(key="top_p").value == 0.9
    assert not page.exception


def test_a_pasted_table_tells_its_faults_by_row_and_the_others_can_be_asked(opened):
    page = models(opened(), QUICK)
    page.selectbox(key="set_choice").set_value("Paste a table").run()
    assert named(page, "Start").disabled and "Choose a prompt set first." in said(page)
    page.text_area(key="set_pasted").set_value("question\nWhy?").run()
    assert "prompt" in page.main.error[0].value and named(page, "Start").disabled
    page.text_area(key="set_pasted").set_value("prompt,expected,city\nWhy?,so,Rome\n,empty,Bonn").run()
    assert "Row 3 has an empty prompt" in page.main.error[0].value and named(page, "Start").disabled
    page.checkbox(key="set_leave_out").check().run()
    assert "1 of 1 prompts" in said(page) and not named(page, "Start").disabled

    page.text_area(key="set_template").set_value("In {{town}}: {{prompt}}").run()
    assert "town" in said(page) and named(page, "Start").disabled and "Mend what is marked above" in said(page)
    page.text_area(key="set_template").set_value("In {{city}}: {{prompt}}").run()
    assert page.main.code[0].value == "In Rome: Why?" and not named(page, "Start").disabled
    page.text_input(key="experiment_name").set_value("Of Rome").run()
    page.button(key="start").click().run()
    engine = session.app().experiments.get(id_of(page))
    assert engine.wait(30) and (engine.plan.name, engine.plan.template) == ("Of Rome", "In {{city}}: {{prompt}}")
    assert engine.plan.checks == () and not page.exception


def test_what_keeps_it_from_starting_is_told_beside_start(opened):
    page = models(opened(), QUICK)
    (add_check,) = [button for button in page.main.button if button.label == "Add a check"]
    add_check.click().run()
    kinds = [box for box in page.main.selectbox if box.label == "Check"]
    kinds[-1].set_value("regex").run()
    (expression,) = [field for field in page.main.text_input if field.label == "Expression"]
    expression.set_value("(").run()
    assert any("expression" in error.value for error in page.main.error)
    assert named(page, "Start").disabled and "Mend what is marked above first." in said(page)
    expression = next(field for field in page.main.text_input if field.label == "Expression")
    expression.set_value("[0-9]+").run()
    assert not named(page, "Start").disabled and not page.main.error

    page.number_input(key="experiment_usd").set_value(1.0).run()
    assert named(page, "Start").disabled and "price" in named(page, "Start").help
    models(page)
    assert "Choose at least one model." in said(page) and not page.exception


def test_experiments_on_record_are_listed_and_an_unknown_address_is_told(opened):
    assert "On record" not in said(page := opened())
    first = add()
    set_record(first, state="paused", reason="usd", name="A *first*")
    page.run()
    assert "On record" in said(page) and "paused · 0 of 4 calls" in said(page)
    assert [link.proto.query_string for link in page.get("page_link")][-1] == f"experiment={first}"
    page = opened(experiment="gone")
    assert "is not in the call log" in said(page) and "New experiment" in said(page) and not page.exception


def test_one_that_runs_is_paused_and_gone_on_with_until_it_is_done(opened):
    page = opened()
    id = add(prompts=40, concurrency=1)
    page = opened(experiment=id)
    assert "Not started" in said(page)
    named(page, "Start").click().run()
    engine = session.app().experiments.get(id)
    engine.pause()
    assert engine.wait(30)
    page.run()
    if record(id).state == "paused":
        assert "Every call that had ended is kept." in said(page)
        named(page, "Go on").click().run()
    assert session.app().experiments.get(id).wait(60)
    page.run()
    assert record(id).counts.ended == 80 and "Done" in said(page) and not page.exception


def test_a_call_in_flight_is_waited_for_or_stopped(opened):
    page = opened()
    id = add(SLOW, prompts=1)
    page = opened(experiment=id)
    named(page, "Start").click().run()
    engine = session.app().experiments.get(id)
    page.run()
    assert {"Pause", "Stop"} <= labels(page) and "It goes on when nobody watches" in said(page)
    named(page, "Pause").click().run()
    assert "Ending: calls in flight" in said(page) and named(page, "Pause").disabled
    named(page, "Stop").click().run()
    assert engine.wait(30)
    page.run()
    assert record(id).counts.ended == 0 and named(page, "Start") and not page.exception


def test_one_that_ends_while_its_page_is_drawn_is_drawn_as_ended(opened, monkeypatch):
    page, standing = opened(), module.standing
    id = add(SLOW, prompts=1)
    page = opened(experiment=id)

    def ends_then(app, id):
        now = standing(app, id)
        if engine := app.experiments.get(id):
            engine.stop()
            assert engine.wait(30)
        return now

    monkeypatch.setattr(module, "standing", ends_then)
    live = []
    monkeypatch.setattr(view, "draw", lambda app, experiment, lives: live.append(lives))
    named(page, "Start").click().run()
    assert live == [False] and "Stop" not in labels(page) and not page.exception


def test_one_that_was_killed_or_ran_out_of_budget_says_so_and_goes_on(opened):
    page = opened()
    id = add(limits=Limits(calls=1))
    set_record(id, state="running")
    page = opened(experiment=id)
    assert "ended in mid-run" in said(page) and "Start" in labels(page)
    set_record(id, state="paused", reason="calls")
    page.run()
    (limit,) = page.main.number_input
    assert limit.label == "Limit of calls, 1 so far" and "Raise it to go on" in said(page)
    limit.set_value(50).run()
    named(page, "Start").click().run()
    assert session.app().experiments.get(id).wait(30)
    page.run()
    assert record(id).plan["limits"]["calls"] == 50 and "Done" in said(page) and not page.exception


def test_one_that_another_process_runs_can_be_paused_from_here(opened, tmp_path):
    page = opened()
    id = add(SLOW, prompts=1)
    with contextlib.closing(CallLog(f"sqlite:///{tmp_path}/log.db")) as log:
        other = Experiments(log)
        engine = other.resume(id, session.app().catalog)
        page = opened(experiment=id)
        assert "Another process runs it." in said(page) and {"Pause", "Stop"} <= labels(page)
        named(page, "Stop").click().run()
        assert engine.wait(30)
        other.close()
    page.run()
    assert record(id).state == "stopped" and "Start" in labels(page) and not page.exception


def test_insights_leave_calls_of_experiments_out_until_they_are_asked_for(opened):
    page = opened()
    id = add(prompts=1)
    engine = session.app().experiments.resume(id, session.app().catalog)
    assert engine.wait(30) and session.app().log.flush(10)
    page.switch_page("pages/insights.py").run()
    assert "Only calls of experiments here: 2 of them." in said(page) and not page.main.dataframe
    page.main.segmented_control(key="calls").set_value("All").run()
    assert page.main.dataframe[0].value["calls"].sum() == 2 and not page.exception


def test_an_experiment_is_left_to_workers_where_some_are_there(opened, postgres_url, monkeypatch):
    monkeypatch.setenv("LLMSELECT_DATABASE_URL", postgres_url)
    page = opened()
    id = add(prompts=1)
    page = opened(experiment=id)
    assert not any("Leave it" in label for label in labels(page))
    monkeypatch.setattr(workers, "workers", lambda log: 2)
    page.run()
    named(page, "Leave it to 2 workers").click().run()
    assert record(id).state == "queued" and "2 workers will take it up." in said(page)
    monkeypatch.setattr(workers, "workers", lambda log: 0)
    page.run()
    assert "No worker is there" in said(page) and not page.exception
    named(page, "Stop").click().run()
    assert record(id).state == "stopped"
