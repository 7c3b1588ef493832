"""The judge on the Prompt sets page: asked from a result, its outcome at its address, asked once more."""

from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from llm_backends.experiments.asking import call_id
from llm_backends.store import experiments as kept
from llm_backends.store.call_log import Place
from llm_backends.store.votes.vote import Vote, VoteFilter
from pages._shared import session

from .conftest import end_app
from .test_judge import BAD, GOOD, STARS, honest, judging, source
from .test_pages import APP
from .test_prompt_sets_page import id_of

JUDGE, MINI = "openai/sandbox.ttft-1.rate-2000", "openai/gpt-4o-mini"


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """The result of `texts` on its page, where the models of the sandbox judge as `says` does."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLMSELECT_DATABASE_URL", f"sqlite:///{tmp_path}/log.db")
    # Without a browser each run is a fresh server's first, and starts again: what was pressed would be lost.
    monkeypatch.setattr(session, "PagesManager", SimpleNamespace(uses_pages_directory=False))
    servers = []

    def of(texts, says, ref=None):
        servers.append(judging(says))
        environ, asked = servers[-1].__enter__()
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        st.cache_resource.clear()
        page = AppTest.from_file(APP, default_timeout=60).run()
        one = source(session.app().log, texts)
        with session.app().log.database.writing() as connection:
            connection.execute(kept.experiments.update().values(state="done", ended=one.total))
        page.query_params["experiment"] = one.id
        page.switch_page("pages/prompt_sets.py").run()
        page.session_state["result_judge"] = True
        if ref:
            page.session_state["judge_model"] = ref
        return page.run(), asked

    yield of
    end_app()
    for server in servers:
        server.__exit__(None, None, None)


def told(page) -> str:
    parts = (page.markdown, page.caption, page.info, page.warning)
    return "\n".join(one.value for kind in parts for one in kind).replace("\\", "")


def wait(page):
    """Until the judging in the address has ended."""
    id = id_of(page)
    engine = session.app().experiments.get(id)
    assert engine.wait(30) and session.app().log.flush(10)
    return page.run(), id


def test_a_judge_is_asked_from_a_result_and_its_outcome_is_found_again(opened):
    page, asked = opened(STARS, honest)
    assert page.button(key="judge").disabled and "Choose a judge model first." in told(page)
    page.selectbox(key="judge_model").set_value(MINI).run()
    said = told(page)
    assert "4 of 4 pairs, 8 calls" in said and "9 calls" in said and f"same vendor as {GOOD}" in said
    page.text_area(key="judge_rubric").set_value("Count the stars.").run()
    of = id_of(page)
    page, id = wait(page.button(key="judge").click().run())
    said = told(page)
    assert id != of and all("Count the stars." in text for text in asked)
    assert "A verdict on 4 of 4 pairs, each shown in both orders. It changed its mind with the order in 0 of 4" in said
    assert "No person has voted blind on these pairs yet" in said and "Models tend to prefer their own style" in said
    table = page.dataframe[0].value
    assert table["share"].tolist()[0].startswith("62.5%") and table["better"].tolist() == [2, 1]
    assert len(session.app().log.votes(VoteFilter(judge=MINI))) == 4 and not page.exception
    shown = page.dataframe[2].value
    assert shown["verdict"].tolist() == [GOOD, BAD, "tie", GOOD] and shown["turned"].tolist() == shown["here"].tolist()
    page.selectbox(key="judge_which").set_value("decided").run()
    assert page.dataframe[2].value["number"].tolist() == [1, 2, 4]

    log = session.app().log
    for number in (1, 2, 3):
        first, second = (call_id(Place(of, number, 0), slot) for slot in (0, 1))
        ballot = ((first,), (second,)) if number < 3 else ((second,), (first,))
        log.vote(Vote(f"person {number}", ballot, True, experiment_id=of, prompt_number=number))
    page.run()
    assert "On 3 pairs that people voted on blind it said the same in 1. Cohen's kappa" in told(page)
    assert "points less often than people did on the same 3 pairs" in told(page)
    page.query_params["experiment"] = of
    page.run()
    assert not page.exception and "Judge" in str(page.main.get("expander"))


def test_nonsense_is_counted_and_can_be_asked_once_more(opened):
    sane = []
    page, asked = opened(STARS, lambda a, b: honest(a, b) if sane else "I love them both!", JUDGE)
    page, id = wait(page.button(key="judge").click().run())
    said = told(page)
    assert "A verdict on 0 of 4 pairs" in said and "8 answers held no verdict that can be read" in said
    sane.append(True)
    page, again = wait(page.button(key="again").click().run())
    assert again != id and "A verdict on 4 of 4 pairs" in told(page) and not page.exception
    page.query_params["experiment"] = id
    page.run()
    assert "A verdict on 4 of 4 pairs" in told(page) and not [b for b in page.button if b.key == "again"]


def test_a_judge_that_is_not_ready_or_has_nothing_to_judge_says_why(opened):
    page, _ = opened(STARS, honest, "nobody/at-all")
    assert page.button(key="judge").disabled and "nobody" in told(page) and not page.exception
    end_app()
    page, _ = opened([("same", "same "), ("x", None)], honest, JUDGE)
    assert page.button(key="judge").disabled and "There is no pair to judge" in told(page) and not page.exception
