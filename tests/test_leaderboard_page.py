"""The Leaderboard page: which votes count, who can be told apart, what to ask next, whether a judge agrees."""

import numpy
import pytest
import streamlit as st
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from llm_backends.judging.pareto import front
from llm_backends.judging.votes import latest
from llm_backends.store.call_log import CallLog
from llm_backends.store.columns import now
from llm_backends.store.votes.vote import CastVote, Vote
from llm_backends.types import CallResult, Target, Usage
from pages._shared import session

from .conftest import end_app
from .test_accessibility import AXE, check
from .test_pages import APP

TARGETS = (
    Target("openai", "gpt", "direct"),
    Target("anthropic", "opus", "direct"),
    Target("mistral", "large", "azure"),
)


def fill(log: CallLog, votes: int = 90, wins: float = 0.93) -> None:
    """Votes among three models, mostly for the earlier one in the list; each sixth is open, each third a judge's."""
    rng = numpy.random.default_rng(4)
    for number in range(votes):
        one, other = sorted(rng.choice(3, 2, replace=False))
        id = log.open_comparison(f"Vote {number}", None, {}, 2)
        for slot, place in enumerate((one, other)):
            figures = {"ttft_ms": 100.0 * (3 - place), "cost_usd": 0.01 * (3 - place), "usage": Usage(1, 2)}
            log.record(id, slot, CallResult(TARGETS[place], "ok", now(), answer="x", **figures))
        assert log.flush(10)
        calls = [call.id for call in log.comparison(id).calls]
        ballot = ((calls[0],), (calls[1],)) if rng.random() < wins else ((calls[1],), (calls[0],))
        log.vote(Vote(f"{number}", ballot, number % 6 > 0, comparison_id=id, tag="code" if number % 2 else None))
        if number % 3 == 0:
            log.vote(Vote(f"judged {number}", ballot, True, comparison_id=id, judge="anthropic/haiku"))


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLMSELECT_DATABASE_URL", f"sqlite:///{tmp_path}/log.db")
    st.cache_resource.clear()
    st.cache_data.clear()

    def of(votes: int) -> AppTest:
        page = AppTest.from_file(APP, default_timeout=60).run()
        fill(session.app().log, votes)
        return page.switch_page("pages/leaderboard.py").run()

    yield of
    end_app()


def told(page: AppTest) -> str:
    parts = (page.markdown, page.caption, page.info, page.warning, page.subheader)
    return "\n".join(one.value for kind in parts for one in kind).replace("\\", "")


def test_without_votes_the_page_says_how_to_cast_some(opened):
    page = opened(0)
    assert "Turn on Blind vote" in told(page) and not page.exception
    page.segmented_control(key="votes").set_value("A judge's").run()
    assert "No judge has compared answers yet" in told(page)


def test_the_votes_are_told_with_intervals_by_kind_and_tag(opened):
    page = opened(90)
    table = page.dataframe[0].value
    assert table["Model"].tolist() == ["openai/gpt", "anthropic/opus", "mistral/large"]
    assert table["Rank"].tolist()[0] == "1" and (table["From"] < table["Rating"]).all()
    assert "**openai/gpt** is found better than every other" in told(page) and "75 votes." in told(page)
    assert "told apart already" in told(page)
    page.segmented_control(key="votes").set_value("Blind and open").run()
    assert "90 votes." in told(page)
    page.selectbox(key="tag").set_value("code").run()
    assert "45 votes." in told(page)
    page.segmented_control(key="rate").set_value("Model and route").run()
    assert page.dataframe[0].value["Model"].tolist()[-1] == "mistral/large (azure)" and not page.exception


def test_a_judge_stands_apart_with_its_agreement_and_what_it_may_prefer(opened):
    page = opened(90)
    page.segmented_control(key="votes").set_value("A judge's").run()
    said = told(page)
    assert "30 votes." in said and "On 15 of 15 pairs they said the same. Kappa **1.00" in said
    assert "its own vendor (anthropic/opus)" in said and "What to ask next" not in said and not page.exception


def test_few_votes_rank_nobody(opened):
    page = opened(3)
    assert "Nobody can be ranked yet" in told(page) and not page.exception
    assert "Why without a rating" in page.dataframe[0].value


def test_the_front_is_whom_nobody_beats_in_everything():
    assert front([(1, 9), (2, 2), (3, 3), (9, 1), (2, 2)]) == [True, True, False, True, True] and front([]) == []


def test_of_a_judge_that_was_asked_again_the_last_verdict_counts():
    def cast(id, ballot, **more):
        return CastVote(Vote(id, ballot, True, comparison_id="c", **more), "t", dict.fromkeys("ab", TARGETS[0]))

    first, last = cast("1", (("a",), ("b",)), judge="j/j"), cast("2", (("b",), ("a",)), judge="j/j")
    people = cast("3", (("a",), ("b",))), cast("4", (("a",), ("b",)))
    assert latest([first, *people, last]) == (*people, last)


def test_the_page_in_a_browser_leads_to_the_next_blind_comparison(page, dashboard, tmp_path):
    url = dashboard({})
    log = CallLog(f"sqlite:///{tmp_path / 'llmselect.db'}")
    fill(log, 30)
    log.close()
    page.add_init_script(AXE)
    page.goto(f"{url}/leaderboard")
    expect(page.get_by_role("heading", name="What to ask next")).to_be_visible()
    expect(page.locator(".stVegaLiteChart svg, .stVegaLiteChart canvas").first).to_be_visible()
    page.locator(".st-key-against summary").click()
    check(page)
    page.get_by_role("link", name="Compare them blind").click()
    expect(page.locator(".st-key-models [data-tag]")).to_have_count(2)
    expect(page.locator(".st-key-blind input")).to_be_checked()
