"""The command line as a user runs it: output, exit codes, and what it says when something is wrong."""

import json
import signal
import subprocess
import sys
import urllib.request

import pytest

FAST = "sandbox.canned.ttft-1.rate-2000.tokens-5"


@pytest.fixture
def run(sandbox, tmp_path):
    """Run one command on the sandbox, in an empty folder, with a database of its own."""

    def command(*words, environ=None, **options):
        variables = {"LLMSELECT_DATABASE_URL": f"sqlite:///{tmp_path}/log.db", "PYTHONWARNINGS": "error"}
        return subprocess.run(
            [sys.executable, "-m", "llm_backends", *words],
            env=sandbox.environment()
            | variables
            | {"PYTHONPATH": sys.path[0], "HOME": str(tmp_path)}
            | (environ or {}),
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            **options,
        )

    return command


def lines(done) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_json_is_a_delta_a_line_and_a_result_with_the_logs_columns(run):
    from llm_backends.store.tables import calls

    done = run("compare", "Hello", "-m", f"openai/{FAST}", "-m", f"mistral/{FAST}", "--json")
    assert done.returncode == 0, done.stderr
    events = lines(done)
    for slot in (0, 1):
        deltas = [event for event in events if event["slot"] == slot and event["event"] == "delta"]
        (result,) = [event for event in events if event["slot"] == slot and event["event"] == "result"]
        assert "".join(event["text"] for event in deltas) == result["answer"] and len(deltas) == 5
        elsewhere = {"id", "comparison_id", "user", "experiment_id", "prompt_number", "repeat"}
        assert set(result) - {"event"} == set(calls.c.keys()) - elsewhere
        assert result["status"] == "ok" and result["simulated"] is True


def test_a_comparison_is_logged_with_what_it_asked_and_shown_as_a_table(run, tmp_path):
    from llm_backends.runs.plan import Parameters, Plan
    from llm_backends.store.call_log import CallLog

    words = ["compare", "Hello 日本語", "-m", f"openai/{FAST}", "-m", f"openai/{FAST}", "--system", "Be brief."]
    words += ["--temperature", "0.5", "--top-p", "0.9", "--stop", "END", "--stop", "###", "--seed", "7"]
    done = run(*words, "--reasoning-effort", "low", "--no-stream")
    assert done.returncode == 0 and b"First token (ms)" in done.stdout
    log = CallLog(f"sqlite:///{tmp_path}/log.db")
    (comparison,) = log.recent_comparisons()
    log.close()
    assert (comparison.prompt, comparison.system, len(comparison.calls)) == ("Hello 日本語", "Be brief.", 2)
    asked = Plan.from_json(comparison.params)
    assert asked.names == (f"openai/{FAST}", f"openai/{FAST} #2") and asked.route == "direct"
    assert asked.shared == Parameters(0.5, 1024, 0.9, ("END", "###"), 7, "low", False, "Be brief.")


def test_the_azure_route_is_taken_when_asked_for(run):
    done = run("compare", "Hello", "-m", "openai/gpt-4o", "--route", "azure", "--max-tokens", "3", "--json")
    (result,) = [event for event in lines(done) if event["event"] == "result"]
    assert done.returncode == 0 and (result["route"], result["deployment"]) == ("azure", "gpt4o-deployment")


def test_without_streaming_the_answer_comes_whole(run):
    events = lines(run("compare", "Hello", "-m", f"gemini/{FAST}", "--no-stream", "--json"))
    assert [event["event"] for event in events] == ["delta", "result"] and events[1]["ttft_ms"] is None


def test_the_prompt_is_read_from_standard_input(run):
    done = run("compare", "-", "-m", f"openai/{FAST}", "--json", input=b"x" * 1_000_000)
    assert done.returncode == 0 and lines(done)[-1]["status"] == "ok"


def test_one_slot_that_fails_makes_the_exit_code_1(run):
    done = run("compare", "Hello", "-m", f"openai/{FAST}", "-m", f"openai/{FAST}.fault-500", "--json")
    results = {event["slot"]: event for event in lines(done) if event["event"] == "result"}
    assert done.returncode == 1
    assert (results[0]["status"], results[1]["error_type"]) == ("ok", "ProviderDown")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("compare", "", "-m", "openai/gpt-4o"), "prompt is empty"),
        (("compare", "Hello", "-m", "nobody/model"), "no provider nobody"),
        (("compare", "Hello", "-m", "gpt-4o"), "provider/model"),
        (("compare", "Hello", "-m", "openai/gpt-4o", "--max-tokens", "0"), "at least 1"),
        (("compare", "Hello", "-m", "openai/gpt-4o", "--reasoning-effort", "endless"), "invalid choice"),
        (("compare", "Hello"), "required"),
        (("compare", "Hello", *(["-m", "openai/gpt-4o"] * 9)), "at most 8"),
        (("compare", "Hello", "-m", "openai/gpt-5", "--route", "azure"), "AZURE_DEPLOYMENTS=openai/gpt-5="),
        ((), "required"),
    ],
)
def test_what_cannot_run_is_refused_with_its_reason(run, words, says):
    done = run(*words)
    assert done.returncode == 2 and says in done.stderr.decode() and done.stdout == b""


def test_a_missing_key_is_refused_by_its_variable(run):
    done = run("compare", "Hello", "-m", "openai/gpt-4o", environ={"OPENAI_API_KEY": ""})
    assert done.returncode == 2 and "OPENAI_API_KEY" in done.stderr.decode()


def test_bytes_that_are_no_text_are_refused(run):
    done = run("compare", "-", "-m", f"openai/{FAST}", input=b"\xff\xfe\x00\x80")
    assert done.returncode == 2 and "UTF-8" in done.stderr.decode()


def test_an_unwritable_log_does_not_cost_the_answer(run):
    done = run(
        "compare", "Hello", "-m", f"openai/{FAST}", environ={"LLMSELECT_DATABASE_URL": "sqlite:////proc/no/log.db"}
    )
    assert done.returncode == 0 and "/proc/no" in done.stderr.decode()


def test_models_says_what_is_ready_and_what_is_missing(run):
    done = run("models", "--json", environ={"MISTRAL_API_KEY": ""})
    entries = {entry["ref"]: entry for entry in lines(done)}
    assert done.returncode == 0 and entries["openai/gpt-4o"]["ready"]
    assert entries["openai/gpt-4o"]["why_not"] is None and entries["openai/gpt-4o"]["missing"] == []
    unready = entries["mistral/mistral-large-latest"]
    assert unready["why_not"] == "Set MISTRAL_API_KEY in .env or the environment."
    assert unready["missing"] == ["MISTRAL_API_KEY"]
    assert entries["openai/gpt-4o"]["input_usd_per_mtok"] > 0


def test_the_sandbox_prints_how_to_use_it_and_ends_on_a_signal(tmp_path):
    command = [sys.executable, "-m", "llm_backends", "sandbox", "--canned"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        exports = {}
        for line in process.stdout:
            name, _, value = line.strip().removeprefix("export ").partition("=")
            exports[name] = value
            if name == "IDENTITY_HEADER":
                break
        request = urllib.request.Request(
            exports["OPENAI_BASE_URL"] + "/models", headers={"Authorization": f"Bearer {exports['OPENAI_API_KEY']}"}
        )
        with urllib.request.urlopen(request) as answer:
            assert "gpt-4o" in answer.read().decode()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_an_interrupted_comparison_keeps_and_logs_what_had_arrived(sandbox, tmp_path, flags):
    from llm_backends.store.call_log import CallLog

    url, name = f"sqlite:///{tmp_path}/log.db", f"sandbox.canned.ttft-1.rate-50.tokens-5000.retry-{len(flags) + 600}"
    command = [sys.executable, "-m", "llm_backends", "compare", "Hello", "-m", f"openai/{name}", *flags]
    environ = sandbox.environment() | {"LLMSELECT_DATABASE_URL": url, "PYTHONPATH": sys.path[0]}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environ, cwd=tmp_path, **pipes) as process:
        while not any(record.model == name and len(record.token_times) > 4 for record in sandbox.records):
            assert process.poll() is None
            sandbox.wait_for(lambda _: False, 0.05)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 1 and b"stopped" in out
    log = CallLog(url)
    (comparison,) = log.recent_comparisons()
    log.close()
    assert comparison.calls[0].result.status == "stopped" and comparison.calls[0].result.answer
