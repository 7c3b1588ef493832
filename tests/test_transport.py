"""What the network can do to a call, and what the analyst is told."""

import dataclasses
import itertools
import socket
import sys

import pytest

from llm_backends import Catalog, Message, race, settings
from llm_backends.net import transport
from llm_backends.net.arrival import readable
from llm_backends.net.call import Call, current
from llm_backends.net.retries import Retries
from llm_backends.net.switch import Stopped
from llm_backends.sandbox import serve

from .kinds import KINDS

DIRECT = KINDS[:4]
_numbers = itertools.count()


@pytest.fixture(params=DIRECT, ids=lambda kind: kind.name)
def kind(request):
    return request.param


def outcome(environ, ref, **limits):
    config = dataclasses.replace(settings.load(environ=environ, dotenv_path=None), **limits)
    slot = Catalog(config).slot(ref, "direct", (Message("user", "Hello"),))
    *_, (_, result) = race([dataclasses.replace(slot, retries=Retries(attempts=1))])
    return result


def ref(kind, options: str) -> str:
    name = f"sandbox.canned.ttft-1.rate-2000.{options}.retry-{9000 + next(_numbers)}"
    return f"{kind.provider}/{name.replace(chr(46) * 2, chr(46))}"


def at(kind, url: str) -> dict[str, str]:
    names = {"openai": "OPENAI", "anthropic": "ANTHROPIC", "gemini": "GOOGLE_GEMINI", "mistral": "MISTRAL"}
    return {f"{names[kind.provider]}_BASE_URL": url, f"{kind.provider.upper()}_API_KEY": "sandbox-secret-key"}


def test_times_of_connection_and_headers_are_taken(kind, sandbox):
    result = outcome(sandbox.environment(), ref(kind, "tokens-5"))
    assert result.status == "ok" and 0 < result.headers_ms <= result.ttft_ms <= result.total_ms
    assert result.request_id or kind.name == "gemini"  # Google sends none


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere httpcore2 asks the socket itself")
def test_an_idle_connection_is_seen_to_be_open_or_at_its_end():
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            assert not readable(ours)
            theirs.send(b"late")
            assert readable(ours)
            ours.recv(4)
            assert not readable(ours)
        assert readable(ours)
    assert readable(ours) is None  # closed here: httpcore2 answers for itself


def test_mistrals_sdk_makes_the_class_that_reads_a_chunk_only_once(sandbox):
    from mistralai.client.utils import serializers

    assert outcome(sandbox.environment(), ref(KINDS[3], "tokens-5")).status == "ok"
    first, again = (serializers.create_model("Read", body=(int, ...)) for _ in range(2))
    assert first is again and first(body=1).body == 1


def test_a_stream_that_goes_silent_times_out(kind, sandbox):
    result = outcome(sandbox.environment(), ref(kind, "fault-stall.after-3"), read_timeout_s=0.3)
    assert (result.error_type, result.chunks) == ("TimedOut", 3)
    assert "LLMSELECT_READ_TIMEOUT_S" in result.error_message


def test_a_trickle_that_never_trips_the_read_timeout_meets_the_deadline(kind, sandbox):
    result = outcome(sandbox.environment(), ref(kind, "fault-trickle.after-3"), deadline_s=1.0)
    assert (result.error_type, result.chunks) == ("TimedOut", 3)
    assert "LLMSELECT_DEADLINE_S" in result.error_message


def test_a_refused_connection_names_the_host(kind):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result = outcome(at(kind, f"http://127.0.0.1:{port}"), ref(kind, ""))
    assert result.error_type == "ProviderDown" and f"connection refused at 127.0.0.1:{port}" in result.error_message


def test_an_unknown_host_is_told(kind):
    result = outcome(at(kind, "http://no-such-host.invalid"), ref(kind, ""))
    assert result.error_type == "ProviderDown" and "no-such-host.invalid" in result.error_message


def test_an_untrusted_certificate_is_told(kind):
    with serve(canned=True, tls=True) as server:
        result = outcome(server.environment(), ref(kind, ""))
    assert result.error_type == "ProviderDown" and "certificate is not trusted" in result.error_message


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/elsewhere\r\n", b"nonsense\r\n"]
)
def test_an_endpoint_that_is_none_gets_no_second_request(kind, head):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        import threading

        def answer():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(head + b"Content-Length: 0\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        result = outcome(at(kind, f"http://127.0.0.1:{listener.getsockname()[1]}"), ref(kind, ""))
        thread.join()
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert result.error_type == "ProviderDown" and "sandbox-secret-key" not in result.error_message


def test_a_call_that_is_stopped_as_its_connection_opens_leaves_no_socket_open(monkeypatch):
    call, (ours, theirs) = Call(), socket.socketpair()

    def connected(*_):
        call.stop()
        return ours

    monkeypatch.setattr(transport, "connected", connected)
    with theirs, current(call), pytest.raises(Stopped):
        transport._Network().connect_tcp("127.0.0.1", 9)
    assert ours.fileno() == -1
