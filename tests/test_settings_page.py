"""The Settings page, the notice of interrupted comparisons, and retries on the cards."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import streamlit as st
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from llm_backends import Catalog, settings
from llm_backends.net.call import Timeouts
from llm_backends.net.retries import Retries
from llm_backends.runs.race import Lane
from llm_backends.slot import Slot
from llm_backends.store.call_log import CallLog
from llm_backends.types import CallResult, ChatRequest, Target
from pages._compare import views
from pages._inputs import remedies
from pages._shared import measures, session

APP = str(Path(__file__).parent.parent / "app.py")
GPT = "openai/gpt-4o"


@pytest.fixture
def opened(tmp_path, monkeypatch, sandbox):
    """Open the dashboard on the sandbox at its Settings page, without a browser: `opened(**environ)`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLMSELECT_DATABASE_URL", f"sqlite:///{tmp_path}/log.db")
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    st.cache_resource.clear()

    def open_page(page="pages/settings.py", **environ) -> AppTest:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        test = AppTest.from_file(APP, default_timeout=30).run()
        return test.switch_page(page).run() if page else test

    yield open_page
    parts = session.app()
    parts.runs.close()
    parts.log.close()
    st.cache_resource.clear()


def said(page: AppTest) -> str:
    """All the text in the main part of the page."""
    kinds = (page.main.markdown, page.main.caption, page.main.error, page.main.success)
    return "\n".join(element.value for kind in kinds for element in kind).replace("\\", "")


def checked(page: AppTest) -> str:
    """The page once no check goes on."""
    page.session_state["checks"].wait()
    return said(page.run())


def test_where_each_key_comes_from_is_told_and_its_value_never(opened):
    page = opened(MISTRAL_API_KEY=" ")
    text = said(page)
    assert "OPENAI_API_KEY in the environment" in text and "set MISTRAL_API_KEY, or give one here" in text
    assert "sandbox-openai-key" not in text and not page.exception


def test_a_key_for_the_session_is_used_by_it_alone_and_forgotten_on_request(opened, tmp_path):
    page = opened(MISTRAL_API_KEY=" ")
    page.text_input(key="key mistral").input(" sandbox-mistral-key ")
    page.button(key="use_mistral").click().run()
    assert "[this browser session]" in said(page) and page.text_input(key="key mistral").value == ""
    page.button(key="check_mistral").click().run()
    assert "counts tokens in streams" in checked(page)
    assert page.session_state["catalog"].entry("mistral/mistral-large-latest", "direct").ready
    assert not session._parts().catalog.entry("mistral/mistral-large-latest", "direct").ready
    assert b"sandbox-mistral-key" not in b"".join(file.read_bytes() for file in tmp_path.glob("log.db*"))
    page.button(key="forget_mistral").click().run()
    assert "[this browser session]" not in said(page)
    assert "catalog" not in page.session_state and page.session_state["keys"] == {}


FORGOTTEN = """
import gc, sys, uuid
from llm_backends import Catalog, Message, Race, once, redact, settings
from llm_backends.settings.preferences import applied

def run(key):
    providers = ["openai", "anthropic", "gemini", "mistral"]
    catalog = Catalog(applied(settings.load(dotenv_path=None), {}, dict.fromkeys([*providers, "azure"], key)))
    asked = [(f"{name}/{sys.argv[1]}", "direct") for name in providers] + [("openai/gpt-4o", "azure")]
    race = Race([catalog.slot(ref, route, (Message("user", "Hello"),)) for ref, route in asked])
    race.start()
    assert race.wait(30) and {lane.result.status for lane in race.lanes} == {"ok"}
    return race

def parts(held):  # a dict or tuple of plain values is unknown to the collector
    return gc.get_referents(held) if type(held) in (dict, tuple) and not gc.is_tracked(held) else [held]

def holds(one):
    texts = (part for held in gc.get_referents(one) for part in parts(held) if isinstance(part, (str, bytes)))
    return any(key[0] in text if isinstance(text, str) else key[0].encode() in text for text in texts)

key = ["sandbox-" + uuid.uuid4().hex]
race = run(key[0])  # kept, as the dashboard keeps its latest runs
once.forget(key[0])
for thread in race._threads:
    thread.join()
gc.unfreeze()
gc.collect()
print(*[type(one) for one in gc.get_objects() if one is not key and one is not redact._secrets and holds(one)])
"""


def test_a_forgotten_key_is_left_in_no_object_but_what_hides_it(sandbox):
    model = "sandbox.canned.tokens-3.ttft-1.rate-1000.retry-6601"
    variables = os.environ | sandbox.environment()
    left = subprocess.run(
        [sys.executable, "-c", FORGOTTEN, model], env=variables, capture_output=True, text=True, timeout=60
    )
    assert (left.stdout.strip(), left.stderr) == ("", "")


def test_a_link_for_a_model_without_a_deployment_finds_its_name_filled_in(opened):
    page = opened()
    page.query_params["deployment"] = "xai/grok-5"
    page.run()
    assert page.text_input(key="new_model").value == "xai/grok-5" and "deployment" not in page.query_params


def test_models_that_will_fail_are_counted_before_a_run_and_left_out_on_request(opened):
    page = opened(page=None, OPENAI_API_KEY=" ")
    page.multiselect(key="models").set_value(["openai/gpt-4o", "mistral/mistral-large-latest"]).run()
    assert "1 of 2 models is not ready and will fail" in said(page)
    page.button(key="leave_out").click().run()
    assert page.multiselect(key="models").value == ["mistral/mistral-large-latest"]
    assert "will fail" not in said(page) and not page.exception


def test_what_an_unready_model_lacks_can_be_given_on_the_settings_page_or_nowhere(sandbox):
    full = sandbox.environment()

    def remedied(ref, route, *without):
        found = settings.load({name: value for name, value in full.items() if name not in without}, None)
        return remedies.remedy(Catalog(found).entry(ref, route))

    assert remedied(GPT, "direct") is None and remedied(GPT, "azure") is None
    assert remedied(GPT, "direct", "OPENAI_API_KEY") == {"key": "openai"}
    assert remedied(GPT, "azure", "AZURE_AI_FOUNDRY_KEY") == {"key": "azure"}
    assert remedied(GPT, "azure", "AZURE_AI_FOUNDRY_ENDPOINT") is None
    assert remedied("xai/grok-5", "azure") == {"deployment": "xai/grok-5"}
    assert remedied("xai/grok-5", "direct") is None and remedied("nothing", "azure") is None


def test_where_all_is_simulated_simulated_calls_are_shown_from_the_start(opened):
    page = opened("pages/insights.py")
    assert page.toggle(key="simulated").value and "no latency or cost below is real" in said(page)


def test_a_refused_key_says_what_to_do(opened):
    page = opened(OPENAI_API_KEY="wrong-key")
    page.button(key="check_openai").click().run()
    text = checked(page)
    assert "failed" in text and "OPENAI_API_KEY" in text and "wrong-key" not in text


def test_a_deployment_is_mapped_checked_and_taken_back(opened):
    page = opened()
    page.text_input(key=f"name {GPT}").input("missing").run()
    page.button(key=f"check_{GPT}").click().run()
    assert "not saved" in said(page) and "missing" in checked(page)
    page.selectbox(key=f"wire {GPT}").set_value("v1").run()
    page.button(key="save_deployments").click().run()
    assert "1 choice saved" in said(page) and "not saved" not in said(page)
    assert session._parts().log.preferences() == {f"deployment {GPT}": {"name": "missing", "wire": "v1"}}
    assert page.session_state["catalog"].entry(GPT, "azure").deployment == "missing"
    page.button(key=f"back_{GPT}").click().run()
    assert "taken back" in said(page) and page.text_input(key=f"name {GPT}").value == "gpt4o-deployment"


def test_any_model_can_be_added_and_a_wrong_row_keeps_all_from_being_saved(opened):
    page = opened(AZURE_DEPLOYMENT_GPT4=" ")
    page.button(key="suggest").click().run()
    assert page.text_input(key="name openai/gpt-4").value == "gpt-4-deployment"
    page.text_input(key="new_model").input("xai/grok-5")
    page.text_input(key="new_deployment").input("no/slash").run()
    page.button(key="save_deployments").click().run()
    assert "Nothing was saved. xai/grok-5 needs a deployment's name" in said(page)
    assert page.text_input(key="new_deployment").value == "no/slash" and not session._parts().log.preferences()
    page.text_input(key="new_deployment").input("grok-deployment").run()
    page.button(key="save_deployments").click().run()
    assert page.text_input(key="name xai/grok-5").value == "grok-deployment" and "2 choices saved" in said(page)


def test_defaults_and_limits_are_used_from_then_on(opened):
    page = opened(LLMSELECT_DEADLINE_S="300")
    assert page.number_input(key="default deadline_s").value == 300
    assert "LLMSELECT_DEADLINE_S in the environment" in said(page)
    page.number_input(key="default deadline_s").set_value(20.0)
    page.number_input(key="default temperature").set_value(0.5)
    page.number_input(key="default max_tokens").set_value(77).run()
    page.button(key="save_defaults").click().run()
    assert "3 choices saved" in said(page) and page.session_state["catalog"].settings.deadline_s == 20
    new = opened(page=None)
    assert (new.session_state["temperature"], new.session_state["max_tokens"]) == (0.5, 77)
    page.button(key="default_back_deadline_s").click().run()
    assert page.number_input(key="default deadline_s").value == 300


def test_an_unwritable_database_loses_neither_the_form_nor_an_answer(opened, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    page = opened(LLMSELECT_DATABASE_URL=f"sqlite:///{tmp_path}/file/log.db")
    page.text_input(key=f"name {GPT}").input("mine").run()
    page.button(key="save_deployments").click().run()
    assert "Nothing was saved, and nothing is lost in the form" in said(page)
    assert page.text_input(key=f"name {GPT}").value == "mine"
    page.switch_page("pages/compare.py").run()
    page.multiselect(key="models").set_value(["openai/sandbox.tokens-5.ttft-1.rate-1000"]).run()
    page.button(key="run").click().run()
    run = session._parts().runs.get(page.session_state["run_id"])
    assert run.wait(20)
    page.run()
    assert run.race.lanes[0].answer.split()[-1] in said(page) and "done" in said(page)
    assert "can't be written" in page.sidebar.error[0].value.replace("\\", "")


def test_what_was_interrupted_is_told_once_with_a_link(page, dashboard, tmp_path):
    log = CallLog(f"sqlite:///{tmp_path / 'llmselect.db'}")
    id = log.open_comparison("Cut ![a](http://evil.example/1.png) short", None, {}, 2)
    assert log.flush(10)
    log.close()
    page.goto(dashboard())
    notice = page.locator(".st-key-interrupted")
    expect(notice).to_contain_text("1 comparison was interrupted", timeout=60_000)
    notice.get_by_role("link").click()
    expect(page.get_by_test_id("stMain")).to_contain_text("2 of 2 answers never ended")
    assert page.url.endswith(f"run={id}") or f"run={id}&" in page.url
    page.get_by_role("button", name="Dismiss").click()
    expect(notice).to_have_count(0)


def test_a_card_tells_its_attempts_while_it_waits_and_afterwards():
    target = Target("openai", "gpt-4o", "azure", "b.example")
    backend = type("Quiet", (), {"target": target})()
    lane = Lane(Slot(backend, ChatRequest("gpt-4o", ()), Retries(3)))
    lane.call.begin(target, Timeouts())
    lane.accept("waiting to try again")
    assert views._again(lane) == "trying again in a moment (attempt 2 of 3)"
    lane.call.begin(target, Timeouts())
    lane.call.attempt.waited_ms = 1234.0
    lane.accept("running")
    assert views._again(lane) == "2nd attempt, waited 1.23 s"
    detour = {"attempts": 2, "failed_over_from": "a.example", "detour_ms": 1000.0}
    notes = measures.footnotes(CallResult(target, "ok", "2026-11-23T12:00:00.000+00:00", **detour))
    assert notes == ["2 attempts", "answered by b.example after a.example failed, detour 1.00 s"]
