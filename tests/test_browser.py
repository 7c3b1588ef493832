"""What an analyst relies on, in a real browser. Each test ends without an error in its console or a call elsewhere."""

import re
from itertools import count

import pytest
from playwright.sync_api import expect

from benchmarks.dashboard import APP, served
from llm_backends.sandbox import serve
from llm_backends.sandbox.text import cut
from llm_backends.store.call_log import CallLog
from llm_backends.types import CallResult, Target

HOSTILE = """# Look
![a](http://evil.example/1.png) <img src="http://evil.example/2.png"> [![b](http://evil.example/3.png)][r]

| ![c](http://evil.example/4.png) |
|---|

```mermaid
graph TD
A["<img src='http://evil.example/5.png'>"]
```
[r]: http://evil.example/6.png
"""


def card(page, slot):
    return page.locator(f".st-key-card_{slot}")


def choose(page, *refs):
    """Pick models by typing them, in place of those that are picked: what is typed while the page draws may be lost."""
    page.get_by_role("button", name=re.compile("^Clear")).first.click()
    picked(page, 0)
    for number, ref in enumerate(refs, 1):
        page.locator(".st-key-models input").fill(ref)
        page.keyboard.press("Enter")
        picked(page, number)
    page.keyboard.press("Escape")


def picked(page, count):
    """Wait until so many models are picked, and the page is drawn with them."""
    expect(page.locator(".st-key-models [data-tag]")).to_have_count(count)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def run(page):
    page.locator(".st-key-run button").click()


def test_the_first_click_without_any_key_gets_two_answers_and_logs_them(page, dashboard):
    page.goto(dashboard())
    picked(page, 2)
    expect(page.locator("[data-testid=stSidebar]")).to_contain_text("AZURE_AI_FOUNDRY_ENDPOINT")
    run(page)
    for slot in (0, 1):
        expect(card(page, slot)).to_contain_text("done")
        expect(page.locator(f".st-key-answer_{slot}")).not_to_be_empty()
        expect(page.locator(f".st-key-metrics_{slot}")).to_contain_text("First token")
    expect(page.locator(".st-key-latency_table")).to_contain_text("Download CSV")
    expect(page.locator(".st-key-stop_all button")).to_be_disabled()
    page.get_by_role("link", name="Insights").click()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    page.get_by_role("link", name="History").click()
    expect(page.locator("[class*=st-key-entry_]")).to_contain_text("2 done")


def test_a_run_goes_on_whatever_else_the_analyst_does(page, sandbox_dashboard):
    page.goto(sandbox_dashboard)
    expect(page.locator("[data-testid=stSidebar]")).to_contain_text("Simulated providers")
    long = "sandbox.ttft-100.rate-50.tokens-9000"
    choose(page, f"openai/{long}", f"mistral/{long}.reasoning-9", "anthropic/sandbox.fault-401")
    page.locator(".st-key-prompt textarea").fill("Typed right before the click")
    run(page)
    expect(card(page, 2)).to_contain_text("Key refused")
    expect(page.locator(".st-key-answer_1")).not_to_be_empty()
    expect(page.locator(".st-key-answer_0")).not_to_be_empty()
    page.locator(".st-key-stop_0 button").click()
    expect(card(page, 0)).to_contain_text("stopped")
    expect(card(page, 0)).to_contain_text("Cut off")
    expect(card(page, 1)).to_contain_text("streaming")

    page.locator(".st-key-route_azure label").click()
    expect(page.locator("[data-testid=stSidebar]")).to_contain_text("Azure AI Foundry at 127.0.0.1")
    page.get_by_role("link", name="History").click()
    expect(page.locator("[data-testid=stSidebar]")).to_contain_text("Comparison running: 2 of 3 done")
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(card(page, 1)).to_contain_text("streaming")
    page.locator(".st-key-inputs summary").first.click()
    expect(page.locator(".st-key-prompt textarea")).to_have_value("Typed right before the click")

    with page.expect_event("framenavigated"):  # the link of the page in view names neither run nor route
        page.get_by_role("link", name="Compare", exact=True).click()
    page.wait_for_url(re.compile("route_azure=true&run="))
    page.reload()
    expect(card(page, 1)).to_contain_text("streaming")
    expect(card(page, 1)).to_contain_text("direct")
    expect(page.locator(".st-key-route_azure input")).to_be_checked()
    expect(page.locator(".st-key-models [data-tag]")).to_have_count(3)
    page.locator(".st-key-stop_all button").click()
    expect(page.locator(".st-key-run button:enabled")).to_be_visible()
    expect(card(page, 1)).to_contain_text("Reasoning")


def test_a_run_brings_its_answers_into_view_and_keeps_its_stop_buttons_whatever_changes_above(page, sandbox_dashboard):
    page.emulate_media(reduced_motion="reduce")
    page.goto(sandbox_dashboard)
    picked(page, 4)
    choose(page, *(f"{name}/sandbox.ttft-1.rate-50.tokens-9000" for name in ("openai", "mistral", "anthropic")))
    inputs, prompt = page.locator(".st-key-inputs"), page.locator(".st-key-prompt textarea")
    prompt.fill("Kept while folded")
    run(page)
    expect(card(page, 1)).to_contain_text("streaming")
    expect(prompt).not_to_be_visible()
    expect(inputs).to_contain_text("3 models · Kept while folded")
    expect(card(page, 1)).to_be_in_viewport(ratio=0.9)

    page.locator(".st-key-route_azure label").click()
    expect(page.get_by_test_id("stSidebar")).to_contain_text("Azure AI Foundry at")
    page.locator(".st-key-stop_1 button").click()
    expect(card(page, 1)).to_contain_text("stopped")
    inputs.locator("summary").first.click()
    expect(prompt).to_be_visible()
    expect(prompt).to_have_value("Kept while folded")
    expect(inputs.get_by_text("is not ready")).to_have_count(3)  # lines that push everything below them down
    page.locator(".st-key-stop_0 button").click()
    expect(card(page, 0)).to_contain_text("stopped")
    expect(card(page, 2)).to_contain_text("streaming")
    page.locator(".st-key-stop_all button").click()
    expect(page.locator(".st-key-run button:enabled")).to_be_visible()

    page.get_by_role("link", name="Set it up").first.click()
    expect(page.get_by_label("Deployment of the other model")).to_be_focused()
    expect(page.get_by_label("Any other model")).to_have_value("openai/sandbox.ttft-1.rate-50.tokens-9000")


def test_the_azure_route_shows_the_deployment_and_a_narrow_window_keeps_its_width(page, sandbox_dashboard):
    page.set_viewport_size({"width": 420, "height": 900})
    page.goto(f"{sandbox_dashboard}/?route_azure=true")
    expect(page.locator(".st-key-models [data-tag]").first).to_be_visible()
    choose(page, "openai/gpt-4o", "openai/gpt-4o #2")
    run(page)
    for slot in (0, 1):
        expect(card(page, slot)).to_contain_text("deployment gpt4o-deployment")
        expect(card(page, slot)).to_contain_text("done")
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


def test_model_output_makes_the_browser_call_nobody_and_can_be_read_as_received(page, dashboard, tmp_path):
    url = dashboard()
    log = CallLog(f"sqlite:///{tmp_path / 'llmselect.db'}")
    id = log.open_comparison(HOSTILE, HOSTILE, {}, 1)
    bad = "![e](http://evil.example/7.png)"
    target = Target(bad, bad, "direct", deployment=bad)
    facts = {"error_type": "ProviderDown", "error_message": bad, "finish_reason": bad, "price_source": bad}
    log.record(id, 0, CallResult(target, "error", "2026-11-23T12:00:00Z", HOSTILE, HOSTILE, total_ms=9.0, **facts))
    assert log.flush(10)
    log.close()
    page.goto(f"{url}/?run={id}")
    expect(card(page, 0)).to_contain_text("Provider failed")
    page.locator(".st-key-reasoning_0 summary").click()
    page.locator(".st-key-raw_0 button").click()
    expect(page.get_by_test_id("stPopoverBody").locator("code")).to_contain_text("![a](http://evil.example/1.png)")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="History").click()
    expect(page.locator("[class*=st-key-entry_]")).to_contain_text("Look")
    assert page.locator("img[src*=evil]").count() == 0


@pytest.fixture(scope="module")
def talkative(tmp_path_factory):
    """The URL of a dashboard whose models say HOSTILE, and then count for as long as one likes."""

    def answers(*_):
        yield from cut(HOSTILE + "\n")
        yield from (f"{n} " for n in count())

    with serve(answers=answers) as providers:
        with served(APP, providers.environment(), tmp_path_factory.mktemp("talkative")) as (url, _):
            yield url


def let_talk(page, url):
    """Two answers that go on for 20 s, to the page's limit of tokens, and where the first one grows."""
    page.goto(url)
    picked(page, 4)
    choose(page, "openai/sandbox.ttft-1.rate-50", "mistral/sandbox.ttft-1.rate-50")
    page.locator(".st-key-prompt textarea").fill("Go on")
    run(page)
    return page.locator(".st-key-answer_0 [role=log]")


def counted(growing):
    """How far the answer has counted, once it has been made sure that it left out nothing."""
    said = growing.locator("p").last.inner_text().split()
    assert said == [str(n) for n in range(len(said))]
    return len(said)


def test_a_growing_answer_makes_the_browser_call_nobody_and_is_whole_after_a_reload(page, talkative):
    growing = let_talk(page, talkative)
    expect(growing).to_contain_text(" 20 ")
    assert growing.locator("img").count() == 0
    assert set(growing.locator("a").evaluate_all("all => all.map(a => a.rel)")) == {"noopener noreferrer"}
    page.reload()
    expect(growing.get_by_role("heading", name="Look")).to_be_visible()
    before = counted(growing)
    expect(growing).to_contain_text(f" {before + 50} ")
    counted(growing)
    page.locator(".st-key-stop_all button").click()
    expect(page.locator(".st-key-run button:enabled")).to_be_visible()
    once = re.compile(r"^(?!.*Look.*Look).*Look", re.DOTALL)
    expect(page.locator(".st-key-answer_0")).to_have_text(once)  # it is drawn anew a moment after Run is there again


def test_a_growing_answer_fetches_what_was_lost_and_leaves_selection_and_place_alone(page, talkative):
    losing, lost, asked = [], [], []

    def between(client):
        server = client.connect_to_server()

        def down(message):
            if losing and b"llmselect_live" in message:
                lost.append(message)
            else:
                client.send(message)

        def up(message):
            asked.extend([message] if b"missed" in message else [])
            server.send(message)

        server.on_message(down)
        client.on_message(up)

    page.route_web_socket(re.compile("/_stcore/stream"), between)
    growing = let_talk(page, talkative)
    expect(growing).to_contain_text(" 20 ")
    growing.locator("p").last.evaluate("p => getSelection().setBaseAndExtent(p.firstChild, 0, p.firstChild, 9)")
    until_there_is_more_than_the_box_shows = "() => document.querySelector('.st-key-answer_0').scrollTop > 100"
    page.wait_for_function(until_there_is_more_than_the_box_shows)
    growing.evaluate("e => e.closest('.st-key-answer_0').scrollTop = 0")
    losing.append(True)
    while len(lost) < 8:
        page.wait_for_timeout(50)
    losing.clear()
    before = counted(growing)
    expect(growing).to_contain_text(f" {before + 200} ")
    counted(growing)
    assert asked
    assert page.evaluate("getSelection().toString()") == "0 1 2 3 4"
    assert growing.evaluate("e => e.closest('.st-key-answer_0').scrollTop") == 0
    page.locator(".st-key-stop_all button").click()


@pytest.mark.parametrize("broken", ["sqlite:////proc/nowhere/log.db"])
def test_an_unwritable_database_is_told_in_the_sidebar(page, dashboard, broken):
    page.goto(dashboard({"LLMSELECT_DATABASE_URL": broken}))
    expect(page.locator("[data-testid=stSidebar]")).to_contain_text("can't be written")
    page.get_by_role("link", name="History").click()
    expect(page.locator("[data-testid=stMain]")).to_contain_text("can't be read")


def test_a_dashboard_that_is_told_to_end_logs_the_answers_under_way_as_stopped(browser, sandbox, tmp_path):
    name = "sandbox.ttft-1.rate-20.tokens-4000.retry-77"
    page = browser.new_page()
    with served(APP, sandbox.environment(), tmp_path) as (url, _):
        page.goto(url)
        picked(page, 4)
        choose(page, f"openai/{name}", f"mistral/{name}")
        page.locator(".st-key-prompt textarea").fill("A long story")
        run(page)
        for slot in (0, 1):
            expect(card(page, slot)).to_contain_text("streaming")
    page.close()
    log = CallLog(f"sqlite:///{tmp_path / 'llmselect.db'}")
    (comparison,) = log.recent_comparisons()
    log.close()
    assert [call.result.status for call in comparison.calls] == ["stopped", "stopped"]
    assert all(call.result.answer for call in comparison.calls)
    assert sandbox.wait_for(lambda server: all(record.outcome for record in server.records if record.model == name))


def test_the_keyboard_runs_and_a_screen_reader_is_told_once(page, sandbox_dashboard):
    page.goto(sandbox_dashboard)
    picked(page, 4)
    choose(page, *(f"{name}/sandbox.ttft-1.rate-50.tokens-60" for name in ("openai", "mistral")))
    expect(page.locator(".st-key-stop_all kbd")).to_have_text("Esc")
    announced = page.locator("#announced")
    page.locator(".st-key-prompt textarea").fill("Typed a moment ago")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".st-key-inputs")).to_contain_text("2 models · Typed a moment ago")
    expect(announced).to_have_text("All 2 answers have ended: 2 done.")
    page.evaluate("""() => new MutationObserver(() => window.again = true)
        .observe(document.getElementById("announced"), {childList: true, characterData: true, subtree: true})""")
    page.locator(".st-key-whole label").click()
    expect(page.locator(".st-key-answers_whole")).to_be_visible()
    assert not page.evaluate("window.again")
    page.reload()
    expect(card(page, 1)).to_contain_text("done")
    expect(announced).to_have_count(0)
