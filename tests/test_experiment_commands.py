"""What `experiment` says of one on record: show, export, check, and the gates of somebody's CI."""

import io
import itertools
import json
import signal
import sys

import pandas
import pytest

from llm_backends.__main__ import main

QUICK = "canned.ttft-1.rate-2000.tokens-3"
_numbers = itertools.count(90_000)


@pytest.fixture
def command(sandbox, tmp_path, monkeypatch, capsysbinary):
    """Runs a command of `experiment` in this process: its exit code, its output, and what it said beside that."""
    variables = {"LLMSELECT_DATABASE_URL": f"sqlite:///{tmp_path}/log.db"}
    for name, value in (sandbox.environment() | variables).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    def run(*arguments: str) -> tuple[int, bytes, str]:
        code = main(["experiment", *arguments])
        out, err = capsysbinary.readouterr()
        return code, out, err.decode()

    return run


def write_plan(folder, *scripts, prompts=8, **more) -> None:
    lines = [json.dumps({"prompt": f"Question {n} of {next(_numbers)}", "expected": "x"}) for n in range(prompts)]
    (folder / "prompts.jsonl").write_text("\n".join(lines))
    slots = [{"model": f"openai/sandbox.{script}.retry-{next(_numbers)}"} for script in scripts]
    plan = {"name": "Which one?", "prompt_set": "prompts.jsonl", "slots": slots, "warm_up": 0} | more
    (folder / "plan.yaml").write_text(json.dumps(plan))  # JSON is YAML


def the_only(command) -> dict:
    _, out, _ = command("list", "--json")
    (one,) = map(json.loads, out.splitlines())
    return one


def test_it_is_shown_exported_and_judged_again_without_a_call(command, tmp_path, sandbox):
    write_plan(
        tmp_path,
        QUICK,
        "canned.ttft-400.rate-2000.tokens-3",
        prompts=12,
        checks=[{"check": "length", "characters": 10_000}],
    )
    code, _, said = command("run", "plan.yaml", "--fail-under", "pass=1", "--fail-under", "total_p50_ms=60000")
    assert code == 0 and said.count("held: ") == 4
    id = the_only(command)["id"][:8]

    code, out, _ = command("show", id)
    assert code == 0 and b"First token p50 (ms)" in out and b"#2 against" not in out
    assert b"first token" in out and b"12 pairs: a real difference" in out and b"1.000" in out
    found = json.loads(command("show", id, "--json")[1])
    assert [slot["pass_rate"] for slot in found["slots"]] == [1, 1]
    assert {one["metric"] for one in found["differences"]} >= {"passed", "ttft_ms", "total_ms", "cost_usd"}

    sent = len(sandbox.records)
    (tmp_path / "more.yaml").write_text("- check: contains\n  text: nowhere to be found\n")
    code, out, said = command("check", id, "--checks", "more.yaml", "--fail-under", "pass=0.5")
    assert code == 1 and "24 answers judged anew" in said and said.count("fell short: ") == 2
    assert b'1. length: characters 10000\n2. contains: text "nowhere' in out and b"0 passed, 12 did not" in out
    code, out, _ = command("check", id, "--json")
    assert code == 0 and [slot["pass_rate"] for slot in json.loads(out)["slots"]] == [0, 0]
    code, out, _ = command("check", id, "--checks", "more.yaml", "--replace")
    assert code == 0 and b"1. contains" in out and b"length" not in out
    assert len(sandbox.records) == sent

    assert command("export", id, "-o", "calls.parquet")[0] == command("export", id, "-o", "page.html")[0] == 0
    frame = pandas.read_parquet(tmp_path / "calls.parquet")
    assert len(frame) == 24 and not frame["check_1_contains"].any()
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    code, out, _ = command("export", id)
    assert code == 0 and len(pandas.read_csv(io.BytesIO(out))) == 24
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
    code, _, said = command("export", id, "-o", "absent/calls.csv")
    assert code == 2 and "absent/calls.csv cannot be written: No such file" in said


def test_two_runs_are_shown_against_each_other(command, tmp_path):
    write_plan(tmp_path, QUICK, prompts=6)
    assert command("run", "plan.yaml")[0] == 0
    first = the_only(command)["id"]
    assert command("run", "plan.yaml")[0] == 0
    second = next(one["id"] for one in map(json.loads, command("list", "--json")[1].splitlines()) if one["id"] != first)
    code, out, _ = command("show", second, "--against", first)
    assert code == 0 and f"Against {first}".encode() in out and b"0 prompts pass now and did not" in out
    (changed,) = json.loads(command("show", second, "--against", first, "--json")[1])["changes"]
    assert changed["slots"][0]["now"] == 0 and changed["slots"][0]["differs"] == {}
    assert command("show", second, "--against", "nothing")[0] == 2


@pytest.mark.parametrize(
    "gates, code, told",
    [
        (("errors=0",), 1, "fell short: openai/sandbox.fault-400"),
        (("errors=1",), 0, "held: openai/sandbox.fault-400"),
        (("pass=0.9",), 2, "has no checks"),
        (("errors[nobody]=0",), 2, "There is no slot nobody"),
        (("speed=1",), 2, "there is no such figure"),
    ],
)
def test_a_gate_decides_the_exit_code(gates, code, told, command, tmp_path):
    write_plan(tmp_path, "fault-400", prompts=2)
    found, _, said = command("run", "plan.yaml", *(word for gate in gates for word in ("--fail-under", gate)))
    assert found == code and told in said


def test_over_budget_is_told_before_any_gate(command, tmp_path):
    write_plan(tmp_path, QUICK, prompts=3, limits={"calls": 1})
    assert command("run", "plan.yaml", "--fail-under", "errors=0")[0] == 3


def test_checks_that_cannot_be_used_are_refused(command, tmp_path):
    write_plan(tmp_path, QUICK, prompts=1)
    assert command("run", "plan.yaml")[0] == 0
    id = the_only(command)["id"]
    (tmp_path / "bad.yaml").write_text("checks:\n  - check: regex\n    expression: '('\n  - check: nonsense\n")
    code, _, said = command("check", id, "--checks", "bad.yaml")
    assert code == 2 and "There is no check nonsense." in said
    assert command("check", id, "--replace")[0] == command("check", id, "--checks", "absent.yaml")[0] == 2
    code, out, _ = command("check", id)
    assert code == 0 and b"no checks: add some" in out
    assert [command(what, "nothing")[0] for what in ("check", "export", "show", "resume")] == [2] * 4
