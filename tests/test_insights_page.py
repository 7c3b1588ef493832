"""The Insights page: a view that can be shared, numbers that tell what is behind them, charts and files."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
import streamlit as st
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from benchmarks.dashboard import APP
from benchmarks.million import fill
from llm_backends.insights.provenance import Provenance
from llm_backends.insights.rolling import Rolling
from llm_backends.insights.summary import FIGURE
from llm_backends.store.call_log import CallLog
from llm_backends.store.calls import Filter
from llm_backends.types import CallResult, Target, Usage
from pages._insights import read
from pages._shared import session
from pages._shared.picture.looks import COLOURS, Looks

from .conftest import end_app

SLOW = 60_000
CALLS = 600


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A database of made-up calls of 90 days, not yet summed up."""
    path = tmp_path_factory.mktemp("made") / "log.db"
    fill(f"sqlite:///{path}", CALLS)
    return path


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """The page without a browser: `opened(database, **address)`."""
    monkeypatch.chdir(tmp_path)
    st.cache_resource.clear()

    def opened(database, **address) -> AppTest:
        monkeypatch.setenv("LLMSELECT_DATABASE_URL", f"sqlite:///{database}")
        page = AppTest.from_file(APP, default_timeout=60)
        page.run()
        page.query_params.update(address)
        page.switch_page("pages/insights.py").run()
        if any(button.key == "rolling_stop" for button in page.main.button):
            read.rolling(session.app()).start(wait_s=SLOW / 1000)
            page.run()
        return page

    yield opened
    end_app()


def said(page) -> str:
    kinds = ("caption", "markdown", "info", "warning", "success", "error")
    return "\n".join(one.value for kind in kinds for one in page.main.get(kind))


def logged(path, *results: CallResult) -> None:
    log = CallLog(f"sqlite:///{path}")
    id = log.open_comparison("Why?", None, {}, len(results))
    for slot, result in enumerate(results):
        log.record(id, slot, result)
    log.close()


def call(model="gpt-4o", days_ago=0.0, ms=400.0, **more) -> CallResult:
    at = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat(timespec="milliseconds")
    figures = {"ttft_ms": ms, "total_ms": 2 * ms, "usage": Usage(100, 50), "cost_usd": 0.002}
    return CallResult(Target("openai", model, "direct"), more.pop("status", "ok"), at, **figures | more)


def test_an_empty_log_says_so_and_leads_on(opened, tmp_path):
    page = opened(tmp_path / "new.db")
    assert "No call is logged yet." in said(page) and not page.exception and not page.main.dataframe


def test_what_leaves_nothing_is_named(opened, tmp_path):
    logged(tmp_path / "log.db", call(days_ago=20), call(days_ago=20))
    page = opened(tmp_path / "log.db")
    assert "No call in this time. Choose a longer one above." in said(page)
    page.segmented_control(key="time").set_value("30 days").run()
    assert "2 calls, since" in said(page)
    page.multiselect(key="status").set_value(["Failed"]).run()
    assert "2 calls in this time, none of them as the filters ask. Clear them to see all." in said(page)
    page.button(key="clear_filters").click().run()
    assert len(page.main.dataframe) >= 1 and not page.exception


def test_three_calls_make_no_percentile_that_they_cannot_carry(opened, tmp_path):
    failed = call(ms=300, status="error", error_type="RateLimited")
    logged(tmp_path / "log.db", call(ms=100), call(ms=200), failed, call("gpt-4o-mini", ms=150))
    page = opened(tmp_path / "log.db")
    row = page.main.dataframe[0].value.iloc[0]
    assert (row["calls"], row["ttft_n"]) == (3, 2) and row["error_rate"] == pytest.approx(1 / 3)
    assert row["ttft_p50_ms"] == pytest.approx(100, rel=0.01) and row[["ttft_p95_ms", "ttft_p99_ms"]].isna().all()
    assert "There are too few calls to tell whether that is chance." in said(page) and not page.exception


def test_a_view_is_shared_by_its_address(opened, made):
    page = opened(made, time="All", calls="All", model=["openai/gpt-5.2"], by="Day", columns="Errors")
    frame = page.main.dataframe[0].value
    assert list(frame.columns) == ["stretch", "calls", "failed", "stopped", "error_rate", "errors"]
    assert list(frame["stretch"]) == sorted(frame["stretch"], reverse=True) and 0 < frame["calls"].sum() < CALLS
    assert not page.exception


def test_a_model_of_a_shared_address_stays_chosen_where_the_time_has_none_of_it(opened, made):
    page = opened(made, time="All", model=["nobody/at-all"])
    assert page.multiselect(key="model").value == ["nobody/at-all"]
    assert "none of them as the filters ask" in said(page)


@pytest.mark.parametrize("by", ["Model and route", "Deployment", "Endpoint", "Day"])
def test_each_breakdown_counts_every_call_once(opened, made, by):
    page = opened(made, time="All", calls="All", by=by, columns="All", simulated="true")
    assert page.main.dataframe[0].value["calls"].sum() == CALLS and not page.exception


@pytest.mark.parametrize(
    "chart", ["Over time", "Latency against cost", "Tokens per second", "Cost over time", "Errors", "Input length"]
)
def test_each_chart_is_drawn_and_told_in_words(opened, made, chart):
    page = opened(made, time="All", calls="All", chart=chart)
    drawn = page.main.get("vega_lite_chart") or page.main.get("arrow_vega_lite_chart")
    assert drawn and not page.exception


def test_summing_up_can_be_stopped_and_gone_on_with(tmp_path):
    logged(tmp_path / "log.db", *(call(days_ago=n) for n in range(5)))
    log = CallLog(f"sqlite:///{tmp_path / 'log.db'}")
    rolling = Rolling(log)
    rolling.stop()
    rolling.start(wait_s=10)
    assert not rolling.going_on and rolling.share == 0
    rolling.go_on()
    rolling.start(wait_s=30)
    assert not rolling.going_on and rolling.share == 1 and list(log.roll_up()) == []
    log.close()


def test_models_that_are_drawn_together_look_different_and_stay_so():
    looks = Looks()
    first = looks.of([f"a{n}" for n in range(4)])
    second = looks.of([f"b{n}" for n in range(8)])
    assert len({look.colour for look in second.values()}) == len(COLOURS) == 8
    both = looks.of([*first, *second])
    assert len({(look.colour, look.dash) for look in both.values()}) == 12
    assert both == first | second == looks.of([*first, *second])


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("paper", ["#ffffff", "#14161a"])
def test_every_colour_stands_out_in_either_theme(paper):
    """3 to 1, which WCAG asks of what is drawn."""
    for colour in COLOURS:
        bright, dim = sorted((luminance(colour), luminance(paper)), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= 3, colour


def test_a_number_opens_its_calls_and_the_address_keeps_the_view(page, dashboard, made):
    page.goto(f"{dashboard({'LLMSELECT_DATABASE_URL': f'sqlite:///{made}'})}/insights?time=All&calls=All")
    grid = page.get_by_test_id("stDataFrame").first
    expect(grid).to_be_visible(timeout=SLOW)
    page.get_by_text("Latency", exact=True).click()
    expect(page).to_have_url(re.compile("columns=Latency"))
    page.reload()
    expect(grid).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("radio", name="Latency", exact=True)).to_be_checked()
    grid.locator(".dvn-scroller").click(position={"x": 560, "y": 55})
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("First token p50: ", timeout=SLOW)
    expect(dialog).to_contain_text("Half of the calls that ended well")
    expect(dialog.locator(".waterfall").first).to_be_visible()
    dialog.get_by_role("link", name="Open").first.click()
    expect(page).to_have_url(re.compile("run=|experiment="))
    expect(page.get_by_role("heading", name="Insights")).to_have_count(0)


def test_a_call_that_waits_for_a_blind_vote_is_not_shown_behind_a_number(opened, tmp_path):
    log = CallLog(f"sqlite:///{tmp_path / 'log.db'}")
    id = log.open_comparison("Which?", None, {"blind": 5}, 1)
    log.record(id, 0, call(ttft_ms=123.0))
    log.close()
    logged(tmp_path / "log.db", call(ms=456.0))
    page = opened(tmp_path / "log.db")
    found = Provenance("", FIGURE["calls"], 2, "Of 2 calls.", Filter())
    page.session_state["insights_behind"] = (found, "All")
    page.run()
    (dialog,) = page.get("dialog")
    told = "".join(one.value for one in (*dialog.markdown, *dialog.caption)).replace("\\", "")
    assert told.count("waits for a blind vote") == 1 and told.count("gpt-4o (direct)") == 1 and not page.exception


def test_a_table_is_taken_away_unrounded(page, dashboard, made):
    page.goto(
        f"{dashboard({'LLMSELECT_DATABASE_URL': f'sqlite:///{made}'})}/insights?time=All&calls=All&simulated=true"
    )
    with page.expect_download(timeout=SLOW) as download:
        page.locator(".st-key-table_file").get_by_text("CSV").first.click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    assert sum(int(row["calls"]) for row in rows) == CALLS and {"ttft_p50_ms", "cost_usd", "route"} <= rows[0].keys()


def busy_days(path, calls: dict[str, tuple[float, float]], days: int = 12, a_day: int = 8) -> None:
    """For each model its first token in ms and its cost a call, some calls a day, each a little apart."""
    spread = [0.8, 0.9, 0.95, 1.0, 1.0, 1.05, 1.1, 1.2]
    logged(
        path,
        *(
            call(model, days_ago=day + 0.1, ms=ms * spread[n % 8] * (1 + day % 3 / 50), cost_usd=usd)
            for model, (ms, usd) in calls.items()
            for day in range(1, days + 1)
            for n in range(a_day)
        ),
    )


def test_the_ranking_says_who_is_best_who_may_be_and_what_would_settle_it(opened, tmp_path):
    busy_days(tmp_path / "log.db", {"gpt-4o": (400, 0.002), "gpt-4o-mini": (402, 0.001), "gpt-4.1": (900, 0.003)})
    page = opened(tmp_path / "log.db", time="All")
    told = said(page)
    assert " ms. 1 of 2 others is higher beyond chance" in told and "can't be told apart from it" in told
    assert "not paired" in told and "in random order, so that they pair" in told
    verdicts = next(one.value for one in page.main.dataframe if "verdict" in one.value)
    assert list(verdicts["verdict"].str[0]) == ["★", "≈", "▼"] and not page.exception


def test_a_month_is_told_with_the_models_that_are_cheaper_and_not_slower(opened, tmp_path):
    busy_days(tmp_path / "log.db", {"gpt-4o": (400, 0.002), "gpt-4o-mini": (402, 0.001), "gpt-4.1": (900, 0.003)})
    page = opened(tmp_path / "log.db", time="All", monthly="200000", against="openai/gpt-4o (direct)")
    told = said(page).replace("\\", "")
    # 100 tokens in at $2.50 and 50 out at $10 a million make $0.00075 a call.
    assert "At 200,000 calls a month **openai/gpt-4o (direct)** would cost $150.00" in told
    assert "- Cheaper and as fast, as far as can be told (first token): openai/gpt-4o-mini (direct) ($9.00)." in told
    month = next(one.value for one in page.main.dataframe if "cost_a_month_usd" in one.value)
    assert list(month["name"])[0] == "openai/gpt-4o-mini (direct)" and month["price_source"].str.contains("genai").all()
    page.multiselect(key="also").set_value(["openai/gpt-4.1-nano"]).run()
    month = next(one.value for one in page.main.dataframe if "cost_a_month_usd" in one.value)
    other = month[month["name"] == "openai/gpt-4.1-nano (direct)"].iloc[0]
    assert other["cost_a_month_usd"] > 0 and other["tokens_of"] == "openai/gpt-4o (direct)" and not page.exception


def test_the_experiment_that_settles_it_is_filled_in_on_its_page(opened, tmp_path):
    page = opened(tmp_path / "log.db")
    page.query_params["ask"] = ["openai/gpt-4o", "openai/gpt-4o-mini"]
    page.query_params["route"] = "azure"
    page.switch_page("pages/prompt_sets.py").run()
    assert page.toggle(key="route_azure").value and "route" not in page.query_params
    picked = [value.partition(" · ")[0] for value in page.multiselect(key="models").value]
    assert picked == ["openai/gpt-4o", "openai/gpt-4o-mini"] and "ask" not in page.query_params


def test_this_week_is_told_where_it_differs_from_the_weeks_before(opened, tmp_path):
    slow = [call("gpt-4o", days_ago=day + 0.1, ms=ms) for day in range(1, 8) for ms in range(900, 960, 5)]
    usual = [call("gpt-4o", days_ago=day + 0.1, ms=ms) for day in range(8, 36) for ms in range(400, 460, 5)]
    logged(tmp_path / "log.db", *usual, *slow)
    page = opened(tmp_path / "log.db")
    told = said(page).replace("\\", "")
    assert "**Worse this week**" in told and "openai/gpt-4o (direct): first token is" in told and "slower" in told
    assert not page.exception
