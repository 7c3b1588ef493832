"""No page has a fault that axe-core calls serious or critical, in either theme."""

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import expect

from .test_browser import SLOW, card, choose, run

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


def test_every_page_can_be_read_and_scrolled_by_everybody(page, sandbox_dashboard):
    page.add_init_script(AXE)
    page.goto(sandbox_dashboard)
    expect(page.locator(".st-key-models [data-tag]")).to_have_count(4, timeout=SLOW)
    check(page)
    long = "sandbox.ttft-1.rate-50.tokens-9000"
    choose(page, f"openai/{long}", f"mistral/{long}.reasoning-9", "anthropic/sandbox.fault-401", "nobody/at-all")
    expect(page.locator(".st-key-unready")).to_contain_text("1 of 4 models is not ready and will fail")
    check(page)
    run(page)
    expect(card(page, 2)).to_contain_text("Key refused", timeout=SLOW)
    expect(card(page, 1)).to_contain_text("streaming", timeout=SLOW)
    check(page)
    page.locator(".st-key-stop_all button").click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible(timeout=SLOW)
    expect(page.locator(".st-key-run button")).to_be_enabled(timeout=SLOW)
    check(page)
    for name in ("Latency and cost", "History", "Settings"):
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        check(page)
