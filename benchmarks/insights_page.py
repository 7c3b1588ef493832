"""The Insights page over a million calls in a browser: how soon it is there, what is sent, how long the tab freezes."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .dashboard import APP, chromium, served
from .report import Figure

_LONGEST = """() => {
    window.longest = 0;
    new PerformanceObserver(list => list.getEntries().forEach(task => {
        window.longest = Math.max(window.longest, task.duration);
    })).observe({type: "longtask", buffered: true});
}"""
_DRAWN = ".st-key-chart_drawn canvas, .st-key-chart_drawn svg"
_COST = ".st-key-costs_file"
RUNNING = '[data-testid="stApp"][data-test-script-state="running"]'


def figures(url: str, name: str) -> Iterator[Figure]:
    """Of a log that is rolled up, at `url`: the first view, then changed filters, each until all of it is drawn."""
    with (
        tempfile.TemporaryDirectory() as folder,
        served(APP, {"LLMSELECT_DATABASE_URL": url}, Path(folder)) as (at, _),
        chromium() as browser,
    ):
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(60_000)
        page.goto(f"{at}/settings")  # the server has shown its first page, and loads libraries
        page.get_by_role("heading", name="Settings", exact=True).wait_for()
        page.wait_for_timeout(4_000)
        received = [0]
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: _count(received, frame)))
        page.add_init_script(f"({_LONGEST})()")
        started = time.perf_counter()
        page.goto(f"{at}/insights?time=All")
        yield from _until_drawn(page, f"{name}: first view, all time, in the browser", started, received)
        for words, label in (("one week", "7 days"), ("all time", "All"), ("one model", None)):
            if label is None:
                page.locator(".st-key-filters button").first.click()
                field = page.locator(".st-key-model input")
                field.fill("openai/gpt-5.2")
                page.wait_for_timeout(300)
            received[0] = 0
            page.evaluate("window.longest = 0")
            started = time.perf_counter()
            if label is None:
                field.press("Enter")
            else:
                page.locator(".st-key-time").get_by_text(label, exact=True).click()
            yield from _until_drawn(page, f"{name}: changed to {words}, in the browser", started, received)


def _until_drawn(page: Any, name: str, started: float, received: list[int]) -> Iterator[Figure]:
    page.wait_for_timeout(100)
    page.locator(_DRAWN).first.wait_for()
    page.locator(_COST).wait_for()
    page.wait_for_function(f"!document.querySelector('{RUNNING}')")
    seconds = time.perf_counter() - started
    page.wait_for_timeout(1_000)  # what is drawn once the script has ended
    yield Figure(f"{name}, s", seconds)
    yield Figure(f"{name}: sent, kB", received[0] / 1000, 300)
    yield Figure(f"{name}: longest freeze of the tab, s", page.evaluate("window.longest") / 1000, 0.3)


def _count(received: list[int], frame: str | bytes) -> None:
    received[0] += len(frame)
