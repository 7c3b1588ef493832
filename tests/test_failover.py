"""Several endpoints for one model: who answers, who is spared, and what the detour cost."""

import dataclasses
import itertools
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from llm_backends import Catalog, Message, race, settings
from llm_backends.azure import failover
from llm_backends.net.retries import Retries
from llm_backends.runs.race import Race
from llm_backends.sandbox import serve

WIRES = {"openai": "deployments", "mistral": "v1", "anthropic": "anthropic"}
FAST = "sandbox.canned.ttft-5.rate-2000.tokens-5"
_numbers = itertools.count()


@pytest.fixture
def pair():
    """Two sandboxes: the first and the second region. Nothing is spared for what an earlier test had on their ports."""
    failover._free_at_ms.clear()
    with serve(canned=True) as first, serve(canned=True) as second:
        yield first, second


def slot_at(*urls, provider="openai", name=FAST, attempts=1, **limits):
    """A slot for a scripted deployment at these endpoints, in their order; each has a key of its own."""
    environ = {"AZURE_DEPLOYMENTS": f"{provider}/model={WIRES[provider]}:{name}", "LLMSELECT_SANDBOX": "1"}
    for suffix, url in zip(["", *(f"_{n}" for n in range(2, 10))], urls, strict=False):
        environ |= {
            f"AZURE_AI_FOUNDRY_ENDPOINT{suffix}": f"{url}/azure",
            f"AZURE_AI_FOUNDRY_KEY{suffix}": "sandbox-key",
        }
    config = dataclasses.replace(settings.load(environ, None), **limits)
    assert config.problems == ()
    slot = Catalog(config).slot(f"{provider}/model", "azure", (Message("user", "Hello"),))
    return dataclasses.replace(slot, retries=Retries(attempts=attempts, first_wait_s=0.01))


def one(slot):
    *_, (_, result) = race([slot])
    return result


def host(server) -> str:
    return server.url.partition("://")[2]


def closed() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def asked(server) -> int:
    return len(server.records)


@pytest.mark.parametrize("provider", WIRES)
@pytest.mark.parametrize("fault", ["404", "408", "429", "500", "502", "503", "529", "slow503", "stallheaders"])
def test_the_next_endpoint_answers_where_the_first_fails(pair, provider, fault):
    first, second = pair
    first.fault = fault
    result = one(slot_at(first.url, second.url, provider=provider, read_timeout_s=0.3))
    assert (result.status, result.target.endpoint_host) == ("ok", host(second)), result.error_message
    assert result.failed_over_from == host(first) and result.attempts == 2
    assert 0 < result.detour_ms < result.ttft_ms and result.retry_wait_ms == 0
    assert result.columns()["endpoint_host"] == host(second)


def test_a_refused_connection_is_passed_by(pair):
    gone = closed()
    result = one(slot_at(gone, pair[1].url))
    assert result.status == "ok" and result.failed_over_from == gone.partition("://")[2]


def test_the_first_endpoint_that_answers_makes_no_detour(pair):
    result = one(slot_at(*(server.url for server in pair)))
    assert result.target.endpoint_host == host(pair[0]) and result.attempts == 1
    assert (result.failed_over_from, result.detour_ms, asked(pair[1])) == (None, None, 0)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("400", "RequestRejected"),
        ("401", "AuthError"),
        ("403", "AuthError"),
        ("413", "RequestRejected"),
        ("filter", "ContentFiltered"),
        ("html", "ProviderDown"),
    ],
)
def test_what_another_endpoint_would_not_do_better_ends_the_call(pair, fault, error):
    pair[0].fault = fault
    result = one(slot_at(*(server.url for server in pair)))
    assert (result.error_type, result.target.endpoint_host, asked(pair[1])) == (error, host(pair[0]), 0)
    assert one(slot_at(*(server.url for server in pair))).error_type == error  # and nobody is spared for it
    assert asked(pair[0]) == 2


@pytest.mark.parametrize("fault", ["drop", "filtermid", "noend", "errorevent"])
def test_after_the_first_text_there_is_no_other_endpoint(pair, fault):
    pair[0].fault = fault
    result = one(slot_at(*(server.url for server in pair), name=f"{FAST}0.after-3", attempts=3))
    assert result.status == "error" and result.answer and result.attempts == 1
    assert (result.target.endpoint_host, asked(pair[1])) == (host(pair[0]), 0)


def test_the_total_deadline_ends_the_call_and_no_other_endpoint_is_asked(pair):
    pair[0].fault = "stallheaders"
    result = one(slot_at(*(server.url for server in pair), deadline_s=0.3))
    assert (result.error_type, asked(pair[1])) == ("TimedOut", 0)


def test_an_endpoint_that_failed_is_spared_by_every_later_call(pair):
    first, second = pair
    first.fault = "503"
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(one, [slot_at(first.url, second.url) for _ in range(8)]))
    assert {(result.status, result.target.endpoint_host) for result in results} == {("ok", host(second))}
    before, first.fault = asked(first), None
    later = one(slot_at(first.url, second.url, name=f"{FAST}1"))
    assert later.target.endpoint_host == host(second) and asked(first) == before
    assert (later.failed_over_from, later.detour_ms, later.attempts) == (None, None, 1)


@pytest.mark.parametrize("fault", ["429", "404"])
def test_a_limit_or_a_missing_deployment_spares_that_deployment_only(pair, fault):
    first, second = pair
    first.fault = fault
    assert one(slot_at(first.url, second.url, name=f"{FAST}.retry-60")).target.endpoint_host == host(second)
    first.fault = None
    assert one(slot_at(first.url, second.url, name=f"{FAST}.retry-60")).target.endpoint_host == host(second)
    assert one(slot_at(first.url, second.url, name=f"{FAST}.retry-61")).target.endpoint_host == host(first)


def test_retry_after_says_for_how_long(pair):
    first, second = pair
    first.fault = "429"
    assert one(slot_at(first.url, second.url, name=f"{FAST}.retry-0")).failed_over_from == host(first)
    first.fault = None
    assert one(slot_at(first.url, second.url, name=f"{FAST}.retry-0")).target.endpoint_host == host(first)


def test_where_all_are_spared_the_one_that_is_free_soonest_is_asked(pair):
    first, second = pair
    first.fault = second.fault = "429"
    slow, soon = f"{FAST}.retry-60", f"{FAST}.retry-5"
    failed = one(slot_at(first.url, second.url, name=slow))
    assert (failed.error_type, failed.target.endpoint_host, failed.attempts) == ("RateLimited", host(second), 2)
    assert failed.failed_over_from == host(first)
    first.fault = None
    assert one(slot_at(first.url, second.url, name=slow)).target.endpoint_host == host(first)
    assert asked(second) == 1
    first.fault = "503"  # the whole of it, for 30 s; the second's deployment is free in 5 s
    assert one(slot_at(first.url, second.url, name=soon)).target.endpoint_host == host(second)
    second.fault = None
    assert one(slot_at(first.url, second.url, name=soon)).target.endpoint_host == host(second)


def test_retries_come_after_all_endpoints_have_failed(pair):
    first, second = pair
    first.fault = second.fault = "503"
    result = one(slot_at(first.url, second.url, attempts=2))
    assert (result.error_type, asked(first), asked(second)) == ("ProviderDown", 2, 1)
    assert result.attempts == 3 and result.retry_wait_ms > 0
    assert (result.target.endpoint_host, result.failed_over_from, result.detour_ms) == (host(first), None, None)


def test_stop_ends_the_call_at_whichever_endpoint_it_is(pair):
    first, second = pair
    first.fault, second.fault = "503", "stallheaders"
    contest = Race([slot_at(first.url, second.url)])
    contest.start()
    assert second.wait_for(lambda server: server.records)
    contest.stop()
    assert contest.wait(2) and contest.lanes[0].result.status == "stopped"
    assert contest.lanes[0].result.target.endpoint_host == host(second)
    assert second.wait_for(lambda server: server.records[0].ended_at)  # it would stall forever


def test_a_stopped_call_spares_nobody_and_asks_nobody_else(pair):
    first, second = pair
    first.fault = "stallheaders"
    contest = Race([slot_at(first.url, second.url)])
    contest.start()
    assert first.wait_for(lambda server: server.records)
    contest.stop()
    assert contest.wait(2) and asked(second) == 0
    first.fault = None
    assert one(slot_at(first.url, second.url)).target.endpoint_host == host(first)


def test_each_endpoint_gets_its_own_key_and_a_wrong_one_is_named(pair):
    first, second = pair
    first.fault, second.fault = "503", "badkey"
    result = one(slot_at(first.url, second.url))
    assert result.error_type == "AuthError" and "Check AZURE_AI_FOUNDRY_KEY_2" in result.error_message
