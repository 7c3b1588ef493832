"""One contract for every provider and every Azure wire, over real HTTP with the real SDKs."""

import itertools
from dataclasses import replace

import pytest

from llm_backends import Delta, Finish, Message, race
from llm_backends.redact import hide
from llm_backends.runs.race import Race
from llm_backends.vendors import PROVIDERS

from .expected import BREAKS, REFUSALS, WHOLE
from .kinds import KINDS

FAST = "ttft-1.rate-2000.canned"
_numbers = itertools.count()


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request):
    return request.param


def model(options: str = "") -> str:
    """A scripted model name that no other test uses."""
    return f"sandbox.{FAST}.{options}.retry-{next(_numbers)}".replace("..", ".")


def one(slot):
    """The result of a race of one."""
    *_, (_, result) = race([slot])
    return result


def record(sandbox, name: str):
    """The sandbox's own record of the one request for this model."""
    (found,) = [record for record in sandbox.records if record.model == name]
    return found


def test_a_stream_is_deltas_and_then_one_finish_with_the_providers_usage(kind, sandbox):
    name = model("tokens-20")
    slot = kind.slot(sandbox, name)
    slot.backend.prepare()
    *deltas, finish = slot.backend.stream(slot.request)
    assert len(deltas) == 20 and all(isinstance(delta, Delta) for delta in deltas)
    assert isinstance(finish, Finish) and finish.usage.output_tokens == 20 and finish.usage.input_tokens > 0
    assert finish.reason.lower() in ("stop", "end_turn")


def test_the_whole_answer_is_the_streamed_one(kind, sandbox):
    name = model("tokens-30")
    streamed = one(kind.slot(sandbox, name))
    whole = one(kind.slot(sandbox, name, stream=False))
    assert streamed.status == whole.status == "ok"
    assert streamed.answer == whole.answer and streamed.usage == whole.usage
    assert whole.ttft_ms is None and whole.tpot_ms is None and whole.total_ms > 0


def test_reasoning_is_kept_apart_from_the_answer(kind, sandbox):
    result = one(kind.slot(sandbox, model("tokens-12.reasoning-6.rate-250")))  # slow enough to come in several reads
    assert result.status == "ok" and result.answer
    if result.reasoning:
        assert result.reasoning not in result.answer
        assert result.ttfat_ms > result.ttft_ms
    assert result.usage.output_tokens == 18


def test_system_prompt_and_turns_arrive_at_the_provider(kind, sandbox):
    name = model("tokens-3")
    turns = (
        Message("system", "SYSTEM-WORDS"),
        Message("user", "FIRST-WORDS"),
        Message("assistant", "ANSWER-WORDS"),
        Message("user", "SECOND-WORDS 日本語 🙂"),
    )
    assert one(kind.slot(sandbox, name, messages=turns, max_tokens=77)).status == "ok"
    sent = str(record(sandbox, name).body)
    places = [sent.index(turn.content) for turn in turns[1:]]
    assert places == sorted(places) and "SYSTEM-WORDS" in sent and "77" in sent


@pytest.mark.parametrize("fault", WHOLE)
def test_a_whole_answer_is_ok_however_odd(kind, sandbox, fault):
    result = one(kind.slot(sandbox, model(f"fault-{fault}.tokens-20")))
    assert (result.status, result.chunks) == ("ok", WHOLE[fault].chunks), result.error_message


def test_the_finish_reason_for_length_is_kept(kind, sandbox):
    result = one(kind.slot(sandbox, model("fault-length.tokens-8")))
    assert result.status == "ok" and result.finish_reason.lower() in ("length", "max_tokens")


@pytest.mark.parametrize("stream", [True, False])
def test_unknown_usage_stays_unknown(kind, sandbox, stream):
    result = one(kind.slot(sandbox, model("fault-nousage.tokens-8"), stream=stream))
    assert result.status == "ok" and result.usage is None and result.tpot_ms is None and result.cost_usd is None


@pytest.mark.parametrize("fault", REFUSALS)
def test_an_answer_refused_is_one_error_of_the_tree(kind, sandbox, fault):
    result = one(kind.slot(sandbox, model(f"fault-{fault}")))
    assert (result.status, result.error_type) == ("error", REFUSALS[fault].error), result.error_message
    assert result.target.ref in result.error_message and result.answer == ""


@pytest.mark.parametrize("fault", BREAKS)
def test_an_answer_cut_off_keeps_its_text_and_is_never_ok(kind, sandbox, fault):
    result = one(kind.slot(sandbox, model(f"fault-{fault}.after-5.tokens-20")))
    assert (result.status, result.error_type) == ("error", BREAKS[fault].error), result.error_message
    assert result.answer and result.chunks == BREAKS[fault].chunks


def test_a_key_that_the_provider_echoes_is_hidden(kind, sandbox):
    result = one(kind.slot(sandbox, model("fault-echo")))
    assert result.error_type == "AuthError"
    assert hide(result.error_message) == result.error_message and "sandbox-" not in result.error_message


def test_stop_closes_the_connection_and_keeps_what_had_arrived(kind, sandbox):
    name = model("fault-stall.after-5.tokens-50")
    contest = Race([kind.slot(sandbox, name)])
    events = contest.events()
    while contest.lanes[0].chunks < 5:
        next(events)
    contest.stop(0)
    *_, (_, last) = events
    assert last.status == "stopped" and last.chunks == 5 and last.answer
    assert sandbox.wait_for(lambda _: record(sandbox, name).outcome == "client gone")


def test_a_connection_is_used_again(kind, sandbox):
    slot = kind.slot(sandbox, model("tokens-5"))
    first, second = one(slot), one(slot)
    assert first.status == second.status == "ok"
    assert second.connect_ms is None


@pytest.mark.parametrize("key", ["", "refused-here"], ids=["none set", "wrong ones set"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.route == "azure"], ids=lambda kind: kind.name)
def test_keys_of_providers_are_neither_needed_nor_sent_on_the_azure_route(kind, sandbox, key):
    keys = tuple((variable, key) for provider in PROVIDERS.values() for variable in provider.keys)
    kind = replace(kind, environ=kind.environ + keys)
    assert set(kind.catalog(sandbox, "sandbox").settings.keys.values()) == {key} - {""}
    result = one(kind.slot(sandbox, model("tokens-3")))
    assert result.status == "ok", result.error_message


@pytest.mark.parametrize(
    "name", ["..", "a..b", "no such model", "x" * 3000, "日本語", "a/b/c", "%2e%2e", "?key=1", "#"]
)
def test_an_odd_model_name_is_refused_and_never_a_bug(kind, sandbox, name):
    slot = kind.catalog(sandbox, "sandbox").slot(f"{kind.provider}/{name}", kind.route, (Message("user", "Hi"),))
    result = one(slot)
    assert result.error_type in ("ConfigError", "RequestRejected"), (result.error_type, result.error_message)
