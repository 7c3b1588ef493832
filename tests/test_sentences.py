"""Every fact has words: one sentence, with what to do about it."""

from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from llm_backends.facts import FileFault, Finding, NotReady, PreferenceFault, PreferencesUnread, Tried, VariableFault
from llm_backends.sentences import in_short, no_token, problem, sentence


def reasons(kind) -> tuple[str, ...]:
    return get_args(get_type_hints(kind)["reason"])


FACTS = [
    *(VariableFault("A_VARIABLE", reason, ("b", "c")) for reason in reasons(VariableFault)),
    *(FileFault(Path(".env"), reason, (3,), "Permission denied") for reason in reasons(FileFault)),
    *(
        PreferenceFault("openai/gpt-4o", reason, (1, 9), ("a", "b"), "A_VARIABLE")
        for reason in reasons(PreferenceFault)
    ),
    *(
        NotReady("openai/gpt-4o", reason, ("A_VARIABLE",), ("openai",), Path("models"))
        for reason in reasons(NotReady)
        if reason != "fault"
    ),
    NotReady("openai/gpt-4o", "fault", ("A_VARIABLE",), fault=VariableFault("A_VARIABLE", "no URL")),
    *(Finding(reason, "A_VARIABLE", "a.example", "proxy.example", 600) for reason in reasons(Finding)),
    PreferencesUnread(),
]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{type(fact).__name__} {getattr(fact, 'reason', '')}")
def test_every_fact_has_a_sentence(fact):
    said = sentence(fact)
    assert said[0].isupper() or said.startswith(("openai", ".env"))
    assert said.endswith(".") and "None" not in said and "{" not in said


def test_a_list_names_the_variable_alone_where_setting_it_is_all():
    assert in_short(NotReady("gemini/x", "no key", ("A", "B"))) == "needs A or B"
    assert in_short(NotReady("openai/gpt-5", "no deployment", ("AZURE_DEPLOYMENTS",))) == "needs AZURE_DEPLOYMENTS"
    assert in_short(NotReady("x", "no model")).startswith("Write the model as provider/model")


def test_a_problem_says_where_a_preference_was_chosen():
    assert problem(PreferenceFault("stream", "no flag")) == "Settings page: stream must be true or false."


def test_an_absent_identity_is_none_and_a_secret_is_hidden():
    from llm_backends import redact

    redact.register("very-secret-answer")
    told = no_token([Tried("Environment", None), Tried("AzureCli", "said very-secret-answer")])
    assert told.endswith("Tried: Environment: none; AzureCli: said [hidden]")
