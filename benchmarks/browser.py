"""Eight live answers in a real browser: how late a token is seen, how soon a click is answered, what it all uses."""

import re
import time
from collections.abc import Iterator

from llm_backends.clock import now_ms
from llm_backends.stats.percentiles import percentile

from .bare import run_bare
from .dashboard import APP, chromium, cpu_s, served
from .loopback import PROVIDERS, eight, records, sandbox
from .report import Figure

SCRIPT = "numbered.ttft-300.rate-60.tokens-900"
WATCH = """() => {
    window.seen = [...Array(8)].map(() => []);
    const look = () => {
        for (let slot = 0; slot < 8; slot++) {
            const box = document.querySelector(`.st-key-answer_${slot}`);
            const last = box && /(\\d+)\\s*$/.exec(box.textContent);
            const known = window.seen[slot];
            if (last && (!known.length || known.at(-1)[0] !== +last[1]))
                known.push([+last[1], performance.timeOrigin + performance.now()]);
        }
    };
    // In the frame after a change, and in no other: a loop of frames would keep the browser busy by itself.
    let asked = false;
    new MutationObserver(() => {
        if (!asked) requestAnimationFrame(() => { asked = false; look(); });
        asked = true;
    }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""
# Clicks, and waits for the page to have answered; the time between, in milliseconds.
CLICK = """([button, place, text]) => new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`no ${text} in ${place} within 10 s`)), 10000);
    const started = performance.now();
    const answered = () => [...document.querySelectorAll(place)].some(element => element.textContent.includes(text));
    const check = () => answered() ? resolve(performance.now() - started) : requestAnimationFrame(check);
    document.querySelector(button).click();
    check();
})"""


def figures() -> Iterator[Figure]:
    """Lateness of tokens on the screen, reaction to Stop and to a sidebar widget, processor time."""
    with sandbox() as environ, served(APP, environ) as (url, pid), chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(20_000)
        page.goto(url)
        _choose(page)
        _run_until_all_answer(page)  # once for nothing: SDKs are imported, connections are open
        page.locator(".st-key-stop_all button").click()
        page.locator(".st-key-run button:enabled").wait_for()
        _run_until_all_answer(page)
        page.evaluate(WATCH)
        tab = page.context.new_cdp_session(page)
        tab.send("Performance.enable", {"timeDomain": "timeTicks"})
        started, used, busy = time.perf_counter(), cpu_s(pid), _busy_s(tab)
        time.sleep(5)
        ended = time.perf_counter()
        share = (cpu_s(pid) - used) / (ended - started)
        busy = (_busy_s(tab) - busy) / (ended - started)
        widget = page.evaluate(CLICK, [".st-key-route_azure input", "section", "Azure AI Foundry at"])
        time.sleep(1)  # the page has settled after the toggle
        stop = page.evaluate(CLICK, [".st-key-stop_7 button", ".st-key-card_7", "stopped"])
        page.locator(".st-key-card_0").get_by_text("done").wait_for(timeout=60_000)
        late = _lateness(page.evaluate("() => window.seen"), records(environ), started, ended)
        floor = _floor_share(environ)
    yield Figure("token sent to token visible, median, ms", percentile(late, 0.5))
    yield Figure("token sent to token visible, p95, ms", percentile(late, 0.95), 220)
    yield Figure("the tab's main thread is busy, share of the time", busy, 0.5)
    yield Figure("Stop reacts, ms", stop, 300)
    yield Figure("a sidebar widget reacts, ms", widget, 300)
    yield Figure("server, share of a core", share)
    yield Figure("the SDKs alone, share of a core", floor)
    yield Figure("server beyond the SDKs, share of a core", share - floor, 0.25)


def _choose(page) -> None:
    """Empty the picker, type eight scripted models into it, and a prompt."""
    from playwright.sync_api import expect

    page.get_by_role("button", name=re.compile("^Clear")).first.click()
    tags = page.locator(".st-key-models [data-tag]")
    expect(tags).to_have_count(0)
    for n in range(8):
        page.locator(".st-key-models input").fill(f"{PROVIDERS[n % 4]}/sandbox.{SCRIPT}.retry-{n + 1}")
        page.keyboard.press("Enter")
        expect(tags).to_have_count(n + 1)
    page.keyboard.press("Escape")
    page.locator(".st-key-prompt textarea").fill("Count.")


def _run_until_all_answer(page) -> None:
    page.locator(".st-key-run button").click()
    for slot in range(8):
        page.locator(f".st-key-card_{slot}").get_by_text("streaming").wait_for()


def _busy_s(tab) -> float:
    """Seconds that the tab's main thread has spent in tasks so far (TaskDuration of the DevTools protocol)."""
    metrics = tab.send("Performance.getMetrics")["metrics"]
    return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")


def _lateness(seen: list[list[tuple[int, float]]], truth: dict[str, dict], start: float, end: float) -> list[float]:
    """For every token sent while nobody clicked: from its being sent to the first frame that showed it or more."""
    wall = time.time() * 1000 - now_ms()
    late = []
    for slot, frames in enumerate(seen):
        sent = truth[f"sandbox.{SCRIPT}.retry-{slot + 1}"]["token_times"]
        shown = 0
        for last, at in frames:
            late += [at - wall - moment * 1000 for moment in sent[shown : last + 1] if start < moment < end]
            shown = max(shown, last + 1)
    return late


def _floor_share(environ: dict[str, str]) -> float:
    """What a bare loop over the SDKs uses of a core for the same streams."""
    slots = eight(environ, "numbered.ttft-300.rate-60.tokens-300")
    started, used = time.perf_counter(), time.process_time()
    run_bare(slots, environ)
    return (time.process_time() - used) / (time.perf_counter() - started)
