"""Conversations: kept as comparisons that go on from one another, told to the models turn by turn, shown as a chat."""

import itertools
import re
from datetime import UTC, datetime

import pytest
import streamlit as st
from playwright.sync_api import expect
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from llm_backends.runs.history import history, of_chat, of_slot
from llm_backends.store import tables
from llm_backends.store.call_log import CallLog
from llm_backends.store.conversations import deleting, kept
from llm_backends.store.search.find import Wanted
from llm_backends.store.votes.vote import Vote, VoteFilter
from llm_backends.types import CallResult, Message, Target
from pages._shared import session

from .conftest import end_app, postgres_database
from .test_accessibility import AXE, check
from .test_pages import APP

GPT = Target("openai", "gpt-4o", "direct")
_numbers = itertools.count(91_000)


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request, tmp_path):
    if request.param == "sqlite":
        log = CallLog(f"sqlite:///{tmp_path}/log.db")
        yield log
        log.close()
    else:
        with postgres_database() as url:
            log = CallLog(url)
            yield log
            log.close()


def turn(log, prompt, answer, follows=None, conversation=None, status="ok", names=("openai/gpt-4o",)) -> str:
    params = {"models": list(names)} | ({"follows": follows} if follows else {})
    id = log.open_comparison(prompt, None, params, len(names), conversation_id=conversation)
    for slot in range(len(names)):
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        log.record(id, slot, CallResult(GPT, status, moment, answer=f"{answer}{slot or ''}"))
    assert log.flush(10)
    return id


def begun(log, title="Skies") -> str:
    with log.database.writing() as connection:
        return kept.begin(connection, title, None)


def read(log, query, *args):
    with log.database.reading() as connection:
        return query(connection, *args)


def test_a_conversation_is_a_tree_whose_branches_are_all_kept(log):
    id = begun(log)
    first = turn(log, "Why blue?", "Rayleigh", conversation=id)
    second = turn(log, "And red?", "Dust", first, id)
    again = turn(log, "And green?", "Oxygen", first, id)
    turns = read(log, kept.turns, id)
    assert [one.prompt for one in turns] == ["Why blue?", "And red?", "And green?"]
    assert [one.id for one in kept.path(turns, second)] == [first, second]
    assert [one.id for one in kept.path(turns, again)] == [first, again] and kept.path(turns, "gone") == ()
    assert [one.id for one in read(log, kept.chain, again)] == [first, again] and read(log, kept.chain, "gone") == ()
    conversation = read(log, kept.one, id)
    assert (conversation.title, conversation.turns) == ("Skies", 3) and read(log, kept.one, "gone") is None


def test_a_chain_from_before_parents_had_a_column_is_found_by_its_parameters(log):
    first = turn(log, "One", "1")
    second = turn(log, "Two", "2", first)
    third = turn(log, "Three", "3", second)
    with log.database.writing() as connection:
        connection.execute(tables.comparisons.update().values(parent_id=None))
    assert [one.id for one in read(log, kept.chain, third)] == [first, second, third]


def test_conversations_are_listed_by_when_they_went_on_and_found_by_title_and_message(log):
    ids = [begun(log, f"Title {n} % _") for n in range(3)]
    turn(log, "Something about Größe", "yes", conversation=ids[0])
    table = tables.conversations
    with log.database.writing() as connection:
        for day, id in enumerate(ids, 1):
            then = f"2026-01-0{day}T00:00:00.000+00:00"
            connection.execute(table.update().where(table.c.id == id).values(updated_at=then))
        kept.touch(connection, ids[0])
        assert kept.rename(connection, ids[1], "Named anew") and not kept.rename(connection, "gone", "x")
    found = read(log, kept.recent, 2, None, None, None)
    assert [one.id for one in found] == [ids[0], ids[2]] and found[0].turns == 1
    rest = read(log, kept.recent, 2, (found[-1].updated_at, found[-1].id), None, None)
    assert [(one.id, one.title) for one in rest] == [(ids[1], "Named anew")]
    assert [one.id for one in read(log, kept.recent, 9, None, "GRÖSSE".replace("SS", "ß"), None)] == [ids[0]]
    assert (
        len(read(log, kept.recent, 9, None, "% _", None)) == 2
        and read(log, kept.recent, 9, None, "nothing", None) == ()
    )


def test_what_is_deleted_is_gone_from_search_votes_and_rollups_and_the_rest_stays(log):
    id, other = begun(log), turn(log, "Unrelated dugong", "stays", names=("a/a", "b/b"))
    first = turn(log, "A dugong?", "A sea cow", conversation=id)
    turn(log, "More", "dugong again", first, id)
    calls = [call.id for call in log.comparison(other).calls]
    log.vote(Vote("stays", ((calls[0],), (calls[1],)), True, comparison_id=other))
    two = turn(log, "To delete dugong", "x", names=("a/a", "b/b"))
    gone = [call.id for call in log.comparison(two).calls]
    log.vote(Vote("goes", ((gone[0],), (gone[1],)), True, comparison_id=two))
    with log.database.writing() as connection:
        connection.execute(tables.rollups.insert(), {"day": f"{datetime.now(UTC):%Y-%m-%d}", "format": 1, "cells": b""})
        assert deleting.conversation(connection, id) == 2
        assert deleting.delete_comparisons(connection, [two, "never there"]) == 1
    assert read(log, kept.one, id) is None and log.comparison(first) is None and log.comparison(two) is None
    assert [hit.comparison_id for hit in log.search("dugong", Wanted())] == [other]
    assert [cast.vote.id for cast in log.votes(VoteFilter())] == ["stays"]
    assert read(log, lambda connection: connection.execute(select(tables.rollups.c.day)).all()) == []
    assert log.comparison(other).calls


def test_each_slot_is_told_its_own_answers_and_turns_without_one_are_left_out(log):
    names = ("openai/gpt-4o", "openai/gpt-4o #2")
    first = turn(log, "One?", "first", names=names)
    failed = turn(log, "Two?", "half", first, status="error", names=names)
    stopped = turn(log, "Three?", "part", failed, status="stopped", names=names)
    turns = read(log, kept.chain, stopped)
    told = history(turns, of_slot(names[1]))
    assert [(message.role, message.content) for message in told.messages] == [
        ("user", "One?"), ("assistant", "first1"), ("user", "Three?"), ("assistant", "part1"),
    ] and told.unanswered == 1  # fmt: skip
    assert history(turns, of_slot("mistral/other")).messages == ()
    assert history(turns, of_chat, leave_out=1).messages[0] == Message("user", "Three?")


@pytest.fixture
def opened(sandbox, tmp_path, monkeypatch):
    """The dashboard on the sandbox, without a browser: `opened(page, **address)`."""
    monkeypatch.chdir(tmp_path)
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LLMSELECT_DATABASE_URL", f"sqlite:///{tmp_path}/log.db")
    st.cache_resource.clear()

    def of(page=None, **address) -> AppTest:
        test = AppTest.from_file(APP, default_timeout=60).run()
        for name, value in address.items():
            test.query_params[name] = value
        return test.switch_page(page).run() if page else test.run()

    yield of
    end_app()


def ended(page: AppTest) -> AppTest:
    for run in session.app().runs.live():
        assert run.wait(30)
    return page.run()


def sent(sandbox, model: str) -> list[list[tuple[str, str]]]:
    """What each request for this model said, in turn."""
    bodies = [record.body for record in sandbox.records if record.model == model]
    return [[(message["role"], message["content"]) for message in body["messages"]] for body in bodies]


def test_a_chat_tells_the_model_what_was_said_and_branches_where_it_is_asked_again(opened, sandbox):
    model, other = (f"sandbox.canned.numbered.ttft-1.rate-2000.tokens-3.retry-{next(_numbers)}" for _ in range(2))
    page = opened("pages/chat.py", ask=f"openai/{model}")
    page.chat_input[0].set_value("First?").run()
    ended(page)
    page.chat_input[0].set_value("Second?").run()
    ended(page)
    answer = "0 1 2 "
    said = [("user", "First?"), ("assistant", answer), ("user", "Second?")]
    assert sent(sandbox, model) == [said[:1], said]
    page.query_params["ask"] = f"mistral/{other}"
    page.run()
    page.button(key="again_0").click().run()
    ended(page)
    assert sent(sandbox, other) == [said] and not page.exception
    assert "2 of 2" in [caption.value for caption in page.caption]
    page.button(key="chevron_left_0").click().run()
    assert "1 of 2" in [caption.value for caption in page.caption]

    id = page.query_params["conversation"]
    other_session = opened("pages/chat.py", conversation=id)
    assert other_session.selectbox(key="chat_model").value == f"mistral/{other}"  # the branch that went on last
    assert other_session.subheader[0].value == "First\\?"
    log = session.app().log
    turns = read(log, kept.turns, id)
    assert len(turns) == 3 and all(call.result.ttft_ms for one in turns for call in one.calls)


def test_a_follow_up_goes_on_from_the_log_each_slot_with_its_own_history(opened, sandbox):
    models = [f"sandbox.canned.numbered.ttft-1.rate-2000.tokens-{n}.retry-{next(_numbers)}" for n in (2, 3)]
    page = opened()
    page.multiselect(key="models").set_value([f"openai/{model}" for model in models]).run()
    page.text_area(key="prompt").set_value("Count.").run()
    page.button(key="run").click().run()
    run = ended(page).query_params["run"]
    end_app()  # LLMSelect is started anew
    page = opened(run=run)
    page.toggle(key="follow_up").set_value(True).run()
    page.text_area(key="prompt").set_value("Go on.").run()
    page.button(key="run").click().run()
    ended(page)
    for model, answer in zip(models, ("0 1 ", "0 1 2 "), strict=True):
        assert sent(sandbox, model)[1] == [("user", "Count."), ("assistant", answer), ("user", "Go on.")]
    log = session.app().log
    log.flush(5)
    assert [one.id for one in read(log, kept.chain, page.query_params["run"])] == [run, page.query_params["run"]]


def test_a_conversation_of_500_turns_opens_and_leaves_out_only_what_it_is_told_to(opened, sandbox):
    model = f"sandbox.canned.ttft-1.rate-2000.tokens-3.retry-{next(_numbers)}"
    page = opened("pages/chat.py")
    log = session.app().log
    id, last = begun(log, "Long"), None
    for number in range(500):
        params = {"models": [f"openai/{model}"]} | ({"follows": last} if last else {})
        last = log.open_comparison(f"Question {number}", None, params, 1, conversation_id=id)
        moment = f"2026-11-27T08:{number // 60:02}:{number % 60:02}.000+00:00"
        log.record(last, 0, CallResult(GPT, "ok", moment, answer=f"Answer {number}"))
    assert log.flush(60)
    page.query_params["conversation"] = id
    page.run()
    assert len(page.chat_message) == 20 and page.button(key="chat_earlier").label == "Show 30 of 490 earlier turns"
    page.button(key="chat_earlier").click().run()
    assert len(page.chat_message) == 80 and not page.exception
    page.number_input(key="chat_leave_out").set_value(498).run()
    page.chat_input[0].set_value("What now?").run()
    ended(page)
    (said,) = sent(sandbox, model)
    assert [text for _, text in said] == [
        "Question 498", "Answer 498", "Question 499", "Answer 499", "What now?",
    ]  # fmt: skip
    assert any("without the 498 oldest turns" in caption.value for caption in page.caption)


def test_a_conversation_that_outgrew_the_model_is_told_so_and_asked_again_with_less_of_it(opened, sandbox):
    model = f"sandbox.canned.fault-413.ttft-1.rate-2000.tokens-3.retry-{next(_numbers)}"
    page = opened("pages/chat.py")
    log = session.app().log
    id, last = begun(log, "Long"), None
    for number in range(5):
        last = turn(log, f"Question {number}", f"Answer {number}", last, id, names=(f"openai/{model}",))
    page.query_params["conversation"] = id
    page.run()
    page.chat_input[0].set_value("Too much?").run()
    ended(page)
    assert "prompt too large" in " ".join(error.value for error in page.error)
    page.button(key="chat_shorten").click().run()
    ended(page)
    assert [len(said) for said in sent(sandbox, model)] == [11, 5]
    assert page.button(key="chat_shorten").label == "Ask again without the 4 oldest of 5 turns"
    assert len(read(log, kept.turns, id)) == 7 and not page.exception


def test_what_cannot_be_sent_is_said_and_a_conversation_that_is_gone_too(opened):
    page = opened("pages/chat.py", conversation="never there")
    assert "deleted" in page.info[0].value
    page.chat_input[0].set_value("  ").run()
    assert page.error[0].value == "Write a message first\\."
    page.query_params["ask"] = "nobody/at-all"
    page.run()
    assert "is not ready" in " ".join(caption.value for caption in page.caption)
    page.chat_input[0].set_value("Hello?").run()
    ended(page)
    assert any("nobody" in error.value for error in page.error) and not page.exception
    page.button(key="chat_new").click().run()
    assert len(page.chat_message) == 0


def test_a_chat_in_the_browser_is_stopped_by_key_edited_named_and_deleted(page, sandbox_dashboard):
    long = f"openai/sandbox.canned.ttft-1.rate-50.tokens-9000.retry-{next(_numbers)}"
    page.add_init_script(AXE)
    page.goto(f"{sandbox_dashboard}/chat")
    box = page.get_by_role("combobox", name="Model")
    box.fill(long)
    page.keyboard.press("Enter")
    expect(box).to_have_value(re.compile(long))
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    message = page.locator(".st-key-chat_message textarea")
    message.fill("Tell me")
    message.press("Enter")
    answer = page.locator(".st-key-answer_0")
    expect(answer).not_to_be_empty()
    page.reload()
    expect(answer).not_to_be_empty()
    expect(page.get_by_test_id("stChatMessage").nth(1)).to_contain_text("streaming")
    page.get_by_role("heading", name="Chat", exact=True).click()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stChatMessage").nth(1)).to_contain_text("stopped")
    expect(page.locator("#announced")).to_have_text("The answer was stopped.")
    check(page)
    page.locator(".st-key-edit_0 button").click()
    page.get_by_role("textbox", name="Ask this instead").fill("Tell me less")
    page.locator(".st-key-branch_0 button").first.click()
    expect(page.get_by_test_id("stChatMessage").nth(0)).to_contain_text("Tell me less")
    expect(page.get_by_test_id("stChatMessage").nth(0)).to_contain_text("2 of 2")
    page.locator(".st-key-stop_chat button").first.click()
    expect(page.get_by_test_id("stChatMessage").nth(1)).to_contain_text("stopped")
    page.locator(".st-key-chat_rename button").first.click()
    page.get_by_role("textbox", name="Name").fill("Named by hand")
    page.get_by_role("button", name="Keep this name").click()
    expect(page.get_by_role("heading", name="Named by hand")).to_be_visible()
    page.locator(".st-key-chat_delete button").first.click()
    page.get_by_role("button", name=re.compile("Delete for good")).click()
    expect(page.get_by_text("The conversation will stand here")).to_be_visible()
    assert "conversation=" not in page.url
