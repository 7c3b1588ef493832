"""What holds for any input, tried with thousands of them: settings, the markdown guard, cut streams, retries."""

import itertools
import random
import re
from html import unescape

import httpx2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from llm_backends import errors, race, redact
from llm_backends.net.refusals import retry_after_s
from llm_backends.net.retries import Retries
from llm_backends.sandbox import serve
from llm_backends.sandbox.handler import Handler
from llm_backends.settings import load
from llm_backends.settings.environment import dotenv
from pages._shared.markdown import live_tail, safe_markdown

from .kinds import KINDS

# The same inputs each time, nothing kept between runs, and no limit on the time of one: other programs may be running.
settings.register_profile(
    "ours",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("ours")

SECRET = "Zq9-Xw8-aVeryOwnSecret"
JOINER = "\u2060"
VARIABLES = (
    "OPENAI_API_KEY ANTHROPIC_API_KEY GEMINI_API_KEY GOOGLE_API_KEY MISTRAL_API_KEY OPENAI_BASE_URL ANTHROPIC_BASE_URL "
    "GOOGLE_GEMINI_BASE_URL MISTRAL_BASE_URL GEMINI_SDK LOCAL_MODELS_DIR LLMSELECT_DATABASE_URL LLMSELECT_SANDBOX "
    "LLMSELECT_READ_TIMEOUT_S LLMSELECT_DEADLINE_S LLMSELECT_MAX_ATTEMPTS USE_AZURE_FOUNDRY AZURE_AI_FOUNDRY_ENDPOINT "
    "AZURE_AI_FOUNDRY_KEY AZURE_AI_FOUNDRY_AUTH AZURE_AI_FOUNDRY_SCOPE AZURE_AI_FOUNDRY_API_VERSION "
    "AZURE_AI_FOUNDRY_WIRE AZURE_AI_FOUNDRY_ENDPOINT_2 AZURE_AI_FOUNDRY_KEY_2 AZURE_DEPLOYMENT_GPT4O "
    "COMPATIBLE_LAB_BASE_URL COMPATIBLE_LAB_API_KEY COMPATIBLE_LAB_MODELS"
).split()
anything = st.one_of(st.text(max_size=40), st.text(max_size=40).map(lambda text: text * 200))
holding_it = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "https://", "https://me:", "sqlite:///", "postgresql://u:", "'", "v1:"]) | anything,
    st.just(SECRET),
    st.sampled_from(["", "@host", "@host/x", "/.default", "?k=v", "'"]) | anything,
)


@pytest.fixture(autouse=True)
def _secrets_of_its_own(monkeypatch):
    """What is read here as a key must not be hidden in other tests' texts."""
    monkeypatch.setattr(redact, "_secrets", set())


# Settings


@given(environ=st.dictionaries(st.sampled_from(VARIABLES), anything | holding_it))
def test_whatever_the_variables_hold_they_are_read_and_no_value_is_quoted(environ):
    found = load(environ=environ, dotenv_path=None)
    assert SECRET not in repr((found.problems, found.broken))
    assert all(name not in found.sources for name in found.broken)


@given(noise=st.dictionaries(st.sampled_from(VARIABLES), anything))
def test_a_good_variable_is_read_the_same_whatever_the_others_hold(noise):
    good = {"MISTRAL_API_KEY": "a-good-key", "MISTRAL_BASE_URL": "https://mistral.test/v", "LLMSELECT_DEADLINE_S": "12"}
    found = load(environ=noise | good, dotenv_path=None)
    assert (found.keys["mistral"], found.base_urls["mistral"]) == ("a-good-key", "https://mistral.test/v")
    assert found.deadline_s == 12 and "mistral" not in found.broken and found.sources.keys() >= good.keys()


@given(lines=st.lists(st.binary(max_size=30) | holding_it.map(lambda text: text.encode(errors="replace")), max_size=8))
def test_a_file_of_any_bytes_is_read_or_told_and_never_quoted(lines, tmp_path):
    path, problems = tmp_path / "any.env", []
    path.write_bytes(b"\n".join(lines))
    values = dotenv(path, problems)
    assert all(isinstance(text, str) for pair in values.items() for text in pair)
    assert SECRET not in repr(problems)


# A quote that nobody closes takes the lines below it in, as it should: noise has none.
noise_line = st.text(max_size=30).map(lambda text: re.sub(r"['\"\n]|GOOD", "", text).encode(errors="replace"))


@given(before=st.lists(noise_line | st.just(b"\xff\xfe"), max_size=4), after=st.lists(noise_line, max_size=4))
def test_a_good_line_is_read_the_same_whatever_stands_around_it(before, after, tmp_path):
    path = tmp_path / "noisy.env"
    path.write_bytes(b"\n".join([*before, b"GOOD=its value # said so", *after]))
    assert dotenv(path, [])["GOOD"] == "its value"


segments = st.sampled_from("openai anthropic v1 deployments api projects chat x %20 .. ä".split() + [""])
urls = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["http", "https", "HTTPS", "ftp"]),
    st.sampled_from(["host", "Host.test", "127.0.0.1", "[::1]", "[", "a@b", "ho st", "höst", ""]),
    st.sampled_from(["", ":80", ":0", ":99999", ":x"]),
    st.lists(segments, max_size=5).map(lambda parts: "".join(f"/{part}" for part in parts)),
    st.sampled_from(["", "/", "//", "?a=b", "#f"]),
)


def url(name: str, value: str) -> str | None:
    found = load(environ={name: value}, dotenv_path=None)
    assert bool(found.broken) == bool(value.strip() and not (found.base_urls or found.azure.endpoint))
    return found.azure.endpoint or found.base_urls.get("openai")


@pytest.mark.parametrize("name", ["OPENAI_BASE_URL", "AZURE_AI_FOUNDRY_ENDPOINT"])
@settings(max_examples=300)
@given(value=urls | anything)
def test_a_url_once_read_is_read_as_itself(name, value):
    once = url(name, value)
    assert once is None or (once == once.rstrip("/") and url(name, once) == once)


# The markdown guard

WORDS = "``` ~~~ ` ~ ![ ! [ ](http://x) \\ > - &amp; &NewLine;".split()
NAMES = "mermaid MerMaid &#109;ermaid &amp;#109;ermaid &mermaid mer maid".split()
pieces = st.sampled_from([*WORDS, *NAMES, " ", "\n", "\r", "\t", JOINER, "    "]) | st.text(max_size=3)
fence = st.builds(
    "\n{}{} {}\n".format, st.sampled_from(["```", "~~~~"]), st.sampled_from(NAMES), st.sampled_from(NAMES)
)
markdown = st.lists(pieces | fence).map("".join)


def languages(text: str) -> list[str]:
    """What a renderer may take for the language of a fence, entities resolved: read more widely than by any of them."""
    runs = re.finditer(r"(?=`{3}`*([^\n`]*)|~{3}~*([^\n]*))", text)
    return [unescape(found[1] or found[2] or "").lower() for found in runs]


@settings(max_examples=500)
@example(text="```&amp;#109;ermaid mermaid")
@example(text="~~~`language-mermaid")  # Streamlit looks for `language-` anywhere in the class that this becomes
@given(text=markdown)
def test_no_image_and_no_mermaid_fence_survives(text):
    for shown in (safe_markdown(text), safe_markdown(live_tail(text, 20))):
        assert "![" not in shown
        assert not [language for language in languages(shown) if "mermaid" in language]
    if not [language for language in languages(text) if "mermaid" in language]:
        assert safe_markdown(text).replace(JOINER, "") == text.replace(JOINER, "")


@given(text=markdown, chars=st.integers(0, 60))
def test_a_live_tail_is_the_end_of_the_text(text, chars):
    tail = live_tail(text, chars)
    assert text.endswith(tail) or text.endswith(tail.removeprefix("```\n"))
    assert len(tail) <= chars + len("```\n")
    assert tail == text or len(text) > chars


# Streams that arrive in pieces


class Cutting(Handler):
    """Sends an answer in pieces of the server's sizes in turn, wherever that cuts a line or a letter."""

    held, size = b"", 0

    def chunk(self, data: bytes, *, last: bool = False) -> None:
        self.held += data
        while len(self.held) > self.size:
            super().chunk(self.held[: self.size])
            self.held, self.size = self.held[self.size :], next(self.server.sizes)
        if last:
            super().chunk(self.held, last=True)
            self.held = b""


@pytest.fixture(scope="module")
def cutting():
    with serve() as server:
        server.RequestHandlerClass = Cutting
        yield server


letters = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('é日🙂\u2028\u0085\r\n"\\'), min_size=1)


@pytest.mark.parametrize("kind", KINDS[:4], ids=lambda kind: kind.name)
@settings(max_examples=15)
@given(tokens=st.lists(letters, min_size=1, max_size=4), sizes=st.lists(st.integers(1, 60), min_size=1, max_size=4))
def test_an_answer_cut_anywhere_arrives_whole(kind, cutting, tokens, sizes):
    cutting.answers = lambda *_: iter(tokens)
    cutting.sizes = itertools.cycle(sizes)
    *_, (_, result) = race([kind.slot(cutting, "sandbox.ttft-0.rate-100000")])
    assert (result.status, result.answer) == ("ok", "".join(tokens)), result.error_message
    assert result.usage.output_tokens == len(tokens)


# Retries

retries = st.builds(Retries, st.integers(1, 10), st.floats(0.01, 10), st.floats(0.01, 120))
fails = st.sampled_from([errors.ProviderDown, errors.TimedOut, errors.Truncated, errors.RateLimited])


@given(retries=retries, kind=fails, seed=st.integers())
def test_waits_grow_within_their_bounds_and_none_follows_the_last_attempt(retries, kind, seed):
    waits = []
    for attempt in range(1, retries.attempts):
        random.seed(seed)  # the same chance for each, so that only the attempt differs
        waits.append(retries.wait_s(kind("failed"), attempt))
        longest = min(retries.longest_wait_s, retries.first_wait_s * 2 ** (attempt - 1))
        assert longest / 2 <= waits[-1] <= longest
    assert waits == sorted(waits)
    assert retries.wait_s(kind("failed"), retries.attempts) is None
    assert retries.wait_s(kind("failed", retryable=False), 1) is None


@given(retries=retries, asked=st.floats(0, allow_nan=False), attempt=st.integers(1, 10))
def test_what_a_provider_asks_to_wait_is_obeyed_or_taken_as_a_no(retries, asked, attempt):
    wait = retries.wait_s(errors.RateLimited("too many", retry_after=asked), attempt)
    obeyed = attempt < retries.attempts and asked <= retries.longest_wait_s
    assert wait == (asked if obeyed else None)


number = st.floats().map(str) | st.integers().map(str)
date = st.datetimes().map(lambda at: at.strftime("%a, %d %b %Y %H:%M:%S")) | st.just("Mon, 01 Jan 2024 00:00:00")
said = number | st.text(max_size=30) | st.builds("{} {}".format, date, st.sampled_from(["GMT", "-0000", "+9999", "x"]))


@given(said=said, name=st.sampled_from(["retry-after", "retry-after-ms"]))
def test_any_retry_after_is_a_wait_or_unknown(said, name):
    wait = retry_after_s(httpx2.Headers({name: said.encode("utf-8", "replace")}))
    assert wait is None or wait >= 0
