"""What the clock measures: from the first byte on the socket to the last, and nothing of what goes on in here."""

import contextlib
import itertools
import select
import socket
import ssl
import sys
import threading
import time

import pytest

from llm_backends import ChatRequest, Message, Race, Slot, clock
from llm_backends.net.arrival import Reader, stamp
from llm_backends.net.retries import Retries
from llm_backends.sandbox.tls import server_context

from .kinds import KINDS
from .test_race import finish, until

OPENAI = KINDS[0]
_numbers = itertools.count()


def model(options: str) -> str:
    return f"sandbox.canned.{options}.retry-{8000 + next(_numbers)}"


class Slow:
    """A real backend whose SDK takes its time before it sends."""

    def __init__(self, backend, seconds: float):
        self.target, self.prepare, self._backend, self._seconds = backend.target, backend.prepare, backend, seconds

    def stream(self, request):
        time.sleep(self._seconds)
        yield from self._backend.stream(request)


def test_what_the_sdk_needs_before_the_first_byte_is_in_no_other_figure(sandbox):
    slot = OPENAI.slot(sandbox, model("ttft-100.rate-2000.tokens-5"))
    (result,) = finish(Race([Slot(Slow(slot.backend, 0.4), slot.request)]))
    assert result.build_ms > 400 and result.timed_from == "socket"
    assert 100 <= result.ttft_ms < 400 and result.total_ms < 400


def test_a_connection_is_opened_in_the_first_calls_time_and_can_be_taken_out(sandbox):
    from llm_backends.sandbox import serve

    with serve(canned=True) as fresh:
        slots = [OPENAI.slot(fresh, model("ttft-50.rate-2000.tokens-5")) for _ in range(2)]
        (opened,), (reused,) = finish(Race(slots[:1])), finish(Race(slots[1:]))
    assert opened.connect_ms > 0 and opened.ttft_open_ms == opened.ttft_ms - opened.connect_ms
    assert reused.connect_ms is None and reused.ttft_open_ms == reused.ttft_ms


def test_each_attempt_has_its_own_times_and_outcome_and_none_moves_the_start(sandbox):
    slot = OPENAI.slot(sandbox, model("ttft-20.rate-2000.tokens-5.fault-flaky.after-2"))
    (result,) = finish(Race([Slot(slot.backend, slot.request, Retries(attempts=3, first_wait_s=0.1))]))
    first, second, third = result.tries
    assert [one.status for one in result.tries] == [503, 503, 200]
    assert [one.error_type for one in result.tries] == ["ProviderDown", "ProviderDown", None]
    assert first.began_ms == 0 < first.ended_ms <= second.began_ms < second.ended_ms <= third.began_ms
    assert second.waited_ms >= 50 and third.waited_ms >= 100
    assert result.retry_wait_ms == second.waited_ms + third.waited_ms
    assert third.began_ms < third.headers_ms <= result.ttft_ms and result.attempts == 3


def test_the_total_ends_with_the_last_byte_not_with_its_reader(sandbox):
    slot = OPENAI.slot(sandbox, model("ttft-10.rate-2000.tokens-5"))
    (result,) = finish(Race([Slot(Lingering(slot.backend), slot.request)]))
    assert result.status == "ok" and result.total_ms < 300


class Lingering:
    """A real backend that takes its time after the last byte."""

    def __init__(self, backend):
        self.target, self.prepare, self._backend = backend.target, backend.prepare, backend

    def stream(self, request):
        yield from self._backend.stream(request)
        time.sleep(0.4)


@pytest.fixture
def deaf():
    """An address whose connections are never opened: its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.mark.skipif(sys.platform != "linux", reason="a full queue keeps connections waiting on Linux only")
def test_a_call_that_is_still_connecting_can_be_stopped_at_once(sandbox, deaf):
    from llm_backends import Catalog, settings

    environ = {"OPENAI_BASE_URL": f"http://127.0.0.1:{deaf}/v1", "OPENAI_API_KEY": "sandbox-key"}
    backend = Catalog(settings.load(environ, None)).backend("openai/gpt-4o", "direct")
    contest = Race([Slot(backend, ChatRequest("gpt-4o", (Message("user", "Hello"),)))])
    contest.start()
    until(lambda: contest.lanes[0].call.t0 is not None)
    stopped = time.perf_counter()
    contest.stop()
    assert contest.wait(5) and time.perf_counter() - stopped < 1
    assert contest.lanes[0].result.status == "stopped"


@contextlib.contextmanager
def pair(tls: bool):
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.ExitStack() as stack:
        client = stack.enter_context(socket.create_connection(listener.getsockname()))
        server = stack.enter_context(listener.accept()[0])
        stamp(client)
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            secured = []
            thread = threading.Thread(target=lambda: secured.append(server_context("x").wrap_socket(server, True)))
            thread.start()
            client = stack.enter_context(context.wrap_socket(client))
            thread.join()
            server = stack.enter_context(secured[0])
        yield client, server


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux stamps what arrives")
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_bytes_that_waited_for_their_reader_arrived_when_they_arrived(tls):
    with pair(tls) as (client, server):
        for word in (b"first", b"second"):
            server.sendall(word)
            sent = clock.now_ms()
            assert select.select([client], [], [], 5)[0]
            time.sleep(0.1)
            data, at = Reader(client).read(100, 5)
            assert data == word and at - sent < 50 and clock.now_ms() - at > 50


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_silent_line_times_out_and_a_closed_one_ends(tls):
    import httpcore2

    with pair(tls) as (client, server):
        with pytest.raises(httpcore2.ReadTimeout):
            Reader(client).read(100, 0.05)
        server.sendall(b"rest")
        server.close()
        assert Reader(client).read(100, 5)[0] == b"rest"


def test_a_stamp_that_cannot_be_counts_as_now():
    hour = 3600 * 10**9
    for wall in (time.time_ns() + hour, time.time_ns() - hour):
        assert abs(clock.stamped_ms(wall) - clock.now_ms()) < 100
