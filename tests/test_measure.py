"""The figures of a call, from a backend whose pieces come at times that the test sets."""

import pytest

from llm_backends import ChatRequest, Delta, Finish, Message, Target, Usage, net
from llm_backends.net.call import Call
from llm_backends.runs import measure


class Timed:
    """A backend that moves the clock on before each piece."""

    def __init__(self, clock, *pieces):
        self.target, self._clock, self._pieces = Target("test", "timed", "direct"), clock, pieces

    def prepare(self):
        self._clock[0] += 5000

    def stream(self, request):
        for pause_ms, event in self._pieces:
            self._clock[0] += pause_ms
            yield event


@pytest.fixture
def clock(monkeypatch):
    reading = [1000.0]
    for module in (measure, net.call):
        monkeypatch.setattr(module, "now_ms", lambda: reading[0])
    return reading


def result(backend, stream=True):
    *_, last = measure.measured(backend, ChatRequest("timed", (Message("user", "?"),), stream=stream), Call())
    return last


def test_times_run_from_the_request_and_loading_is_kept_out(clock):
    usage = Usage(10, 5)
    pieces = [(300, Delta("a")), *((100, Delta("b")) for _ in range(4)), (50, Finish("stop", usage))]
    call = result(Timed(clock, *pieces))
    assert (call.load_ms, call.ttft_ms, call.ttfat_ms, call.total_ms) == (5000, 300, 300, 750)
    assert call.tpot_ms == 400 / 4 and call.tokens_per_s == 10
    assert (call.chunks, call.gap_p50_ms, call.gap_max_ms) == (5, 100, 100)


def test_time_per_token_divides_by_the_providers_tokens_not_by_chunks(clock):
    call = result(Timed(clock, (300, Delta("two tokens")), (900, Delta("two more")), (0, Finish("stop", Usage(1, 4)))))
    assert call.tpot_ms == 900 / 3


def test_the_first_answer_token_comes_after_the_reasoning(clock):
    thought, said = Delta("hm", reasoning=True), Delta("yes")
    call = result(Timed(clock, (300, thought), (700, said), (0, Finish("stop", Usage(1, 2, 0, 1)))))
    assert (call.ttft_ms, call.ttfat_ms, call.reasoning, call.answer) == (300, 1000, "hm", "yes")
    assert call.tpot_ms == 700


def test_reasoning_that_was_not_sent_is_not_in_the_time_per_token(clock):
    pieces = (4000, Delta("a")), (100, Delta("b")), (100, Delta("c")), (0, Finish("stop", Usage(1, 203, 0, 200)))
    assert result(Timed(clock, *pieces)).tpot_ms == 100


def test_what_cannot_be_known_is_none(clock):
    call = result(Timed(clock, (300, Delta("a")), (100, Delta("b")), (0, Finish("stop", None))))
    assert (call.usage, call.tpot_ms, call.tokens_per_s, call.connect_ms, call.headers_ms) == (None,) * 5
    single = result(Timed(clock, (300, Delta("a")), (0, Finish("stop", Usage(1, 1)))))
    assert (single.tpot_ms, single.gap_p50_ms) == (None, None)


def test_an_answer_that_comes_whole_has_no_first_token(clock):
    call = result(Timed(clock, (900, Delta("all of it")), (0, Finish("stop", Usage(1, 3)))), stream=False)
    assert (call.ttft_ms, call.ttfat_ms, call.tpot_ms, call.total_ms) == (None, None, None, 900)
