"""The text of growing answers: laid out a block at a time into harmless HTML, and sent without gaps."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_backends.sandbox.text import document
from pages._compare.live.feed import REPEATED, Feed
from pages._compare.live.layout import Layout

TEXTS = st.text(st.sampled_from("a b\n\r#*_`~-1.|>[]()!<\\:/&;\U0001f600"), max_size=60)


class Reader:
    """What the component makes of the messages that reach it."""

    def __init__(self):
        self.number, self.blocks, self.open = 0, [], ""

    def take(self, message):
        assert self.number >= message["since"]
        self.number = message["number"]
        ((first, finished, kept, rest),) = message["slots"]
        self.blocks += finished[len(self.blocks) - first :]
        self.open = self.open.encode("utf-16-le")[: 2 * kept].decode("utf-16-le") + rest


class Seen(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def laid_out(text, pieces=1):
    layout = Layout(rest=0)
    for n in range(1, pieces + 1):
        layout.grow(text[: len(text) * n // pieces])
    return "".join((*layout.blocks, layout.open))


def test_an_answer_laid_out_as_it_grows_is_what_it_is_in_one_go():
    text = document("openai/any")
    assert laid_out(text, pieces=97) == laid_out(text) == laid_out(text.replace("\n", "\r\n"), pieces=89)
    assert {"h2", "ul", "table", "pre"} <= {tag for tag, _ in Seen(laid_out(text)).tags}


@given(TEXTS | st.text(max_size=60))
def test_nothing_in_an_answer_loads_runs_or_styles_by_itself(text):
    for tag, attributes in Seen(laid_out(f"[x](http://a.example)\n\n{text}", pieces=3)).tags:
        assert tag not in ("img", "style", "script", "iframe", "link", "svg", "object", "video")
        assert set(attributes) <= {"href", "rel", "target", "start", "tabindex"}
        assert tag != "a" or attributes["rel"] == "noopener noreferrer"


@pytest.mark.parametrize("scheme", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd"])
def test_a_link_goes_to_the_web_or_nowhere(scheme):
    assert not any("href" in attributes for _, attributes in Seen(laid_out(f"[a]({scheme}) <{scheme}>")).tags)


@given(TEXTS, st.lists(st.integers(0, REPEATED - 1), max_size=12))
def test_a_reader_that_misses_some_messages_has_what_one_has_that_reads_all(text, misses):
    feed, every, some = Feed("run", 1, rest=0), Reader(), Reader()
    taken = [True] + [n == missed for missed in misses for n in range(missed + 1)]
    for step, take in enumerate(taken, 1):
        message = feed.message([text[: len(text) * step // len(taken)]])
        for reader in (every, some) if take else (every,):
            reader.take(message)
    assert (some.blocks, some.open) == (every.blocks, every.open)


def test_after_starting_over_a_reader_needs_nothing_from_before():
    feed, reader = Feed("run", 1, rest=0), Reader()
    for text in ("One\n\nTw", "One\n\nTwo\n\nThr", "One\n\nTwo\n\nThree"):
        feed.message([text])
    feed.start_over()
    reader.take(feed.message(["One\n\nTwo\n\nThree"]))
    assert "".join(reader.blocks) + reader.open == laid_out("One\n\nTwo\n\nThree")
