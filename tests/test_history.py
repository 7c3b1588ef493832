"""History: one list of comparisons, conversations and experiments; opened, exported, deleted."""

import csv
import io
import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import streamlit as st
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from llm_backends.history.export import HIDDEN, export
from llm_backends.runs.plan import Plan, SlotPlan
from llm_backends.store.call_log import CallLog
from llm_backends.store.conversations import deleting, kept
from llm_backends.store.search.entries import KINDS, entries
from llm_backends.store.search.find import Wanted
from llm_backends.store.votes.vote import Vote, VoteFilter
from llm_backends.types import CallResult, Target, Usage
from pages._shared import session

from .conftest import end_app, postgres_database
from .test_accessibility import AXE, check
from .test_pages import APP
from .test_results import add, ok, planned, some

GPT, LARGE = Target("openai", "gpt-4o", "direct"), Target("mistral", "large", "azure", simulated=True)
HOSTILE = '<script>alert(1)</script> =HYPERLINK("x") "quoted", ```fence``` \0 \ud800 日本'
_moments = itertools.count()


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


def compared(log, prompt="Why?", answers=("Because.", "So."), conversation=None, params=None, **result) -> str:
    id = log.open_comparison(prompt, None, params or {}, len(answers), conversation_id=conversation)
    for slot, answer in enumerate(answers):
        at = f"2026-11-27T08:00:{next(_moments) % 60:02}.000+00:00"
        given = CallResult((GPT, LARGE)[slot % 2], "ok", at, answer=answer, usage=Usage(3, 4), ttft_ms=12.5)
        log.record(id, slot, replace(given, **result))
    assert log.flush(10)
    return id


def conversation(log, title="Whales") -> str:
    with log.database.writing() as connection:
        id = kept.begin(connection, title, None)
    compared(log, "Do whales sing?", ("Yes.",), id)
    return id


def listed(log, kinds=KINDS, wanted=Wanted(), before=None, limit=20):  # noqa: B008
    with log.database.reading() as connection:
        return entries(connection, kinds, wanted, before, limit)


def test_all_kinds_are_in_one_list_by_time_and_by_the_page(log):
    first, chat = compared(log, "first"), conversation(log)
    experiment = add(log, planned(), some(2), {(1, 0, 0): ok(5.0)}).id
    last = compared(log, "last")
    whole = listed(log)
    assert [(entry.kind, entry.id) for entry in whole] == sorted(
        [(entry.kind, entry.id) for entry in whole], key=lambda one: next(e.place for e in whole if e.id == one[1]),
        reverse=True,
    )  # fmt: skip
    assert {(entry.kind, entry.id) for entry in whole} == {
        ("comparison", first), ("comparison", last), ("conversation", chat), ("experiment", experiment),
    }  # fmt: skip
    pages, before = [], None
    while page := listed(log, before=before, limit=3):
        pages += [entry.id for entry in page]
        before = page[-1].place
    assert pages == [entry.id for entry in whole]
    assert [entry.id for entry in listed(log, ("conversation",))] == [chat]


def test_filters_hold_for_every_kind(log):
    chat, failed = conversation(log), compared(log, "fails", status="error")
    compared(log, "well")
    experiment = add(log, planned(), some(1), {(1, 0, 0): ok(5.0)}).id
    gpt = {entry.id for entry in listed(log, wanted=Wanted(models=("openai/gpt-4o",)))}
    assert {chat, failed, experiment} <= gpt and len(gpt) == 4
    assert [entry.id for entry in listed(log, wanted=Wanted(statuses=("error",)))] == [failed]
    assert [entry.kind for entry in listed(log, wanted=Wanted(simulated=True))] == ["comparison"] * 2
    assert listed(log, wanted=Wanted(until=datetime(2020, 1, 1, tzinfo=UTC))) == ()
    assert listed(log, wanted=Wanted(user="nobody")) == ()


def test_an_experiment_is_deleted_with_its_calls_and_votes(log):
    one = add(log, planned(), some(2), {(n, 0, slot): ok(5.0) for n in (1, 2) for slot in (0, 1)})
    with log.database.reading() as connection:
        from sqlalchemy import select

        from llm_backends.store.tables import calls

        ids = [
            *connection.scalars(select(calls.c.id).where(calls.c.experiment_id == one.id, calls.c.prompt_number == 1))
        ]
    log.vote(Vote("v", ((ids[0],), (ids[1],)), True, experiment_id=one.id, prompt_number=1))
    assert [*deleting.experiment(log.database, one.id)][-1] == 4
    assert listed(log) == () and log.votes(VoteFilter()) == () and log.calls() == ()


def made(log, ids, format) -> str:
    return "".join(piece for _, piece in export(log.database, ids, format))


def test_exports_hold_everything_and_nothing_of_it_runs(log):
    ids = [compared(log, HOSTILE, (HOSTILE, "second"), error_message="No <b>", error_type="TimedOut", status="error")]
    ids.append(compared(log, "hidden one", ("secret A", "secret B"), params={"blind": 3}))
    ids.append("never there")
    kept_text = HOSTILE.replace("\ud800", "\ufffd")
    found = json.loads(made(log, ids, "JSON"))
    assert [one["id"] for one in found] == ids[:2] and found[0]["prompt"] == kept_text
    assert found[0]["calls"][0]["answer"] == kept_text and found[0]["calls"][0]["ttft_ms"] == 12.5
    rows = [*csv.DictReader(io.StringIO(made(log, ids, "CSV").removeprefix("\ufeff")))]
    assert [row["answer"] for row in rows] == [kept_text, "second", ""] and rows[0]["input_tokens"] == "3"
    page = made(log, ids, "HTML")
    assert "<script>" not in page and "&lt;script&gt;alert(1)" in page and "http" not in page.replace("http-equiv", "")
    assert "openai/gpt-4o (direct)" in page and "unknown" in page and page.endswith("</html>\n")
    text = made(log, ids, "Markdown")
    assert "## openai/gpt-4o (direct): error" in text and "First token (ms): 12.5" in text
    for file in (page, text):
        assert HIDDEN in file and "secret" not in file
    assert all("secret" not in json.dumps(one) for one in found)
    assert json.loads(made(log, [], "JSON")) == [] and "</html>" in made(log, [], "HTML")


def test_ten_thousand_comparisons_are_exported_piece_by_piece(tmp_path):
    log = CallLog(f"sqlite:///{tmp_path}/log.db")
    ids = [log.open_comparison(f"Question {number}", None, {}, 1) for number in range(10_000)]
    for number, id in enumerate(ids):
        log.record(id, 0, CallResult(GPT, "ok", "2026-11-27T08:00:00.000+00:00", answer=f"Answer {number}"))
    assert log.flush(60)
    pieces = [*export(log.database, ids, "CSV")]
    assert pieces[-1][0] == 10_000 and max(len(piece) for _, piece in pieces) < 5_000
    assert sum(piece.count("Answer ") for _, piece in pieces) == 10_000
    log.close()


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """The dashboard without a browser on a log of its own: `opened(fill, **address)`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLMSELECT_DATABASE_URL", f"sqlite:///{tmp_path}/log.db")
    st.cache_resource.clear()

    def of(fill=lambda log: None, **address) -> AppTest:
        page = AppTest.from_file(APP, default_timeout=60).run()
        fill(session.app().log)
        for name, value in address.items():
            page.query_params[name] = value
        return page.switch_page("pages/history.py").run()

    yield of
    end_app()


def test_the_page_pages_filters_searches_and_deletes_what_is_chosen(opened):
    def fill(log):
        for number in range(25):
            compared(log, f"Question number {number}", params={"blind": 1} if number == 24 else None)
        conversation(log)

    page = opened(fill)
    assert len(page.checkbox) == 20 and page.button(key="newer").disabled
    assert any("waits for a blind vote" in caption.value for caption in page.caption)
    before = [*page.checkbox][::-1]
    page.button(key="older").click().run()
    assert len(page.checkbox) == 6 and page.button(key="older").disabled
    place = page.query_params["before"]
    assert place.endswith(next(box.key for box in before).rpartition(" ")[2])
    again = opened(before=place)
    assert [box.key for box in again.checkbox] == [box.key for box in page.checkbox]
    assert opened(before="\0'; DROP", search="x").info[0].value == "No text holds all of these words."
    page.button(key="newer").click().run()
    assert "before" not in page.query_params
    page.segmented_control(key="kind").set_value(["Conversations"]).run()
    assert [box.label for box in page.checkbox] == ["Choose conversation Whales"]
    page.checkbox[0].check().run()
    page.session_state.delete = True
    page.run()
    assert "1 conversation**" in " ".join(one.value for one in page.markdown)
    page.button(key="delete_now").click().run()
    assert page.success[0].value == "1 deleted\\." and len(page.checkbox) == 0
    page.segmented_control(key="kind").set_value([]).run()
    page.text_input(key="search").set_value("number 17").run()
    assert not page.exception and len(page.checkbox) == 0
    log = session.app().log
    assert len(log.search("number 17", Wanted())) == 1 and len(listed(log)) == 20


def test_what_is_deleted_is_gone_from_memory_and_stays_while_it_runs(opened, monkeypatch):
    page = opened(lambda log: compared(log, "done"))
    (id,) = (entry.id for entry in listed(session.app().log))
    runs = session.app().runs
    run = SimpleNamespace(id=id, finished=False, owner=None, conversation_id=None)
    page.checkbox[0].check().run()
    page.session_state.delete = True
    page.run()
    monkeypatch.setitem(runs._runs, id, run)
    page.button(key="delete_now").click().run()
    assert "has begun to run meanwhile" in page.error[0].value and page.checkbox[0].value
    assert page.button(key="delete_now").disabled
    run.finished = True
    page.run()
    page.button(key="delete_now").click().run()
    assert runs.get(id) is None and listed(session.app().log) == () and not page.exception


def test_a_model_that_left_the_catalogue_is_said_to_have_when_it_is_asked_again(opened):
    left = CallResult(Target("openai", "gpt-gone", "direct"), "ok", "2026-11-27T08:00:00.000+00:00", answer="Yes.")

    def fill(log):
        plan = Plan(slots=(SlotPlan("openai/gpt-gone"),))
        log.record(log.open_comparison("Still there?", None, plan.to_json(), 1), 0, left)
        assert log.flush(10)

    page = opened(fill)
    (id,) = (entry.id for entry in listed(session.app().log))
    page.query_params["run"], page.query_params["again"] = id, "1"
    page.switch_page("pages/compare.py").run()
    assert page.text_area(key="prompt").value == "Still there?"
    told = " ".join(one.value for one in page.caption)
    assert "openai/gpt-gone** is not" in told.replace("\\", "")


def test_history_in_the_browser_shows_hits_exports_and_opens_again(page, dashboard, tmp_path):
    url = dashboard({})
    log = CallLog(f"sqlite:///{tmp_path / 'llmselect.db'}")
    compared(log, "Where do quokkas live?", ("On <b>Rottnest</b> Island.", "In Australia."))
    log.close()
    page.add_init_script(AXE)
    page.goto(f"{url}/history?search=rottn")
    hit = page.locator("[class*=st-key-hit_]")
    expect(hit).to_contain_text("answer of openai/gpt-4o")
    expect(hit.locator("mark")).to_have_text("Rottnest")
    check(page)
    page.locator(".st-key-search input").fill("")
    page.keyboard.press("Enter")
    expect(page.locator("[class*=st-key-entry_]")).to_be_visible()
    page.locator(".st-key-export button").first.click()
    page.get_by_role("button", name="Make the file").click()
    expect(page.get_by_role("button", name="Download 1 as html")).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download 1 as html").click()
    assert "&lt;b&gt;Rottnest" in download.value.path().read_text(encoding="utf-8")
    check(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Again").click()
    expect(page.locator(".st-key-prompt textarea")).to_have_value("Where do quokkas live?")
