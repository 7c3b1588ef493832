"""No page has a fault that axe-core calls serious or critical, in either theme."""

import re
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import expect

from llm_backends import Catalog, settings
from llm_backends.experiments.live import Experiments
from llm_backends.prompt_sets.own import ROUTES, own_set
from llm_backends.route_lab.plan import lab
from llm_backends.route_lab.sides import sides
from llm_backends.store.call_log import CallLog

from .test_browser import card, choose, picked, run

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
FAULTS = """async () => {
    const {violations} = await axe.run(document, {resultTypes: ["violations"]});
    return violations.filter(fault => ["serious", "critical"].includes(fault.impact)).flatMap(fault =>
        fault.nodes.map(node => `${fault.id}: ${node.html.slice(0, 200)} ${node.any[0]?.message ?? ""}`));
}"""


PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 22, 26)"}
PAINTED = "paper => getComputedStyle(document.querySelector('.stApp')).backgroundColor === paper"


def check(page):
    """Both themes. What has just come while answers stream can be scrolled by keyboard a moment later."""
    for scheme, paper in PAPER.items():
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_function(PAINTED, arg=paper)
        for _ in range(8):
            if not (found := page.evaluate(FAULTS)):
                break
            page.wait_for_timeout(300)
        assert not found, f"{scheme}:\n" + "\n".join(found)


def recorded(sandbox, url) -> tuple[dict[str, str], str]:
    """The environment and the id of a Route lab with calls that failed, on record in this database."""
    ref = "openai/sandbox.canned.ttft-2.rate-2000.tokens-4.retry-95001"
    environ = sandbox.environment() | {"AZURE_DEPLOYMENTS": f"{ref}={ref.partition('/')[2]}.fault-flaky.after-3"}
    catalog = Catalog(settings.load(environ | {"LLMSELECT_MAX_ATTEMPTS": "1"}, None))
    plan, prompts = lab([ref], sides(catalog)[:2], repeats=1), own_set(ROUTES)
    log = CallLog(url)
    live = Experiments(log)
    engine = live.run(id := live.add(plan, prompts), plan, prompts.rows, catalog)
    assert engine.wait(60) and engine.progress.state == "done"
    live.close()
    log.close()
    return environ, id


def test_every_page_can_be_read_and_scrolled_by_everybody(page, sandbox_dashboard):
    page.add_init_script(AXE)
    page.goto(sandbox_dashboard)
    picked(page, 4)
    check(page)
    long = "sandbox.ttft-1.rate-50.tokens-9000"
    choose(page, f"openai/{long}", f"mistral/{long}.reasoning-9", "anthropic/sandbox.fault-401", "nobody/at-all")
    expect(page.locator(".st-key-unready")).to_contain_text("1 of 4 models is not ready and will fail")
    check(page)
    run(page)
    expect(card(page, 2)).to_contain_text("Key refused")
    expect(card(page, 1)).to_contain_text("streaming")
    check(page)
    page.locator(".st-key-stop_all button").click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    expect(page.locator(".st-key-run button:enabled")).to_be_visible()
    check(page)
    for name in ("Chat", "Route lab", "Leaderboard", "Insights", "History", "Settings"):
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        check(page)


def test_a_route_lab_can_be_read_by_everybody(page, dashboard, sandbox, tmp_path):
    environ, id = recorded(sandbox, f"sqlite:///{tmp_path / 'llmselect.db'}")
    page.add_init_script(AXE)
    page.goto(f"{dashboard(environ)}/route_lab?experiment={id}")
    expect(page.locator(".st-key-lab_exports")).to_be_visible()
    expect(page.locator(".st-key-lab_verdict_0")).to_contain_text("first token")
    expect(page.locator(".stVegaLiteChart svg, .stVegaLiteChart canvas").first).to_be_visible()
    page.locator(".st-key-lab_sources summary").click()
    expect(page.get_by_text("A pair is two calls")).to_be_visible()
    check(page)
    grid = page.get_by_test_id("stDataFrame").nth(1)
    grid.click(position={"x": 12, "y": 55})
    expect(page.get_by_role("img", name="Timeline")).to_have_count(2)
    check(page)


def test_an_experiment_can_be_read_by_everybody_from_its_choice_to_the_record(page, sandbox_dashboard):
    """The Prompt sets page: form with a fault, running, paused, on record; the sidebar tells what runs elsewhere."""
    page.add_init_script(AXE)
    page.goto(f"{sandbox_dashboard}/prompt_sets")
    picked(page, 4)
    for folded in ("Template and system prompt", "Repeats, order, limits"):
        page.locator("summary", has_text=folded).click()
    start = page.locator(".st-key-start")
    choose(page, "openai/sandbox.ttft-3000.tokens-3", "nobody/at-all")
    expect(start.locator("button:enabled")).to_have_count(0)
    check(page)
    choose(page, "openai/sandbox.ttft-3000.tokens-3")
    start.locator("button:enabled").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("link", name="History").click()
    page.get_by_role("link", name=re.compile("^Experiment running")).click()
    expect(page.locator(".st-key-experiment_buttons")).to_be_visible()
    check(page)
    address = page.url
    page.reload()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name=re.compile("^(Go on|Start)"))).to_be_visible()
    assert page.url == address
    page.get_by_role("link", name="All experiments").click()
    expect(page.get_by_role("heading", name="On record")).to_be_visible()
    check(page)
