"""What a comparison asks, as a value: kept as JSON and read back, also from old and odd rows, and made into slots."""

import json

import pytest

from llm_backends import Catalog, Message
from llm_backends.runs.plan import Own, Parameters, Plan, SlotPlan, named, slots

FULL = Plan(
    "azure",
    (
        SlotPlan("openai/gpt-4o"),
        SlotPlan("openai/gpt-4o #2", Own(0.0, 9, 0.5, ("\n",), 0, "low", "Rhyme.")),
        SlotPlan("mistral/mistral-small-latest", Own(temperature=1.5)),
    ),
    Parameters(0.25, 77, 0.75, ("END", "###"), 7, "high", False, "Be brief."),
    "an-id",
)


@pytest.mark.parametrize("plan", [FULL, Plan(), Plan("direct", (SlotPlan("a/b #2"),))])
def test_a_plan_is_read_back_as_it_was_kept(plan):
    read = Plan.from_json(json.loads(json.dumps(plan.to_json())))
    assert read == plan and hash(read) == hash(plan)


def test_a_row_of_an_older_version_is_read():
    kept = {
        "route": "azure",
        "models": ["openai/gpt-4o", "openai/gpt-4o #2"],
        "max_tokens": 512,
        "temperature": 1,
        "stream": False,
        "overrides": {"openai/gpt-4o #2": {"temperature": 0.0, "max_tokens": 9, "system": "Rhyme."}},
        "follows": "an-id",
    }
    second = SlotPlan("openai/gpt-4o #2", Own(0.0, 9, system="Rhyme."))
    shared = Parameters(1.0, 512, stream=False, system="Be brief.")
    assert Plan.from_json(kept, "Be brief.") == Plan("azure", (SlotPlan("openai/gpt-4o"), second), shared, "an-id")


def test_a_row_of_the_older_command_line_may_name_a_model_twice():
    read = Plan.from_json({"route": "direct", "models": ["a/b", "a/b"], "max_tokens": 1024, "temperature": None})
    assert read == Plan("direct", (SlotPlan("a/b"), SlotPlan("a/b #2")))


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"route": "moon", "models": "gpt", "overrides": [], "follows": 7, "new in 2031": {}},
        {"max_tokens": 0, "temperature": "hot", "stream": "yes", "top_p": True, "seed": 1.5, "stop": "END"},
        {"max_tokens": True, "reasoning_effort": "endless", "system": None, "stop": [], "overrides": None},
    ],
)
def test_what_makes_no_sense_is_left_at_its_default(odd):
    assert Plan.from_json(odd) == Plan()


def test_the_second_of_a_kind_has_a_name_of_its_own():
    assert named(["a/b", "c/d", "a/b", "a/b"]) == ["a/b", "c/d", "a/b #2", "a/b #3"]
    assert [slot.ref for slot in FULL.slots] == ["openai/gpt-4o", "openai/gpt-4o", "mistral/mistral-small-latest"]


def test_slots_are_asked_what_the_plan_says_with_their_own_before_the_shared(sandbox_settings):
    earlier = {"openai/gpt-4o #2": [Message("user", "Hi"), Message("assistant", "Hello")]}
    first, second, third = (slot.request for slot in slots(FULL, "Why?", Catalog(sandbox_settings), earlier))
    asked = ("temperature", "max_tokens", "top_p", "stop", "seed", "reasoning_effort", "stream")
    assert [getattr(first, name) for name in asked] == [0.25, 77, 0.75, ("END", "###"), 7, "high", False]
    assert [getattr(second, name) for name in asked] == [0.0, 9, 0.5, ("\n",), 0, "low", False]
    assert first.messages == (Message("system", "Be brief."), Message("user", "Why?"))
    assert [turn.content for turn in second.messages] == ["Rhyme.", "Hi", "Hello", "Why?"]
    assert (third.temperature, third.max_tokens) == (1.5, 77) and second.model == "gpt4o-deployment"
