"""Microsoft Entra ID in place of a key, against the sandbox's managed identity.

In processes of their own: azure-identity reads its environment once a process.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from llm_backends.sandbox import serve

ROOT = Path(__file__).parent.parent
REFS = ("openai/gpt-4o", "anthropic/claude-3-opus-20240229", "mistral/mistral-large-latest")
# Two rounds, one after the other, and every log line to standard error.
CODE = """
import json, logging, os, sys
logging.basicConfig(level=logging.DEBUG)
from llm_backends import CallResult, Catalog, Message, race, settings
catalog = Catalog(settings.load(os.environ, None))
for _ in range(2):
    slots = [catalog.slot(ref, "azure", (Message("user", "Hello"),), max_tokens=3) for ref in sys.argv[1:]]
    for _, event in race(slots):
        if isinstance(event, CallResult):
            print(json.dumps(event.columns()))
"""
# What the SDKs would find in the environment and must not send.
STRAY = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AZURE_OPENAI_API_KEY", "ANTHROPIC_FOUNDRY_API_KEY")


@pytest.fixture
def run():
    """`run(sandbox, **environ)`: the results of two rounds on all three wires, and the text that was logged."""

    def run(sandbox, refs=REFS, **environ):
        base = sandbox.environment() | {"AZURE_AI_FOUNDRY_AUTH": "entra", "AZURE_AI_FOUNDRY_WIRE": "native"}
        base |= dict.fromkeys(STRAY, "sandbox-stray") | {"PYTHONPATH": str(ROOT), "PATH": "/nowhere"}
        command = [sys.executable, "-c", CODE, *refs]
        done = subprocess.run(command, env=base | environ, capture_output=True, text=True, check=True, timeout=60)
        assert "sandbox-entra-" not in done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    return run


def requests(sandbox) -> Counter:
    return Counter(record.query.get("resource", record.auth) for record in sandbox.records)


def test_every_wire_is_called_with_a_token_of_its_scope_fetched_once_and_no_key(run):
    with serve(canned=True) as sandbox:
        results, _ = run(sandbox)
        assert requests(sandbox) == {
            "https://cognitiveservices.azure.com": 1,
            "https://ai.azure.com": 1,
            ("authorization",): 6,
        }
    assert {result["status"] for result in results} == {"ok"}


def test_the_token_is_fetched_before_the_clock_starts(run):
    with serve(canned=True) as sandbox:
        (first, _), _ = run(sandbox, REFS[:1])
        identity, call = sandbox.records[:2]
    assert identity.dialect == "identity" and identity.ended_at < call.received_at
    assert first["total_ms"] < (call.ended_at - identity.received_at) * 1000 + first["load_ms"]


def test_a_scope_of_ones_own_replaces_every_wires(run):
    with serve(canned=True) as sandbox:
        run(sandbox, AZURE_AI_FOUNDRY_SCOPE="https://gateway.example/.default")
        assert requests(sandbox) == {"https://gateway.example": 1, ("authorization",): 6}


def test_a_token_that_is_about_to_end_is_replaced(run):
    with serve(canned=True, token_life_s=60) as sandbox:  # azure-identity replaces what has less than 5 minutes left
        results, _ = run(sandbox, REFS[:1])
        wires = [record.dialect for record in sandbox.records]
    assert [result["status"] for result in results] == ["ok", "ok"]
    second = len(wires) - 1 - wires[::-1].index("azure")
    assert "identity" in wires[wires.index("azure") : second]


def test_no_token_is_an_auth_error_that_says_what_was_tried_and_what_to_do(run):
    with serve(canned=True) as sandbox:
        results, logged = run(sandbox, IDENTITY_HEADER="wrong")
        assert not [record for record in sandbox.records if record.dialect != "identity"]
    assert {result["error_type"] for result in results} == {"AuthError"}
    for result in results:
        message = result["error_message"]
        assert f"{result['provider']}/{result['model']}" in message and "az login" in message
        assert "Environment: none" in message and "ManagedIdentity: " in message and "header or the resource" in message
    assert "DefaultAzureCredential failed" not in logged


def test_a_refused_token_asks_for_the_role_and_is_never_shown(run):
    with serve(canned=True, fault="echo") as sandbox:
        results, _ = run(sandbox)
    assert {result["error_type"] for result in results} == {"AuthError"}
    assert all("Azure AI User" in result["error_message"] for result in results)
    assert not [result for result in results if "AZURE_AI_FOUNDRY_KEY" in result["error_message"]]
