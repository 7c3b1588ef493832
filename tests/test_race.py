"""Slots side by side: none waits for another, none disturbs another, each ends in one known state."""

import itertools
import threading

import pytest

from llm_backends import CallResult, ChatRequest, Delta, Finish, Message, Race, Slot, Target, race

from .kinds import KINDS

OPENAI = KINDS[0]
_numbers = itertools.count()


def model(options: str) -> str:
    return f"sandbox.canned.{options}.retry-{7000 + next(_numbers)}"


def finish(contest: Race) -> list[CallResult]:
    contest.start()
    assert contest.wait(30)
    return [lane.result for lane in contest.lanes]


class Scripted:
    """A backend whose stream is a function of the test's own."""

    def __init__(self, stream, prepare=lambda: None):
        self.target = Target("test", "scripted", "direct")
        self.stream = lambda request: stream()
        self.prepare = prepare

    def slot(self) -> Slot:
        return Slot(self, ChatRequest("scripted", (Message("user", "Hello"),)))


def two_words():
    yield Delta("two ")
    yield Delta("words")
    yield Finish("stop", None)


def test_eight_streams_are_all_open_at_the_same_time(sandbox):
    names = [model("ttft-200.rate-100.tokens-150") for _ in range(8)]
    slots = [kind.slot(sandbox, name) for kind, name in zip(itertools.cycle(KINDS[:4]), names, strict=False)]
    for slot in slots:
        slot.backend.prepare()
    assert [result.status for result in finish(Race(slots))] == ["ok"] * 8
    seen = [record for record in sandbox.records if record.model in names]
    assert len(seen) == 8 and sandbox.wait_for(lambda _: all(record.ended_at for record in seen))
    assert max(record.received_at for record in seen) < min(record.ended_at for record in seen)


def test_a_slot_that_fails_leaves_its_neighbours_alone(sandbox):
    scripts = ("tokens-10", "fault-500", "fault-drop", "tokens-10")
    results = finish(Race([OPENAI.slot(sandbox, model(f"ttft-1.rate-2000.{script}")) for script in scripts]))
    assert [result.status for result in results] == ["ok", "error", "error", "ok"]
    assert all(result.usage.output_tokens == 10 for result in results if result.status == "ok")


def test_one_model_twice_gives_two_results(sandbox):
    name = model("ttft-1.rate-2000.tokens-5")
    results = finish(Race([OPENAI.slot(sandbox, name, temperature=0.0), OPENAI.slot(sandbox, name, temperature=1.0)]))
    assert [result.status for result in results] == ["ok", "ok"]
    sent = sorted(record.body["temperature"] for record in sandbox.records if record.model == name)
    assert sent == [0.0, 1.0]


def test_stopping_one_slot_lets_the_other_finish(sandbox):
    contest = Race([OPENAI.slot(sandbox, model(f"ttft-1.rate-50.tokens-{n}")) for n in (5000, 10)])
    results = {}
    for slot, event in contest.events():
        if isinstance(event, Delta) and slot == 0:
            contest.stop(0)
        elif isinstance(event, CallResult):
            results[slot] = event
    assert results[0].status == "stopped" and results[0].answer and results[0].usage is None
    assert results[1].status == "ok" and results[1].usage.output_tokens == 10


def test_a_slot_stopped_before_its_request_sends_none(sandbox):
    name = model("tokens-5")
    contest = Race([OPENAI.slot(sandbox, name)])
    contest.stop()
    (result,) = finish(contest)
    assert result.status == "stopped" and result.answer == ""
    assert not [record for record in sandbox.records if record.model == name]


def test_leaving_the_events_early_stops_the_rest(sandbox):
    name = model("ttft-1.rate-50.tokens-5000")
    events = race([OPENAI.slot(sandbox, name)])
    next(events)
    events.close()
    assert sandbox.wait_for(
        lambda server: [r for r in server.records if r.model == name][0].outcome == "client gone", 10
    )


def test_a_fault_of_our_own_fails_its_slot_and_is_logged_as_a_bug(caplog):
    def broken():
        yield Delta("half")
        raise KeyError("of our own making")

    results = finish(Race([Scripted(broken).slot(), Scripted(two_words).slot()]))
    assert (results[0].status, results[0].error_type, results[0].answer) == ("error", "KeyError", "half")
    assert results[1].status == "ok" and results[1].answer == "two words"
    assert "KeyError" in caplog.text


def test_results_reach_the_listener_once_each_even_if_it_fails(caplog):
    seen = []

    def listen(slot, result):
        seen.append((slot, result.status))
        raise OSError("the listener's own trouble")

    results = finish(Race([Scripted(two_words).slot(), Scripted(two_words).slot()], on_result=listen))
    assert [result.status for result in results] == ["ok", "ok"] and sorted(seen) == [(0, "ok"), (1, "ok")]
    assert "the listener's own trouble" in caplog.text


def test_a_slow_model_load_holds_up_only_its_own_slot():
    loaded = threading.Event()
    contest = Race([Scripted(two_words, prepare=loaded.wait).slot(), Scripted(two_words).slot()])
    contest.start()
    try:
        deadline = threading.Event()
        while contest.lanes[1].state != "done" and not deadline.wait(0.01):
            pass
        assert contest.lanes[0].state == "loading" and contest.lanes[1].result.status == "ok"
    finally:
        loaded.set()
    assert contest.wait(10) and contest.lanes[0].result.status == "ok"


@pytest.mark.parametrize("count", [0, 9])
def test_a_race_takes_one_to_eight_slots(count):
    with pytest.raises(ValueError):
        Race([Scripted(two_words).slot()] * count)
