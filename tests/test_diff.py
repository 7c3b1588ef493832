"""How two answers differ, word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect

from llm_backends.judging.diff import MOST_WORDS, Part, diff
from llm_backends.store.call_log import CallLog
from llm_backends.types import CallResult, Target

SLOW = 60_000


def texts(found) -> tuple[str, str]:
    return tuple("".join(part.text for part in found.parts if part.of in ("both", of)) for of in ("first", "second"))


def test_a_word_that_differs_is_told_with_what_is_shared():
    found = diff("The sky is blue today.", "The sky is grey today.")
    assert found.parts == (
        Part("both", "The sky is "),
        Part("first", "blue"),
        Part("second", "grey"),
        Part("both", " today."),
    )
    assert found.shared == pytest.approx(0.8)


def test_words_that_follow_each_other_are_one_change():
    found = diff("We say one two three here", "We say four five six here")
    assert [part.text for part in found.parts] == ["We say ", "one two three", "four five six", " here"]


@given(st.text(), st.text())
def test_both_texts_can_be_read_from_the_parts(first, second):
    found = diff(first, second)
    assert texts(found) == (first, second) and all(part.text for part in found.parts)
    assert found.shared is None or 0 <= found.shared <= 1


def test_equal_texts_share_all_and_empty_ones_have_nothing_to_share():
    assert diff("Größe 🙂 = 10 €", "Größe 🙂 = 10 €").shared == 1
    assert diff("", "").shared is None and diff("", "").parts == ()


def test_what_is_too_long_is_refused_rather_than_waited_for():
    with pytest.raises(ValueError, match="20,000 words"):
        diff("a " * (2 * MOST_WORDS), "b")


def test_two_answers_of_a_comparison_are_shown_word_by_word_as_text(page, dashboard, tmp_path):
    log = CallLog(f"sqlite:///{tmp_path / 'llmselect.db'}")
    id = log.open_comparison("Why?", None, {}, 2)
    for slot, answer in enumerate(("It is <b>blue</b> today.", "It is <img src=http://evil.example/1.png> today.")):
        target = Target("openai", f"model-{slot}", "direct")
        log.record(id, slot, CallResult(target, "ok", "2026-11-26T10:00:00+00:00", answer=answer))
    log.close()
    page.goto(f"{dashboard({'LLMSELECT_DATABASE_URL': f'sqlite:///{tmp_path}/llmselect.db'})}/?run={id}")
    page.locator(".st-key-difference summary").click(timeout=SLOW)
    difference = page.locator(".difference > div")
    expect(difference).to_contain_text("It is <", timeout=SLOW)
    expect(difference.locator("del").first).to_contain_text("b")
    expect(difference.locator("img, b")).to_have_count(0)
    expect(page.get_by_text("of their words.")).to_be_visible()
