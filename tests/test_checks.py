"""Checks: each passes, fails or says why it can't tell, and none of them can be made to run for long."""

import json
import time

import pytest

from llm_backends.checks.checks import KINDS, Judge, evaluate, from_json, to_json
from llm_backends.checks.criteria import (
    CheckFault,
    CheckResult,
    Contains,
    Equals,
    JsonSchema,
    Longest,
    Matches,
    MostCost,
    Number,
    Similar,
    SlowestFirstToken,
    ValidJson,
)
from llm_backends.checks.sentences import of_check, of_result
from llm_backends.prompt_set import Row
from llm_backends.prompt_sets.own import CHECKS, own_set
from llm_backends.types import CallResult, Target

GPT = Target("openai", "gpt-4o", "direct")
CATASTROPHIC = r"(x+x+)+y"
SCHEMA = json.dumps(
    {"type": "object", "required": ["age"], "properties": {"age": {"type": "integer", "minimum": 0}}},
)
EVERY = (
    Equals("a", ignore_case=True),
    Contains("a"),
    Matches("a+"),
    Number(1.5, tolerance=0.1),
    ValidJson(),
    JsonSchema(SCHEMA),
    Similar("a", least=0.5),
    Longest(10),
    MostCost(0.01),
    SlowestFirstToken(250.0),
)


def answered(answer="", **facts) -> CallResult:
    return CallResult(GPT, "ok", "2026-11-23T10:00:00.000+00:00", answer=answer, **facts)


def of(check, answer="", expected=None, **facts) -> CheckResult:
    return evaluate(check, answered(answer, **facts), Row(1, "Why?", expected=expected))


@pytest.mark.parametrize(
    ("check", "answer", "expected"),
    [
        (Equals(), " Paris\n", "Paris"),
        (Equals("paris", ignore_case=True), "PARIS", "Rome"),
        (Equals(as_json=True), '{"b": [1, 2],\n"a": "é"}', '{"a":"\\u00e9","b":[1,2]}'),
        (Contains(), "It is Paris.", "Paris"),
        (Contains("STRASSE", ignore_case=True), "Die Straße", None),
        (Matches(r"^\d+$"), "42", None),
        (Matches(), "Well: Yes!", r"(?i)\byes\W*$"),
        (Number(), "3 + 4 = 7.", "7"),
        (Number(), "That makes $1,234.50", "1234.5"),
        (Number(tolerance=0.1), "1.1", "1"),
        (Number(-3), "It is −3", None),
        (Number(1e21), "1e21", None),
        (ValidJson(), ' [1, {"a": null}] ', None),
        (JsonSchema(SCHEMA), '{"age": 3}', None),
        (JsonSchema(), "3", '{"const": 3}'),
        (JsonSchema(), "[3, 4]", '{"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"const": 3}]}'),
        (Similar(), "the sun is warm", "the sun is warm."),
        (Longest(3), "abc", None),
    ],
)
def test_an_answer_passes(check, answer, expected):
    result = of(check, answer, expected)
    assert result.passed is True
    assert of_result(result) == "Passed."


@pytest.mark.parametrize(
    ("check", "answer", "expected", "reason", "told"),
    [
        (Equals(), "paris", "Paris", "differs", "The answer is not what is expected."),
        (Equals(as_json=True), '{"a": 1}', '{"a": true}', "differs", "The answer is not what is expected."),
        (
            Equals(as_json=True),
            "a",
            "1",
            "no JSON",
            "The answer is not JSON: Expecting value: line 1 column 1 (char 0).",
        ),
        (Contains(), "paris", "Paris", "lacks it", "The answer does not hold what is expected."),
        (Matches("^a$"), "ab", None, "lacks it", "The answer does not hold what is expected."),
        (Number(), "It is 41.", "42", "too far", "The answer's number is 41."),
        (Number(tolerance=0.1), "1.11", "1", "too far", "The answer's number is 1.11."),
        (Number(), "No idea", "42", "no number", "The answer holds no number."),
        (ValidJson(), '```json\n{"a": 1}\n```', None, "no JSON", None),
        (ValidJson(), '{"a": NaN}', None, "no JSON", "The answer is not JSON: NaN is not JSON."),
        (ValidJson(), "", None, "no JSON", None),
        (JsonSchema(SCHEMA), "{}", None, "against the schema", None),
        (JsonSchema(SCHEMA), "age: 3", None, "no JSON", None),
        (JsonSchema('{"pattern": "^a"}'), '"ba"', None, "against the schema", None),
        (Similar(), "moon", "the sun is warm", "too unlike", None),
        (Longest(3), "abcd", None, "too long", "The answer has 4 characters."),
    ],
)
def test_an_answer_fails_and_it_is_told_why(check, answer, expected, reason, told):
    result = of(check, answer, expected)
    assert (result.passed, result.reason) == (False, reason)
    assert of_result(result) == told or told is None and of_result(result).startswith("The answer")


def test_cost_and_first_token_are_held_against_what_was_measured():
    assert of(MostCost(0.01), cost_usd=0.01).passed is True
    assert of(MostCost(0.01), cost_usd=0.011) == CheckResult(False, "too dear", 0.011)
    assert of(SlowestFirstToken(100), ttft_ms=99.5).passed is True
    assert of(SlowestFirstToken(100), ttft_ms=100.5) == CheckResult(False, "too slow", 100.5)


@pytest.mark.parametrize(
    ("check", "answer", "expected", "reason"),
    [
        *(
            (check(), "a", None, "nothing expected")
            for check in (Equals, Contains, Matches, Number, JsonSchema, Similar)
        ),
        (Number(), "42", "many", "no number expected"),
        (Equals(as_json=True), "{}", "{", "no JSON expected"),
        (Matches(), "a", "(", "unusable"),
        (JsonSchema(), "{}", '{"type": 3}', "unusable"),
        (JsonSchema(), "{}", "no schema", "unusable"),
        (JsonSchema(), "{}", '{"$schema": []}', "unusable"),
        (JsonSchema(), "{}", '{"$schema": "https://json-schema.org/draft/2099-12/schema"}', "unusable"),
        (JsonSchema(), "{}", '{"items": {"$schema": "http://json-schema.org/draft-07/schema#"}}', "unusable"),
        (JsonSchema(), "{}", '{"$ref": "#/$defs/none"}', "unusable"),
        (JsonSchema('{"$ref": "http://127.0.0.1:9/schema"}'), "{}", None, "unusable"),
        (JsonSchema('{"$ref": "#"}'), "{}", None, "too much"),
        (ValidJson(), "[" * 200_000, None, "too much"),
        (ValidJson(), "9" * 5000, None, "too much"),
        (Similar("a" * 200_000), "b" * 200_000, None, "too much"),
        (MostCost(0.01), "a", None, "cost unknown"),
        (SlowestFirstToken(100), "a", None, "first token unknown"),
    ],
)
def test_what_cannot_be_judged_never_passes_or_fails(check, answer, expected, reason):
    result = of(check, answer, expected)
    assert (result.passed, result.reason) == (None, reason)
    assert of_result(result).startswith("Not judged: ")


@pytest.mark.parametrize("status", ["error", "stopped"])
@pytest.mark.parametrize("check", EVERY, ids=lambda check: check.kind)
def test_a_call_that_has_no_whole_answer_is_not_judged(check, status):
    cut = CallResult(GPT, status, "2026-11-23T10:00:00.000+00:00", answer="a", cost_usd=0.0, ttft_ms=1.0)
    assert evaluate(check, cut, Row(1, "Why?")) == CheckResult(None, "no whole answer")


NESTED = {"$schema": "http://json-schema.org/draft-07/schema#", "items": {"$ref": "#"}, "pattern": CATASTROPHIC}


@pytest.mark.parametrize("check", [Matches(CATASTROPHIC), JsonSchema(json.dumps(NESTED))], ids=lambda check: check.kind)
def test_a_catastrophic_expression_is_cut(check):
    began = time.process_time()
    assert of(check, json.dumps([["x" * 5000]])) == CheckResult(None, "too much")
    assert time.process_time() - began < 1


def test_a_check_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr("llm_backends.checks.matching.TIME_LIMIT_S", 0.01)
    judge = Judge((Matches(CATASTROPHIC), Contains("x")))
    judged = [judge.judge(answered("x" * 5000), Row(number, "Why?")) for number in range(1, 1001)]
    assert {judgement.passed for judgement in judged} == {None}
    slow, fast = zip(*(judgement.found for judgement in judged), strict=True)
    assert [result.reason for result in slow] == ["too much"] * 5 + ["given up"] * 995
    assert all(result.passed is None for result in slow)
    assert all(result.passed for result in fast)


# As JSON


def test_every_kind_of_check_comes_back_from_json():
    assert [type(check) for check in EVERY] == [*KINDS.values()]
    for check in EVERY:
        assert from_json(json.loads(json.dumps(to_json(check)))) == check


@pytest.mark.parametrize(
    ("kept", "fault"),
    [
        ({}, CheckFault("", None, "unknown check")),
        ({"check": ["equals"]}, CheckFault("['equals']", None, "unknown check")),
        ({"check": "equals", "txt": "a"}, CheckFault("equals", "txt", "unknown field")),
        ({"check": "length"}, CheckFault("length", "characters", "missing")),
        ({"check": "length", "characters": "3"}, CheckFault("length", "characters", "wrong type")),
        ({"check": "length", "characters": True}, CheckFault("length", "characters", "wrong type")),
        ({"check": "length", "characters": 3.5}, CheckFault("length", "characters", "wrong type")),
        ({"check": "length", "characters": -1}, CheckFault("length", "characters", "out of bounds")),
        ({"check": "number", "number": float("nan")}, CheckFault("number", "number", "out of bounds")),
        ({"check": "number", "tolerance": float("inf")}, CheckFault("number", "tolerance", "out of bounds")),
        ({"check": "similarity", "least": 1.5}, CheckFault("similarity", "least", "out of bounds")),
        ({"check": "contains", "text": ""}, CheckFault("contains", "text", "empty")),
        ({"check": "regex", "expression": ""}, CheckFault("regex", "expression", "empty")),
        (
            {"check": "regex", "expression": "("},
            CheckFault("regex", "expression", "unusable", "missing ) at position 1"),
        ),
        ({"check": "json schema", "schema": "5"}, CheckFault("json schema", "schema", "unusable")),
        ({"check": "json schema", "schema": '{"pattern": "("}'}, CheckFault("json schema", "schema", "unusable")),
        (
            {"check": "json schema", "schema": '{"properties": {"a": {"patternProperties": {"(a+)+$": {}}}}}'},
            CheckFault("json schema", "schema", "unusable"),
        ),
    ],
)
def test_a_check_that_cannot_be_used_says_why(kept, fault):
    found = from_json(kept)
    assert isinstance(found, CheckFault)
    assert (found.check, found.field, found.reason) == (fault.check, fault.field, fault.reason)
    assert fault.said in (None, found.said)
    assert of_check(found).endswith(".") and "{" not in of_check(found)


# The sets that come along


def test_what_the_own_sets_expect_passes_their_checks():
    for name in ("arithmetic", "extraction"):
        for row in own_set(name).rows:
            assert all(evaluate(check, answered(row.expected), row).passed for check in CHECKS[name]), row
    right = {1: "Hello.", 2: "cold", 5: "BLUE", 11: "1, 2, 3, 4, 5", 24: "Paris. Done"}
    for row in own_set("instructions").rows:
        (check,) = CHECKS["instructions"]
        assert evaluate(check, answered("something else"), row).passed is False
        assert row.number not in right or evaluate(check, answered(right[row.number]), row).passed
