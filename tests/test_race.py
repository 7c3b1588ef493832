"""Slots side by side: none waits for another, none disturbs another, each ends in one known state."""

import itertools
import sys
import threading

import pytest

from llm_backends import CallResult, ChatRequest, ConfigError, Delta, Finish, Message, Race, Slot, Target, race
from llm_backends.catalog import prices

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


def test_results_are_handed_on_once_each_whatever_else_is_read():
    contest = Race([Scripted(two_words).slot(), Scripted(two_words).slot()])
    ended = [result for batch in contest.ended() for result in batch]
    assert sorted(slot for slot, _ in ended) == [0, 1] and contest.finished
    assert [result for _, result in sorted(ended, key=lambda one: one[0])] == [lane.result for lane in contest.lanes]


def test_a_race_that_two_threads_start_asks_each_model_once():
    asked = []

    def answer():
        asked.append("once")
        yield from two_words()

    contests = [Race([Scripted(answer).slot() for _ in range(2)]) for _ in range(200)]
    together = threading.Barrier(2)

    def start():
        for contest in contests:
            together.wait(10)
            contest.start()

    starters, interval = [threading.Thread(target=start) for _ in range(2)], sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for starter in starters:
            starter.start()
        for starter in starters:
            starter.join()
    finally:
        sys.setswitchinterval(interval)
    assert all(contest.wait(10) for contest in contests)
    assert len(asked) == 400


def test_a_followed_race_tells_what_happened_before_anybody_read_and_another_says_that_it_cannot():
    started = Race([Scripted(two_words).slot()], followed=True)
    started.start()
    assert started.wait(10)
    assert [type(event) for _, event in started.events()] == [Delta, Delta, CallResult]
    unfollowed = Race([Scripted(two_words).slot()])
    unfollowed.start()
    with pytest.raises(ValueError, match="under way"):
        next(unfollowed.events())


def test_a_fault_in_pricing_leaves_the_cost_unknown_and_blocks_nobody(monkeypatch, caplog):
    def broken(*_):
        raise KeyError("of our own making")

    monkeypatch.setattr(prices, "cost", broken)
    *_, (_, result) = race([Scripted(two_words).slot()])
    assert (result.status, result.answer, result.cost_usd) == ("ok", "two words", None)
    assert "failed to find the price" in result.price_source and "KeyError" in caplog.text


def until(condition):
    pause = threading.Event()
    while not condition():
        assert not pause.wait(0.005)


def test_no_slot_is_sent_before_all_are_ready_and_then_all_are(sandbox):
    loaded, names = threading.Event(), [model("ttft-1.rate-2000.tokens-5") for _ in range(3)]
    slots = [kind.slot(sandbox, name) for kind, name in zip(KINDS, names, strict=False)]
    contest = Race([*slots, Scripted(two_words, prepare=loaded.wait).slot()])
    contest.start()
    try:
        until(lambda: [lane.state for lane in contest.lanes] == ["ready"] * 3 + ["preparing"])
        assert not [record for record in sandbox.records if record.model in names]
    finally:
        loaded.set()
    assert contest.wait(10) and [lane.result.status for lane in contest.lanes] == ["ok"] * 4
    assert all(lane.result.build_ms > 0 for lane in contest.lanes[:3])


def test_a_slot_that_cannot_be_prepared_holds_nobody_up(sandbox):
    def fail():
        raise ConfigError("no key")

    results = finish(Race([Scripted(two_words, prepare=fail).slot(), OPENAI.slot(sandbox, model("tokens-5"))]))
    assert [result.status for result in results] == ["error", "ok"]
    assert (results[0].error_type, results[0].error_message, results[0].total_ms) == ("ConfigError", "no key", None)


def test_a_slot_can_be_stopped_while_it_loads_and_the_others_go(sandbox):
    loaded = threading.Event()
    contest = Race([Scripted(two_words, prepare=loaded.wait).slot(), OPENAI.slot(sandbox, model("tokens-5"))])
    contest.start()
    try:
        until(lambda: contest.lanes[1].state == "ready")
        contest.stop(0)
        assert contest.wait(10)
    finally:
        loaded.set()
    assert [lane.result.status for lane in contest.lanes] == ["stopped", "ok"]


def test_a_backend_that_says_nothing_of_its_request_holds_nobody_for_longer_than_its_first_word(sandbox):
    results = finish(Race([Scripted(two_words).slot(), OPENAI.slot(sandbox, model("tokens-5"))]))
    assert [(result.status, result.timed_from) for result in results] == [("ok", "sdk"), ("ok", "socket")]


def test_a_race_takes_any_number_of_slots_but_none():
    with pytest.raises(ValueError):
        Race([])
    assert len(finish(Race([Scripted(two_words).slot()] * 12))) == 12
