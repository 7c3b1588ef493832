"""The blind vote: nothing on the page or in its traffic tells whose an answer is, until the vote is cast."""

import re

from playwright.sync_api import expect

from llm_backends.judging.blind import even, order
from llm_backends.store.call_log import CallLog
from llm_backends.store.votes.vote import VoteFilter

from .test_accessibility import AXE, check
from .test_browser import card, choose, picked, run

FAST, SLOW = "sandbox.canned.numbered.ttft-1.rate-2000.tokens-80", "sandbox.canned.numbered.ttft-300.rate-20.tokens-80"
# What both growing answers hold, each time that one of them has changed.
WATCH = """() => {
    window.seen = [];
    const look = () => {
        const texts = [0, 1].map(place => document.querySelector(`.st-key-growing_${place} .growing`)?.innerText);
        const last = window.seen.at(-1) ?? [];
        if (texts.every(text => text !== undefined) && texts.some((text, place) => text !== last[place]))
            window.seen.push(texts);
        requestAnimationFrame(look);
    };
    look();
}"""


def as_text(frame) -> str:
    """What can be read of a message from the server."""
    return frame if isinstance(frame, str) else frame.decode(errors="ignore")


def test_the_order_of_the_cards_is_the_seeds_and_each_comes_first_as_often():
    assert order(7, 4) == order(7, 4) and sorted(order(7, 4)) == [0, 1, 2, 3]
    first = [order(seed, 2)[0] for seed in range(2000)]
    assert 900 < sum(first) < 1100


def test_all_answers_are_seen_as_far_as_the_slowest_has_come_and_no_faster_than_the_pace():
    answers = ["x" * 1000, "y" * 40, "z" * 10]
    assert even(answers, (True, True, False), 9, 100) == 40  # one that has ended short of it holds nobody back
    assert even(answers, (True, True, True), 9, 100) == 10
    assert even(answers, (True, True, False), 0.2, 100) == 20
    assert even(answers, (False, False, False), 0.2, 100) == 20
    assert even(["", "y" * 40], (True, True), 9, 100) == 0 == even(answers, (True, True, True), -5, 100)


def test_nothing_tells_which_model_answers_until_the_vote_and_a_vote_counts_once(page, dashboard, sandbox, tmp_path):
    received = []
    page.add_init_script(AXE)
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(as_text(frame))))
    page.goto(dashboard(sandbox.environment()))
    picked(page, 4)
    choose(page, f"openai/{FAST}.retry-81001", f"mistral/{SLOW}.retry-81002")
    page.locator(".st-key-blind label").click()
    expect(page.locator(".st-key-blind input")).to_be_checked()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    received.clear()
    page.evaluate(WATCH)
    run(page)
    expect(page.locator(".st-key-votes_blind")).to_be_visible()
    check(page)
    address = page.url
    shown = page.evaluate("window.seen")
    page.locator(".st-key-whole label").click()
    expect(page.locator(".st-key-answers_whole")).to_be_visible()

    drawn = page.locator("[data-testid=stMain]").inner_html()
    # The form above them says who was asked, in the order of the picks: nothing of that comes with the answers.
    carrying = ("llmselect_live", "card_", "head_", "answer_", "growing_", "metrics_", "votes_blind", "0 1 2 3 4")
    of_answers = "".join(frame for frame in received if any(name in frame for name in carrying))
    assert "0 1 2 3 4" in of_answers and "0 1 2 3 4" in drawn
    for told in ("openai", "mistral", "81001", "81002", "rate-", "First token", "input_tokens", "ttft_ms"):
        assert told not in of_answers and told not in drawn, told
    # What stood on the cards at any moment: one model had it all from the start, and yet both grew alike.
    assert len(shown) > 2 and all(a == b for a, b in shown)
    assert any(0 < len(a) < len(shown[-1][0]) for a, _ in shown)

    page.reload()
    expect(card(page, 1)).to_contain_text("Answer B")
    page.get_by_role("textbox", name="Why?").fill("Both count well")
    page.get_by_role("button", name="Answer B is better").click()
    expect(page.locator(".st-key-vote_told")).to_contain_text("Your blind vote: 1.")
    expect(card(page, 0)).to_contain_text("openai")
    page.goto(address)
    expect(page.locator(".st-key-vote_told")).to_contain_text("Your blind vote: 1.")
    log = CallLog(f"sqlite:///{tmp_path / 'llmselect.db'}")
    (cast,) = log.votes(VoteFilter())
    assert cast.vote.blind and cast.vote.reason == "Both count well"
    second = order(log.comparison(cast.vote.comparison_id).params["blind"], 2)[1]
    assert cast.targets[cast.vote.ballot[0][0]].provider == ("openai", "mistral")[second]
    log.close()

    page.get_by_role("button", name="Take it back").click()
    page.locator(".st-key-vote_folder summary").click()
    page.get_by_role("button", name=re.compile("^openai.* is better")).click()
    expect(page.locator(".st-key-vote_told")).to_contain_text("Your open vote: 1. openai")
