"""The check: the smallest real call, what is wrong, and what to do about it."""

import json
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from llm_backends import Catalog, sentences, settings
from llm_backends.runs.check import MAX_TOKENS, check, check_deployment, check_provider
from llm_backends.sandbox import serve


@pytest.fixture
def server():
    with serve(canned=True) as sandbox:
        yield sandbox


def advice(one) -> str | None:
    return sentences.advice(one.findings, one.why_not)


def catalog(sandbox, **environ) -> Catalog:
    return Catalog(settings.load(sandbox.environment() | environ, None))


@contextmanager
def answering(head: bytes):
    """A server that gives every request this answer, without a body."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(head + b"Content-Length: 0\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_every_provider_is_asked_once_for_a_few_tokens(server):
    found = list(check(catalog(server), "direct"))
    assert [(one.name, one.status) for one in found] == [
        (name, "ok") for name in ("openai", "anthropic", "gemini", "mistral")
    ]
    assert all(one.usage_in_stream and one.total_ms > 0 and not one.detail and not advice(one) for one in found)
    calls = [record for record in server.records if record.body]
    assert len(calls) == 4 and all(str(MAX_TOKENS) in str(record.body) for record in calls)


def test_the_model_is_a_cheap_one_of_the_providers_own_list_that_answers_at_once(server):
    shop = catalog(server)
    for provider, target in {"openai": "gpt-4.1", "anthropic": "haiku", "gemini": "flash-lite"}.items():
        assert target in check_provider(shop, provider).target
    assert "openai/gpt-4o at" in check_provider(shop, "openai/gpt-4o").target


def test_every_mapped_deployment_is_asked_at_every_endpoint(server):
    with serve(canned=True, fault="404") as second:
        url = second.environment()["AZURE_AI_FOUNDRY_ENDPOINT"]
        shop = catalog(server, AZURE_AI_FOUNDRY_ENDPOINT_2=url, AZURE_AI_FOUNDRY_KEY_2="sandbox-two")
        found = list(check(shop, "azure"))
    assert [one.status for one in found] == ["ok", "failed"] * 14
    assert "does not exist (HTTP 404)" in found[1].detail and url.split("/")[2] in found[1].target
    assert advice(found[1]) is None  # the error says it all


def test_what_is_not_configured_says_what_to_set():
    nothing = Catalog(settings.load({}, None))
    assert {one.status for one in check(nothing, "direct")} == {"not configured"}
    assert advice(check_provider(nothing, "openai")) == "Set OPENAI_API_KEY in .env or the environment."
    assert [advice(one) for one in check(nothing, "azure")] == [
        "Set AZURE_AI_FOUNDRY_ENDPOINT in .env or the environment."
    ]
    assert "no provider foo" in advice(check_provider(nothing, "foo"))


def test_a_wrong_key_is_told_with_its_variable(server):
    one = check_provider(catalog(server, OPENAI_API_KEY="wrong-key"), "openai")
    assert one.status == "failed" and "Check OPENAI_API_KEY" in one.detail and one.usage_in_stream is None
    (one,) = check_deployment(catalog(server, AZURE_AI_FOUNDRY_KEY="wrong-key"), "openai/gpt-4o")
    assert "Check AZURE_AI_FOUNDRY_KEY" in one.detail and "wrong-key" not in one.detail


def test_a_wrong_address_is_told_with_its_variable(server):
    missing = check_provider(catalog(server, OPENAI_BASE_URL=f"{server.url}/nothing"), "openai")
    assert "404" in missing.detail and advice(missing) == "Its address is what OPENAI_BASE_URL says."
    page = check_provider(catalog(server, MISTRAL_BASE_URL=f"{server.url}/openai"), "mistral/sandbox.fault-html")
    assert "web page" in page.detail and advice(page) == "Its address is what MISTRAL_BASE_URL says."
    unknown = check_provider(catalog(server, ANTHROPIC_BASE_URL="https://no-such-host.invalid"), "anthropic")
    assert "no such host name" in unknown.detail and "ANTHROPIC_BASE_URL" in advice(unknown)


def test_a_404_of_azure_is_a_missing_deployment_only_where_azure_says_so(server):
    (wrong,) = check_deployment(catalog(server, AZURE_AI_FOUNDRY_ENDPOINT=f"{server.url}/elsewhere"), "openai/gpt-4o")
    assert "AZURE_AI_FOUNDRY_ENDPOINT says" in advice(wrong) and "AZURE_AI_FOUNDRY_API_VERSION" in advice(wrong)
    (missing,) = check_deployment(catalog(server, AZURE_DEPLOYMENT_GPT4O="nowhere"), "openai/gpt-4o")
    assert "does not exist" in missing.detail and advice(missing) is None


def test_an_api_version_without_usage_in_streams_is_ok_but_told(server):
    (one,) = check_deployment(catalog(server, AZURE_AI_FOUNDRY_API_VERSION="2024-02-15-preview"), "openai/gpt-4o")
    assert (one.status, one.usage_in_stream) == ("ok", False)
    assert "set AZURE_AI_FOUNDRY_API_VERSION=2024-10-21 or newer" in advice(one)


def test_a_certificate_that_nobody_trusts_is_told():
    with serve(canned=True, tls=True) as server:
        one = check_provider(catalog(server), "openai")
    assert "certificate is not trusted" in one.detail and "SSL_CERT_FILE" in advice(one)


def test_a_content_filter_is_told_apart_from_a_wrong_configuration(server):
    server.fault = "filter"
    (one,) = check_deployment(catalog(server), "openai/gpt-4o")
    assert one.status == "failed" and advice(one).startswith("Key, address and model work.")


@pytest.mark.parametrize(("date", "side"), [("01 Jan 2020", "ahead of"), ("01 Jan 2090", "behind")])
def test_a_clock_that_is_wrong_is_told(server, date, side):
    with answering(b"HTTP/1.1 401 Unauthorized\r\nDate: Wed, " + date.encode() + b" 00:00:00 GMT\r\n") as url:
        one = check_provider(catalog(server, OPENAI_BASE_URL=url), "openai")
    assert "refused the key" in one.detail and f"{side} that of {url[7:]}: set it" in advice(one)


@pytest.mark.parametrize(
    ("environ", "arguments", "code", "statuses"),
    [
        ({"OPENAI_API_KEY": "wrong-key"}, [], 1, ["failed", "ok", "ok", "ok"]),
        ({"OPENAI_API_KEY": ""}, ["--only", "openai"], 2, ["not configured"]),
        ({}, ["--route", "azure", "--only", "mistral"], 0, ["ok"] * 3),
        ({}, ["--route", "azure", "--only", "openai/gpt-99"], 2, ["not configured"]),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_prints_a_line_each_and_ends_with_the_worst(
    server, tmp_path, environ, arguments, code, statuses, as_json
):
    done = subprocess.run(
        [sys.executable, "-m", "llm_backends", "check", *arguments, *(["--json"] if as_json else [])],
        env=server.environment() | {"PYTHONPATH": sys.path[0], "PYTHONWARNINGS": "error"} | environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (code, "")
    lines = done.stdout.splitlines()
    if as_json:
        found = [json.loads(line) for line in lines]
        assert [one["status"] for one in found] == statuses
        assert set(found[0]) == {"name", "target", "status", "detail", "advice", "total_ms", "usage_in_stream"}
    else:
        assert [line[:14].strip() for line in lines] == statuses
