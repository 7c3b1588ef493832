"""Every parameter reaches a model that takes it, under the vendor's name, and no other model; cards tell which."""

import dataclasses

import pytest

from llm_backends import Race, Target
from llm_backends.catalog.known_models import current
from llm_backends.parameters import efforts, not_sent, reasons, sent
from llm_backends.runs.plan import Parameters
from llm_backends.types import ChatRequest
from pages._inputs.chips import chips

from .kinds import KINDS

ASKED = {"temperature": 0.25, "top_p": 0.75, "stop": ("END", "###"), "seed": 7, "reasoning_effort": "high"}
STOP = ["END", "###"]
CHAT = {"temperature": 0.25, "top_p": 0.75, "stop": STOP, "seed": 7}
MISTRAL = {"temperature": 0.25, "top_p": 0.75, "stop": STOP, "random_seed": 7}
GEMINI = {"temperature": 0.25, "topP": 0.75, "stopSequences": STOP, "seed": 7}
EFFORT = {"reasoning_effort": "high"}
CLAUDE_4 = {"temperature": 0.25, "stop_sequences": STOP}  # never both of temperature and top_p
CLAUDE_5 = {"stop_sequences": STOP, "output_config": {"effort": "high"}}
ARRIVES = {
    ("openai", "gpt-4o"): CHAT,
    ("openai", "o3"): EFFORT,
    ("openai", "gpt-5.4"): EFFORT,
    ("anthropic", "claude-haiku-4-5"): CLAUDE_4,
    ("anthropic", "claude-opus-5-5"): CLAUDE_5,
    ("gemini", "gemini-1.5-flash"): GEMINI,
    ("gemini", "gemini-2.5-flash"): GEMINI | {"thinkingConfig": {"include_thoughts": True, "thinking_budget": 24576}},
    ("gemini", "gemini-3.8-flash"): GEMINI | {"thinkingConfig": {"include_thoughts": True, "thinking_level": "HIGH"}},
    ("mistral", "mistral-large-latest"): MISTRAL,
    ("mistral", "mistral-small-latest"): MISTRAL | EFFORT,
    ("compatible", "gpt-4"): CHAT,
    ("azure-deployments", "gpt-4o"): CHAT,
    ("azure-deployments", "gpt-5"): EFFORT,
    ("azure-gateway", "gemini-3.8-flash"): CHAT | EFFORT,
    ("azure-v1", "mistral-small-latest"): CHAT | EFFORT,
    ("azure-anthropic", "claude-haiku-4-5"): CLAUDE_4,
    ("azure-anthropic", "claude-opus-5-5"): CLAUDE_5,
}
NAMES = {name for body in ARRIVES.values() for name in body}


@pytest.fixture(scope="module")
def bodies(sandbox):
    """What arrived at the sandbox, by kind and model; all calls are made at once."""
    kinds, races = {kind.name: kind for kind in KINDS}, {}
    for name, model in ARRIVES:
        kind = kinds[name]
        mapped = ("AZURE_DEPLOYMENTS", f"{kind.provider}/{model}={model}-deployment")
        kind = dataclasses.replace(kind, environ=(*kind.environ, mapped))
        races[name, model] = Race([kind.slot(sandbox, model, f"{name} asks {model}.", max_tokens=3, **ASKED)])
    for race in races.values():
        race.start()
    assert all(race.wait(20) for race in races.values())
    for case, race in races.items():
        assert race.lanes[0].result.status == "ok", (case, race.lanes[0].result.error_message)
    return {
        (name, model): record.body
        for name, model in ARRIVES
        for record in sandbox.records
        if f"{name} asks {model}." in str(record.body)
    }


@pytest.mark.parametrize(("kind", "model"), ARRIVES)
def test_each_parameter_arrives_where_the_model_takes_it_and_nowhere_else(bodies, kind, model):
    body = bodies[kind, model]
    flat = body | body.get("generationConfig", {})
    assert {name: flat[name] for name in NAMES if name in flat} == ARRIVES[kind, model]


def test_every_way_to_a_model_is_covered():
    assert {kind for kind, _ in ARRIVES} == {kind.name for kind in KINDS}


@pytest.mark.parametrize(
    ("ref", "effort", "goes"),
    [
        ("openai/gpt-5-mini", "minimal", True),
        ("openai/gpt-5.1", "minimal", False),
        ("openai/gpt-5.4", "xhigh", True),
        ("openai/gpt-6-luna", "none", True),
        ("openai/gpt-6.1-sol", "none", False),
        ("openai/gpt-5-chat-latest", "low", False),
        ("openai/gpt-4o", "low", False),
        ("anthropic/claude-haiku-4-5", "low", False),
        ("anthropic/claude-sonnet-4-6", "max", True),
        ("anthropic/claude-opus-4-5", "max", False),
        ("gemini/gemini-3-flash-preview", "minimal", True),
        ("gemini/gemini-3.8-flash", "minimal", False),
        ("gemini/gemini-2.5-pro", "none", False),
        ("mistral/mistral-small-2603", "low", False),
        ("mistral/mistral-large-2512", "high", False),
        ("local/qwen3", "low", False),
        ("lab/gpt-5", "low", False),
    ],
)
def test_a_reasoning_effort_goes_only_to_a_model_that_knows_this_level(ref, effort, goes):
    provider, _, model = ref.partition("/")
    target = Target(provider, model, "direct")
    request = ChatRequest(model, (), reasoning_effort=effort)
    assert (sent(request, target).reasoning_effort == effort) is goes
    assert ("reasoning effort not sent" in chips(target, request, None)) is not goes


def test_every_reasoning_model_of_openai_that_is_sold_has_its_efforts():
    targets = [Target("openai", model, "direct") for model in current("openai")]
    assert [target.ref for target in targets if reasons(target) != bool(efforts(target))] == []


def test_claude_is_sent_one_of_temperature_and_top_p_and_no_stop_of_white_space():
    claude = Target("anthropic", "claude-sonnet-4-5", "direct")
    assert not_sent(Parameters(temperature=0.5, top_p=0.5), claude) == ("top_p",)
    assert not_sent(Parameters(top_p=0.5), claude) == ()
    assert not_sent(Parameters(temperature=0.5, top_p=0.5), Target("anthropic", "claude-3-opus", "direct")) == ()
    assert not_sent(Parameters(stop=("END", "\n")), claude) == ("stop",)


def test_a_card_tells_what_was_sent_and_what_was_not():
    asked = Parameters(temperature=0.0, top_p=0.9, stop=("a", "b"), seed=0, reasoning_effort="low")
    assert chips(Target("lab", "x", "direct"), asked, 2) == [
        "lab",
        "direct",
        "temperature 0",
        "top p 0.9",
        "2 stop sequences",
        "seed 0",
        "reasoning effort not sent",
        "turn 2",
    ]
    said = chips(Target("openai", "o3", "azure", None, "mine"), asked, 1)
    assert said[:3] == ["openai", "azure", "deployment mine"]
    assert said[3:] == [f"{name} not sent" for name in ("temperature", "top p", "stop sequences", "seed")] + [
        "reasoning effort low"
    ]
    assert chips(Target("openai", "o3", "direct"), Parameters(), None) == ["openai", "direct"]
