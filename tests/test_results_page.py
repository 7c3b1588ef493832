"""What the Prompt sets page says an experiment came to: verdict, matrix, opened answers, other checks later."""

import re
from collections import Counter

import pytest
import streamlit as st
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from llm_backends.judging.queue import queue
from llm_backends.store.tables import experiments
from llm_backends.store.votes.vote import VoteFilter
from pages._shared import session

from .conftest import end_app
from .test_accessibility import AXE, check
from .test_browser import choose, picked
from .test_pages import APP
from .test_results import add, error, ok, planned, some


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Keep an experiment in the dashboard's log, and open it: `opened(*what test_results.add takes)`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLMSELECT_DATABASE_URL", f"sqlite:///{tmp_path}/log.db")
    st.cache_resource.clear()

    def of(*given, **more):
        page = AppTest.from_file(APP, default_timeout=60).run()
        log = session.app().log
        one = add(log, *given, **more)
        with log.database.writing() as connection:
            connection.execute(experiments.update().values(state="done", ended=one.total))
        page.query_params["experiment"] = one.id
        return page.switch_page("pages/prompt_sets.py").run()

    yield of
    end_app()


def told(page) -> str:
    parts = (page.subheader, page.markdown, page.caption, page.info)
    return "\n".join(one.value for kind in parts for one in kind).replace("\\", "")


def calls(count, slots=2):
    return {
        (number, 0, slot): ok(100.0 + 50 * slot + number) for number in range(1, count + 1) for slot in range(slots)
    }


def test_the_verdict_comes_in_words_and_the_matrix_can_be_paged_sorted_and_filtered(opened):
    passed = {(number, 0, slot): slot == 0 or number % 2 == 0 for number, _, slot in calls(40)}
    made = calls(40) | {(40, 0, 1): error()}
    page = opened(planned(), some(40), made, passed)
    assert not page.exception
    said = told(page)
    assert "is worse than openai/gpt-4o on this set, and the difference is real." in said
    assert "First token 50 ms later" in said and "**" in said
    slots, prompts = (frame.value for frame in page.dataframe)
    assert slots["failed"].tolist() == [0, 1] and len(prompts) == 25
    page.selectbox(key="matrix_which").set_value("disagree").run()
    assert page.dataframe[1].value["number"].tolist() == [*range(1, 40, 2), 40]
    assert page.dataframe[1].value["slot 1"].iloc[-1] == "! error"
    assert "Prompts 1 to 21 of 21 of 40" in told(page) and not page.exception


def test_without_checks_the_page_says_what_is_missing_and_judges_by_time(opened):
    page = opened(planned(), some(12), calls(12))
    said = told(page)
    assert "Nothing says which answers are right" in said and not page.exception
    assert "faster" in said or "slower" in said


def test_a_queue_of_blind_pairs_takes_each_vote_once_and_names_nobody(opened):
    page = opened(planned(), some(6), calls(6))
    page.query_params["pairs"] = "1"
    page.run()
    id = page.query_params["experiment"]
    page.number_input(key=f"votes {id}").set_value(3).run()
    said = told(page)
    assert "Answer A" in said and "Answer B" in said and "openai/" not in said and "gpt" not in said
    page.button(key="pair_skip").click().run()
    for key in ("pair_first", "pair_bad"):
        page.button(key=key).click().run()
    assert [success.value for success in page.success] == ["All pairs of this poll have been asked about."]
    page.button(key="pair_again").click().run()
    page.button(key="pair_tie").click().run()
    log = session.app().log
    votes = [cast.vote for cast in log.votes(VoteFilter(experiment_id=id))]
    assert len(votes) == 3 and len({vote.prompt_number for vote in votes}) == 3 and all(vote.blind for vote in votes)
    assert [(len(vote.ballot), vote.all_bad) for vote in votes] == [(2, False), (1, True), (1, False)]
    page.button(key="pair_undo").click().run()
    assert len(log.votes(VoteFilter(experiment_id=id))) == 2 and not page.exception
    assert not page.get("success") and page.button(key="pair_first")


def test_every_two_slots_are_asked_about_alike_and_stand_left_as_often():
    answered = {number: [0, 1, 2] for number in range(1, 201)} | {300: [0], 301: [1, 2]}
    pairs = queue(answered, "seed", 300)
    assert pairs == queue(answered, "seed", 300) != queue(answered, "other", 300)
    assert pairs[:90] == queue(answered, "seed", 90)
    of = Counter(frozenset((pair.first, pair.second)) for pair in pairs)
    assert set(of.values()) == {100} and 120 < sum(pair.first < pair.second for pair in pairs) < 180
    assert len({pair.vote_id("e") for pair in pairs}) == 300 and all(pair.number != 300 for pair in pairs)
    assert len(queue(answered, "seed", 10_000)) == 601 and queue({}, "seed", 5) == ()


def test_prompts_that_flipped_since_an_earlier_run_are_told(opened):
    passed = dict.fromkeys(calls(6), True)
    page = opened(planned(), some(6), calls(6), passed | {(1, 0, 0): False})
    first = page.query_params["experiment"]
    page = opened(planned(), some(6), calls(6), passed | {(2, 0, 0): False})
    page.session_state["result_changed"] = True
    page.run()
    said = told(page)
    assert first != page.query_params["experiment"] and not page.exception
    assert "1 prompt passes now and did not before: 1." in said
    assert "1 prompt passes no more that did before: 2." in said


def test_an_experiment_from_start_to_verdict_and_other_checks_later(page, dashboard, sandbox):
    page.add_init_script(AXE)
    page.goto(f"{dashboard(sandbox.environment())}/prompt_sets")
    picked(page, 4)
    choose(page, "openai/sandbox.ttft-1.rate-2000.tokens-5", "mistral/sandbox.ttft-60.rate-2000.tokens-5")
    start, main = page.locator(".st-key-start button:enabled"), page.get_by_test_id("stMain")
    expect(start).to_have_count(1)
    start.click()
    expect(main).to_contain_text(re.compile("Done.*48 of 48 calls"))
    expect(main).to_contain_text("a real difference")
    matrix = page.get_by_test_id("stDataFrame").nth(1)
    matrix.scroll_into_view_if_needed()
    box = matrix.bounding_box()
    page.mouse.click(box["x"] + 0.15 * box["width"], box["y"] + 55)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Prompt 1")
    expect(dialog).to_contain_text("The answer holds no number.")
    expect(dialog.get_by_role("img", name="Timeline")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    page.reload()
    expect(main).to_contain_text("a real difference")
    page.locator(".st-key-result_checks summary").click()
    expect(page.locator(".st-key-recheck button").first).to_be_disabled()
    page.locator(".st-key-result_judge summary").click()
    expect(page.locator(".st-key-judge button").first).to_be_disabled()
    check(page)
    with page.expect_download() as download:
        page.locator(".st-key-export_csv button").first.click()
    assert download.value.path().read_text("utf-8-sig").count(",mistral/sandbox.ttft-60") == 24  # as slot
    page.locator("[class*=st-key-check_later] button").filter(has_text="delete").first.click()
    page.locator(".st-key-recheck button:enabled").click()
    expect(main).to_contain_text("Nothing says which answers are right")
