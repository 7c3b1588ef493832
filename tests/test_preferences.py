"""Preferences of the Settings page over settings: what wins, what is left out and told, and that no key is shown."""

import re
from pathlib import Path

import pytest

from llm_backends import redact
from llm_backends.catalog.catalog import Catalog
from llm_backends.sentences import problem, sentence
from llm_backends.settings import load
from llm_backends.settings.azure import MAPPED_BY, Deployment, suggestion
from llm_backends.settings.preferences import Defaults, applied, defaults, fault, refused_key

EXAMPLE = Path(__file__).parent.parent / ".env.example"
MAPPED = {"AZURE_DEPLOYMENT_GPT4O": "from-variable", "AZURE_DEPLOYMENT_GPT4": "also-variable"}


def of(preferences=(), keys=(), **environ):
    return applied(load(environ, None), dict(preferences), dict(keys))


def test_a_deployment_that_was_chosen_comes_before_the_variable():
    chosen = {"deployment openai/gpt-4o": {"name": "mine", "wire": "v1"}, "deployment xai/grok": {"name": "grok"}}
    found = of(chosen, **MAPPED).azure.deployments
    assert found["openai/gpt-4o"] == Deployment("mine", "v1", "Settings page")
    assert found["xai/grok"] == Deployment("grok", None, "Settings page")
    assert found["openai/gpt-4"].variable == "AZURE_DEPLOYMENT_GPT4"


def test_limits_that_were_chosen_hold_and_bring_their_type():
    found = of({"deadline_s": 30, "read_timeout_s": 2.5, "max_attempts": 1}, LLMSELECT_DEADLINE_S="90")
    assert (found.deadline_s, found.read_timeout_s, found.max_attempts) == (30.0, 2.5, 1)
    assert isinstance(found.deadline_s, float) and found.problems == ()
    assert of(LLMSELECT_DEADLINE_S="90").deadline_s == 90


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("deadline_s", 0),
        ("deadline_s", True),
        ("deadline_s", float("nan")),
        ("max_attempts", 2.5),
        ("max_attempts", 11),
        ("temperature", "hot"),
        ("stream", 1),
        ("deployment gpt-4o", {"name": "a"}),
        ("deployment local/x", {"name": "a"}),
        ("deployment openai/gpt-4o", {"name": "no/slash"}),
        ("deployment openai/gpt-4o", {"name": "a", "wire": "smoke"}),
        ("deployment openai/gpt-4o", "a"),
    ],
)
def test_a_preference_that_cannot_be_used_is_left_out_and_told(name, value):
    found = of({name: value}, **MAPPED)
    assert [problem(one) for one in found.problems] == [f"Settings page: {sentence(fault(name, value))}"]
    assert found == of(**MAPPED) or found.azure == of(**MAPPED).azure and found.deadline_s == 600
    assert defaults({name: value}) == Defaults()


def test_what_a_newer_version_chose_is_left_alone():
    assert of({"theme": "dark"}) == of()


def test_defaults_are_the_products_where_nothing_is_chosen():
    assert defaults({}) == Defaults(None, 1024, True)
    assert defaults({"temperature": 1, "max_tokens": 9, "stream": False}) == Defaults(1.0, 9, False)


def test_a_key_of_the_session_comes_first_and_is_hidden_everywhere():
    keys = {"openai": "typed-openai", "azure": "typed-azure", "mine": "typed-mine"}
    environ = {"OPENAI_API_KEY": "from-environment", "COMPATIBLE_MINE_BASE_URL": "http://127.0.0.1:9/v1"}
    found = of(keys=keys, **environ)
    assert found.keys == {"openai": "typed-openai"} and found.azure.key == "typed-azure"
    assert found.compatible["mine"].api_key == "typed-mine"
    assert "typed" not in repr(found) and redact.hide(" ".join(keys.values())) == "[hidden] [hidden] [hidden]"


def test_a_key_mends_a_broken_key_and_never_a_broken_address():
    assert Catalog(of({}, {"openai": "k-123"}, OPENAI_API_KEY="two words")).entry("openai/gpt-4o", "direct").ready
    wrong = of({}, {"openai": "k-123"}, OPENAI_BASE_URL="nonsense")
    why_not = Catalog(wrong).entry("openai/gpt-4o", "direct").why_not
    assert why_not.variables == ("OPENAI_BASE_URL",) and why_not.mendable_in_settings is None


def test_a_text_that_is_no_key_is_refused_and_not_quoted():
    assert refused_key("sk-abc") is None
    said = sentence(refused_key("two words"))
    assert "two words" not in said and "paste the key alone" in said


def test_the_source_of_each_value_is_known_without_the_value(tmp_path):
    (tmp_path / ".env").write_text("OPENAI_API_KEY=a-secret\nMISTRAL_API_KEY=two words\n")
    found = load({"LLMSELECT_DEADLINE_S": "9", "PATH": "/bin", "OPENAI_API_KEY": " "}, tmp_path / ".env")
    assert found.sources == {"OPENAI_API_KEY": ".env", "LLMSELECT_DEADLINE_S": "the environment"}


def test_the_suggestions_are_the_examples_names():
    listed = dict(re.findall(r"(?m)^#(AZURE_DEPLOYMENT_\w+)=(.+)$", EXAMPLE.read_text()))
    assert {variable: suggestion(ref) for ref, variable in MAPPED_BY.items()} == listed
    assert suggestion("openai/gpt-5") is None
