"""The table of own prices on the Settings page: saving, what keeps a row from it, undoing, and what calls then cost."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from llm_backends import settings
from llm_backends.settings.prices.kept import preference
from llm_backends.settings.prices.reading import from_file, row
from llm_backends.store.call_log import CallLog, Filter
from pages._shared import session

from .conftest import end_app

ROOT = Path(__file__).parent.parent
MODEL = "openai/sandbox.canned.tokens-9.ttft-1.rate-2000"
EMPTY = dict.fromkeys(("from", "model", "route", "input_usd_per_mtok", "output_usd_per_mtok"))
EMPTY |= dict.fromkeys(("cached_input_usd_per_mtok", "percent_off"))


@pytest.fixture
def opened(tmp_path, monkeypatch, sandbox):
    """The Settings page on the sandbox, without a browser: `opened(**environ)`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLMSELECT_DATABASE_URL", f"sqlite:///{tmp_path}/log.db")
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    st.cache_resource.clear()

    def open_page(**environ) -> AppTest:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        return AppTest.from_file(str(ROOT / "app.py"), default_timeout=30).run().switch_page("pages/settings.py").run()

    yield open_page
    end_app()


def said(page: AppTest) -> str:
    kinds = (page.main.markdown, page.main.caption, page.main.error, page.main.success)
    return "\n".join(element.value for kind in kinds for element in kind).replace("\\", "")


def typed(page: AppTest, *rows: dict) -> AppTest:
    """The page with these rows in the table, as when it is come back to: AppTest can't type into one."""
    page.session_state["price_draft"] = [EMPTY | one for one in rows]
    page.session_state["price_version"] += 1
    return page.run()


PRICED = {
    "from": date(2026, 1, 1),
    "model": MODEL,
    "route": "all",
    "input_usd_per_mtok": 2.0,
    "output_usd_per_mtok": 8.0,
}
NAME = f"price 2026-01-01 {MODEL} all"
VALUE = {"input_usd_per_mtok": 2.0, "output_usd_per_mtok": 8.0}


def test_a_row_is_saved_used_by_the_next_call_taken_out_and_put_back(opened):
    page = opened()
    assert "Calls that are logged already keep their price." in said(page) and "not saved" not in said(page)
    typed(page, PRICED)
    assert "not saved" in said(page)
    page.button(key="save_prices").click().run()
    assert "1 choice saved" in said(page) and "not saved" not in said(page)
    log = session._parts().log
    assert log.preferences() == {NAME: VALUE}
    page.switch_page("pages/compare.py").run()
    page.multiselect(key="models").set_value([MODEL]).run()
    page.text_area(key="prompt").input("Hello").run()
    page.button(key="run").click().run()
    run = session._parts().runs.get(page.session_state["run_id"])
    assert run.wait(20)
    page.switch_page("pages/settings.py").run()
    typed(page)
    page.button(key="save_prices").click().run()
    assert "1 choice taken back" in said(page) and log.preferences() == {}
    page.button(key="undo_prices").click().run()
    assert log.preferences() == {NAME: VALUE} and page.session_state["price_draft"][0]["model"] == MODEL
    assert log.flush(10)
    (call,) = log.calls(Filter(include_simulated=True), limit=10)
    usage, result = run.result(0).usage, run.result(0)
    assert result.cost_usd == pytest.approx((2 * usage.input_tokens + 8 * usage.output_tokens) / 1e6)
    assert call.result.price_source == "own price from 2026-01-01 (Settings page) (simulated)"
    assert call.result.cost_usd == pytest.approx(result.cost_usd)


def test_each_row_that_cannot_be_used_is_named_and_keeps_all_from_being_saved(opened):
    page = opened()
    typed(page, PRICED, {"model": "gpt-5", "percent_off": 5.0}, {"from": date(2026, 1, 1), "route": "all"}, PRICED)
    page.button(key="save_prices").click().run()
    text = said(page)
    assert "Nothing was saved. Row 2 (gpt-5) names no model" in text and f"Row 4 ({MODEL}) says what row 1 says" in text
    assert session._parts().log.preferences() == {} and len(page.session_state["price_draft"]) == 4
    page.button(key="discard_prices").click().run()
    assert page.session_state["price_draft"] == [] and not page.exception


def test_edits_are_still_there_when_the_page_is_come_back_to(opened):
    page = typed(opened(), PRICED)
    page.switch_page("pages/history.py").run()
    page.switch_page("pages/settings.py").run()
    assert page.session_state["price_draft"] == [EMPTY | PRICED] and "not saved" in said(page)


def test_a_row_of_somebody_else_comes_in_and_is_not_lost_by_a_save(opened):
    page = opened()
    preferences = session._parts().preferences
    other = f"price 2026-02-01 {MODEL} azure"
    preferences.keep({other: {"percent_off": 5.0}})
    page.run()
    assert [one["route"] for one in page.session_state["price_draft"]] == ["azure"]
    typed(page, *page.session_state["price_draft"], PRICED)
    preferences.keep({f"price 2026-03-01 {MODEL} azure": {"percent_off": 7.0}})
    page.run().button(key="save_prices").click().run()
    assert len(session._parts().log.preferences()) == 3 == len(page.session_state["price_draft"])


def test_the_files_rows_are_shown_and_what_is_wrong_with_them(opened, tmp_path):
    (tmp_path / "prices.csv").write_text("from,model,percent_off\n2026-01-01,*,15\nsoon,openai/o3,5\n")
    page = opened(LLMSELECT_PRICES=str(tmp_path / "prices.csv"))
    assert "prices.csv row 3 has no day" in said(page) and not page.exception
    assert any("prices.csv row 3" in one.value.replace("\\", "") for one in page.sidebar.warning)
    shown = page.main.dataframe[-1].value
    assert shown["Used"].tolist()[0] == "yes" and shown["Used"].tolist()[1].startswith("no: prices.csv row 3")


def test_the_readmes_table_is_one(tmp_path):
    (block,) = re.findall(r"(?ms)^```csv\n(.*?)^```$", (ROOT / "README.md").read_text())
    (tmp_path / "prices.csv").write_text(block)
    problems = []
    assert len(from_file("LLMSELECT_PRICES", tmp_path / "prices.csv", problems).rows) == 3 and problems == []


def test_rows_are_pasted_and_saved_in_a_browser(page, dashboard, sandbox, tmp_path):
    url = dashboard(sandbox.environment())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{url}/settings")
    expect(page.get_by_role("heading", name="Prices")).to_be_visible(timeout=60_000)
    editor = page.get_by_test_id("stDataFrame").first
    editor.scroll_into_view_if_needed()
    expect(editor.locator("canvas").first).to_be_visible()
    box = editor.bounding_box()
    first = box["y"] + 52
    page.mouse.click(box["x"] + 100, first)  # the empty row becomes one
    expect(editor.locator("[data-testid=glide-cell-3-0]")).to_have_text("all")
    page.mouse.click(box["x"] + 250, first)
    page.keyboard.press("ArrowLeft")
    rows = f"2026-01-01\t{MODEL}\tall\t2\t8\t\t\n2026-01-02\t*\tazure\t\t\t\t12.5"
    page.evaluate("rows => navigator.clipboard.writeText(rows)", rows)
    page.keyboard.press("Control+KeyV")
    expect(page.get_by_text("not saved")).to_be_visible()
    page.locator(".st-key-save_prices button").click()
    expect(page.get_by_text("2 choices saved in the database")).to_be_visible()
    log = CallLog(f"sqlite:///{tmp_path / 'llmselect.db'}")
    found = log.preferences()
    log.close()
    assert found == {NAME: VALUE, "price 2026-01-02 * azure": {"percent_off": 12.5}}
    assert json.loads(json.dumps(found)) == found and settings.load({}, None).prices.rows == ()
    assert (
        preference(row({"from": "2026-01-02", "model": "*", "route": "azure", "percent_off": "12.5"}, "", ""))[0]
        in found
    )
