"""The sandbox, driven by the providers' own SDKs over real HTTP."""

import json
import socket
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import httpx2
import pytest

from llm_backends import sandbox
from llm_backends.sandbox.script import Script, parse
from llm_backends.sandbox.text import answer, cut, document

DIALECTS = ("openai", "azure", "azure-v1", "anthropic", "azure-anthropic", "gemini", "mistral")
OPENAI_LIKE = ("openai", "azure", "azure-v1")
TURNS = (("user", "Hello there"), ("assistant", "Hi"), ("user", "Which model?"))
SYSTEM = "Be brief"


@pytest.fixture(scope="module")
def server():
    with sandbox.serve() as running:
        yield running


def fast(keys: str = "tokens-8", ttft: int = 1) -> str:
    return f"sandbox.ttft-{ttft}.rate-2000.{keys}"


# One caller for each dialect: `call(model, stream)` gives (answer, reasoning, finish reason, usage), usage as
# (input, output, reasoning) in the provider's own words or None.


@contextmanager
def caller(dialect: str, url: str, key: str = "sandbox-test", **extra):
    others = {"anthropic": anthropic, "azure-anthropic": anthropic, "gemini": gemini, "mistral": mistral}
    with others.get(dialect, openai)(dialect, url, key, extra) as call:
        yield call


@contextmanager
def openai(dialect, url, key, extra):
    from openai import AzureOpenAI, OpenAI

    version = extra.pop("api_version", "2024-10-21")
    if dialect == "azure":
        client = AzureOpenAI(azure_endpoint=f"{url}/azure", api_key=key, api_version=version, max_retries=0)
    else:
        base = f"{url}/openai/v1" if dialect == "openai" else f"{url}/azure/openai/v1"
        client = OpenAI(base_url=base, api_key=key, max_retries=0)
    messages = [{"role": "system", "content": SYSTEM}, *({"role": role, "content": said} for role, said in TURNS)]

    def call(model, stream=True):
        asked = {"stream_options": {"include_usage": True}} if stream else {}
        answered = client.chat.completions.create(model=model, messages=messages, stream=stream, **asked, **extra)
        said, finish, usage = "", None, None
        if not stream:
            choice = answered.choices[0]
            said, finish, usage = choice.message.content, choice.finish_reason, answered.usage
        for chunk in answered if stream else ():
            usage = chunk.usage or usage
            for choice in chunk.choices:
                said += (choice.delta.content or "") if choice.delta else ""
                finish = choice.finish_reason or finish
        thought = usage and usage.completion_tokens_details.reasoning_tokens
        return said, "", finish, usage and (usage.prompt_tokens, usage.completion_tokens, thought)

    with client:
        yield call


@contextmanager
def anthropic(dialect, url, key, extra):
    from anthropic import Anthropic, AnthropicFoundry

    if dialect == "anthropic":
        client = Anthropic(base_url=f"{url}/anthropic", api_key=key, max_retries=0)
    else:
        client = AnthropicFoundry(base_url=f"{url}/azure/anthropic", api_key=key, max_retries=0)
    messages = [{"role": role, "content": said} for role, said in TURNS]
    asked = {"messages": messages, "system": SYSTEM, "max_tokens": 1000} | extra

    def call(model, stream=True):
        answered = client.messages.create(model=model, stream=stream, **asked)
        if not stream:
            said = "".join(block.text for block in answered.content if block.type == "text")
            thought = "".join(block.thinking for block in answered.content if block.type == "thinking")
            return said, thought, answered.stop_reason, anthropic_usage(answered.usage, answered.usage)
        said, thought, finish, before, after = "", "", None, None, None
        for event in answered:
            if event.type == "message_start":
                before = event.message.usage
            elif event.type == "content_block_delta":
                said += getattr(event.delta, "text", "")
                thought += getattr(event.delta, "thinking", "")
            elif event.type == "message_delta":
                finish, after = event.delta.stop_reason, event.usage
        return said, thought, finish, anthropic_usage(before, after)

    with client:
        yield call


def anthropic_usage(before, after):
    return after and (before.input_tokens, after.output_tokens, after.output_tokens_details.thinking_tokens)


@contextmanager
def gemini(dialect, url, key, extra):
    from google import genai

    client = genai.Client(api_key=key, http_options={"base_url": f"{url}/gemini"})
    roles = {"assistant": "model"}
    contents = [{"role": roles.get(role, role), "parts": [{"text": said}]} for role, said in TURNS]
    config = {"system_instruction": SYSTEM} | extra

    def call(model, stream=True):
        ask = client.models.generate_content_stream if stream else client.models.generate_content
        answered = ask(model=model, contents=contents, config=config)
        said = {None: "", True: ""}
        finish = usage = None
        for chunk in answered if stream else (answered,):
            usage = chunk.usage_metadata or usage
            finish = chunk.prompt_feedback.block_reason if chunk.prompt_feedback else finish
            for candidate in chunk.candidates or ():
                finish = candidate.finish_reason or finish
                for part in (candidate.content and candidate.content.parts) or ():
                    said[part.thought] += part.text
        thought = usage and usage.thoughts_token_count or 0
        counts = usage and (usage.prompt_token_count, usage.candidates_token_count + thought, thought)
        return said[None], said[True], finish and finish.value, counts

    with client:
        yield call


@contextmanager
def mistral(dialect, url, key, extra):
    from mistralai.client import Mistral

    messages = [{"role": "system", "content": SYSTEM}, *({"role": role, "content": said} for role, said in TURNS)]
    with Mistral(api_key=key, server_url=f"{url}/mistral") as client:

        def call(model, stream=True):
            said, finish, usage = {"text": "", "thinking": ""}, None, None
            if not stream:
                answered = client.chat.complete(model=model, messages=messages, **extra)
                mistral_content(answered.choices[0].message.content, said)
                finish, usage = answered.choices[0].finish_reason, answered.usage
            else:
                with client.chat.stream(model=model, messages=messages, **extra) as events:
                    for event in events:
                        choice = event.data.choices[0]
                        mistral_content(choice.delta.content, said)
                        finish, usage = choice.finish_reason or finish, event.data.usage or usage
            counts = usage and (usage.prompt_tokens, usage.completion_tokens, None)
            return said["text"], said["thinking"], finish, counts

        yield call


def mistral_content(content, said):
    if isinstance(content, str):
        said["text"] += content
    for part in content if isinstance(content, list) else ():
        said[part.type] += part.text if part.type == "text" else "".join(piece.text for piece in part.thinking)


def status_of(dialect: str, call, model: str, stream: bool) -> int:
    """The HTTP status of the error that the SDK raises."""
    with pytest.raises(Exception) as raised:
        call(model, stream)
    return getattr(raised.value, "status_code", None) or raised.value.code


FINISHES = {
    "openai": ("stop", "length", "content_filter"),
    "azure": ("stop", "length", "content_filter"),
    "azure-v1": ("stop", "length", "content_filter"),
    "anthropic": ("end_turn", "max_tokens", "refusal"),
    "azure-anthropic": ("end_turn", "max_tokens", "refusal"),
    "gemini": ("STOP", "MAX_TOKENS", "SAFETY"),
    "mistral": ("stop", "length", "content_filter"),
}
VERSION = {"anthropic-version": "2023-06-01"}
INPUT_TOKENS = len("Be brief Hello there Hi Which model?".split()) + 4 * 4


@pytest.mark.parametrize("stream", (True, False))
@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_answer_comes_whole_with_usage_and_reasoning(server, dialect, stream):
    model = fast("tokens-40.reasoning-6")
    with caller(dialect, server.url) as call:
        said, thought, finish, usage = call(model, stream)
    assert said == "".join(answer(model, 40))
    assert bool(thought) is (dialect not in OPENAI_LIKE)
    assert finish == FINISHES[dialect][0]
    assert usage == (INPUT_TOKENS, 46, None if dialect == "mistral" else 6)


@pytest.mark.parametrize("stream", (True, False))
@pytest.mark.parametrize("dialect", DIALECTS)
def test_other_endings_are_told_in_the_providers_words(server, dialect, stream):
    _, length, filtered = FINISHES[dialect]
    with caller(dialect, server.url) as call:
        assert call(fast("tokens-9.fault-length"), stream)[2] == length
        assert call(fast("tokens-9.fault-filtermid.after-3"), stream)[::2] == ("".join(answer(
            fast("tokens-9.fault-filtermid.after-3"), 3)), filtered)  # fmt: skip
        assert call(fast("tokens-9.fault-empty"), stream)[:3] == ("", "", FINISHES[dialect][0])
        assert call(fast("tokens-9.fault-nousage"), stream)[3] in (None, (0, 0, None))  # zeros: mistralai's own default


@pytest.mark.parametrize("dialect", DIALECTS)
def test_max_tokens_cuts_the_answer(server, dialect):
    names = {"gemini": "max_output_tokens"}
    with caller(dialect, server.url, **{names.get(dialect, "max_tokens"): 3}) as call:
        said, _, finish, usage = call(fast("tokens-20"))
    assert (len(cut(said)), finish, usage[1]) == (3, FINISHES[dialect][1], 3)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_filtered_prompt_is_refused_in_the_providers_way(server, dialect):
    with caller(dialect, server.url) as call:
        if dialect in ("anthropic", "azure-anthropic", "gemini"):
            assert call(fast("fault-filter"))[:3] == ("", "", FINISHES[dialect][2])
        else:
            assert status_of(dialect, call, fast("fault-filter"), True) == (403 if dialect == "mistral" else 400)


@pytest.mark.parametrize("stream", (True, False))
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_wrong_key_is_401(server, dialect, stream):
    with caller(dialect, server.url, key="wrong-key") as call:
        assert status_of(dialect, call, fast(), stream) == 401


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_status_can_be_asked_for(server, dialect):
    asked = [400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 529]
    with caller(dialect, server.url) as call:
        seen = [status_of(dialect, call, fast(f"fault-{status}"), True) for status in asked]
    assert seen == asked


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_unknown_model_is_refused_by_the_provider(server, dialect):
    with caller(dialect, server.url) as call:
        assert status_of(dialect, call, "nobody-knows-me", True) == (400 if dialect == "mistral" else 404)
        assert status_of(dialect, call, "sandbox.no-such.key-1", True) == (400 if dialect == "mistral" else 404)


def test_retry_after_comes_with_429_only_where_wanted(server):
    assert post(server, "/openai/v1/chat/completions", fast("fault-429.retry-7")).headers["retry-after"] == "7"
    assert "retry-after" not in post(server, "/openai/v1/chat/completions", fast("fault-429noretry")).headers
    assert post(server, "/azure/openai/v1/chat/completions", fast("fault-429")).headers["retry-after-ms"] == "1000"


def test_errors_have_the_shape_of_their_provider(server):
    openai_error = post(server, "/openai/v1/chat/completions", fast("fault-429")).json()["error"]
    assert openai_error["code"] == "rate_limit_exceeded"
    wrong = post(server, "/anthropic/v1/messages", fast("fault-529"), VERSION, max_tokens=9)
    assert wrong.json()["error"]["type"] == "overloaded_error"
    assert wrong.json()["request_id"] == wrong.headers["request-id"]
    path = "/gemini/v1beta/models/{}:streamGenerateContent"
    assert post(server, path.format("gone"), "gone").json()[0]["error"]["status"] == "NOT_FOUND"
    assert post(server, path.format("gone") + "?alt=sse", "gone").json()["error"]["status"] == "NOT_FOUND"
    missing = post(server, "/azure/openai/deployments/gone/chat/completions?api-version=2024-10-21", "gone")
    assert missing.json()["error"]["code"] == "DeploymentNotFound" and missing.headers["apim-request-id"]
    filtered = post(server, "/azure/openai/v1/chat/completions", fast("fault-filter")).json()["error"]
    assert filtered["innererror"]["content_filter_result"]["violence"]["filtered"]
    echoed = post(server, "/openai/v1/chat/completions", fast("fault-echo"))
    assert echoed.status_code == 401 and "sandbox-secret" in echoed.text
    assert post(server, path.format(fast("fault-badkey")), "").status_code == 400


def test_a_body_that_is_not_json_and_a_path_that_is_nothing(server):
    auth = {"authorization": "Bearer sandbox-x"}
    assert httpx2.post(f"{server.url}/openai/v1/chat/completions", content="{", headers=auth).status_code == 400
    assert httpx2.post(f"{server.url}/nothing", content="{}").status_code == 404
    assert httpx2.get(f"{server.url}/nothing").status_code == 404


def test_reasoning_models_of_openai_refuse_old_parameters(server):
    for wrong in ({"temperature": 0.5}, {"max_tokens": 5}):
        answered = post(server, "/openai/v1/chat/completions", "o4-mini", **wrong)
        assert answered.status_code == 400 and answered.json()["error"]["param"] in wrong
    answered = post(server, "/openai/v1/chat/completions", "gpt-5-mini", max_completion_tokens=3)
    assert answered.json()["usage"]["completion_tokens_details"]["reasoning_tokens"] == 3
    assert answered.json()["choices"][0]["message"]["content"] == ""


def test_anthropic_refuses_sampling_by_version_and_wants_max_tokens(server):
    def status(version, **body):
        headers = {"anthropic-version": version} if version else {}
        return post(server, "/anthropic/v1/messages", fast(), headers=headers, **body).status_code

    assert status("2023-06-01", max_tokens=5, temperature=0.5) == 200
    assert status("2026-10-21", max_tokens=5, temperature=0.5) == 400
    assert status("2026-10-21") == 400
    assert status(None, max_tokens=5) == 400


def test_usage_in_a_stream_only_where_asked_and_known(server):
    path = "/openai/v1/chat/completions"
    assert '"usage"' not in post(server, path, fast(), stream=True).text
    with caller("azure", server.url, api_version="2024-02-15-preview") as call:
        assert call(fast())[3] is None
        assert call(fast(), stream=False)[3]
    without_version = post(server, f"/azure/openai/deployments/{fast()}/chat/completions", fast())
    assert without_version.status_code == 404


def test_azure_begins_with_filter_results_and_may_annotate_after_the_finish(server):
    with caller("azure", server.url) as call:
        assert call(fast("tokens-3.fault-asyncfilter"))[2] == "stop"
    streamed = post(server, "/azure/openai/v1/chat/completions", fast("tokens-3"), stream=True).text
    first = json.loads(streamed.split("\n\n")[0].removeprefix("data: "))
    assert first["choices"] == [] and first["prompt_filter_results"]
    answered = post(server, "/azure/openai/v1/chat/completions", "gpt-4o-deployment", max_tokens=1)
    assert answered.json()["model"] == "gpt-4o"


def test_gemini_without_sse_streams_one_json_array_on_both_paths(server):
    for version in ("v1", "v1beta"):
        path = f"/gemini/{version}/models/{fast('tokens-4')}:streamGenerateContent"
        chunks = post(server, path, "").json()
        assert "".join(part["text"] for part in parts_of(chunks)) == "".join(answer(fast("tokens-4"), 4))
        assert chunks[-1]["candidates"][0]["finishReason"] == "STOP"


def test_gemini_hides_thoughts_unless_asked(server):
    path = "/gemini/v1beta/models/gemini-2.5-flash:generateContent"
    hidden = post(server, path, "", generationConfig={"maxOutputTokens": 30}).json()
    asked = {"maxOutputTokens": 30, "thinkingConfig": {"includeThoughts": True}}
    shown = post(server, path, "", generationConfig=asked).json()
    assert hidden["usageMetadata"]["thoughtsTokenCount"] == shown["usageMetadata"]["thoughtsTokenCount"] == 24
    assert [part.get("thought") for part in parts_of([hidden])] == [None]
    assert [part.get("thought") for part in parts_of([shown])] == [True, None]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("fault", ("drop", "badjson", "errorevent"))
def test_a_break_in_mid_stream_reaches_the_sdk_after_the_text_so_far(server, dialect, fault):
    with caller(dialect, server.url) as call:
        with pytest.raises(Exception) as raised:
            call(fast(f"fault-{fault}.after-2"))
    assert not isinstance(raised.value, (AssertionError, TypeError, KeyError))
    assert server.wait_for(lambda server: server.records[-1].outcome == fault)
    assert len(server.records[-1].token_times) == 2


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_stream_can_end_without_a_finish_reason(server, dialect):
    with caller(dialect, server.url) as call:
        said, _, finish, _ = call(fast("tokens-4.fault-noend"))
    assert finish is None and len(cut(said)) == 4


def test_a_drop_is_a_tcp_reset(server):
    with raw_request(server, fast("fault-drop"), True) as line, pytest.raises(ConnectionResetError):
        while line.recv(65536):
            pass


@pytest.mark.parametrize(
    ("fault", "stream", "last_seen"),
    (
        ("stallheaders", True, b""),
        ("stallheaders", False, b""),
        ("stall", True, b" Choosing"),
        ("stall", False, b'"broken"'),
        ("trickle", True, b": still here"),
        ("trickle", False, b"1\r\n \r\n"),
    ),
)
def test_a_stall_lasts_until_the_client_goes_away(server, fault, stream, last_seen):
    before = len(server.records)
    with raw_request(server, fast(f"fault-{fault}.after-2"), stream) as line:
        seen = b""
        while last_seen not in seen:
            seen += line.recv(4096)
        assert server.wait_for(lambda server: len(server.records) > before)
        record = server.records[-1]
        assert record.outcome is None
        left_at = time.perf_counter()
    assert server.wait_for(lambda _: record.outcome == "client gone")
    assert record.client_gone_at >= left_at


def test_closing_the_server_ends_every_stall():
    said = {"model": fast("fault-stall"), "stream": True, "messages": [{"role": "user", "content": "x"}]}
    with ExitStack() as clients:
        with sandbox.serve() as server:
            url, auth = f"{server.url}/openai/v1/chat/completions", {"authorization": "Bearer sandbox-x"}
            for _ in range(3):
                answered = clients.enter_context(httpx2.stream("POST", url, json=said, headers=auth))
                pieces = answered.iter_raw()
                next(pieces)
                clients.callback(cut_off, pieces)
    assert server.open_connections == 0
    assert [record.outcome for record in server.records] == ["server closed"] * 3


def cut_off(pieces):
    with pytest.raises(httpx2.RemoteProtocolError):
        list(pieces)


def test_flaky_fails_as_often_as_told_and_then_works(server):
    model = fast("tokens-2.fault-flaky.after-2")
    seen = [post(server, "/openai/v1/chat/completions", model).status_code for _ in range(4)]
    assert seen == [503, 503, 200, 200]


def test_html_and_a_slow_failure(server):
    html = post(server, "/openai/v1/chat/completions", fast("fault-html"), stream=True)
    assert html.status_code == 200 and html.headers["content-type"] == "text/html"
    slow = post(server, "/openai/v1/chat/completions", fast("fault-slow503", ttft=30))
    record = server.records[-1]
    assert slow.status_code == 503 and record.headers_at - record.received_at >= 0.03


def test_a_record_says_what_came_and_when_tokens_left(server):
    model = fast("tokens-6", ttft=20)
    with caller("anthropic", server.url) as call:
        call(model)
        call(model)
    assert server.wait_for(lambda server: server.records[-1].outcome)
    first, second = server.records[-2:]
    assert first.dialect == "anthropic" and first.model == model and first.outcome == "done" and first.status == 200
    assert first.body["system"] == SYSTEM and first.headers["anthropic-version"] == "2026-10-21"
    assert first.auth and "sandbox-test" not in repr(first)
    assert first.connection == second.connection
    assert len(first.token_times) == 6 and first.token_times == sorted(first.token_times)
    assert first.received_at + 0.02 <= first.first_token_at == first.token_times[0] <= first.ended_at
    assert json.loads(httpx2.get(f"{server.url}/sandbox/records").text)[-1]["model"] == model


def test_tokens_never_leave_early(server):
    post(server, "/mistral/v1/chat/completions", "sandbox.ttft-20.rate-500.tokens-20", stream=True)
    record = server.records[-1]
    for number, sent in enumerate(record.token_times):
        assert sent - record.received_at >= 0.02 + number / 500


def test_connections_are_counted_and_none_is_left(server):
    assert server.wait_for(lambda server: server.open_connections == 0)
    with caller("anthropic", server.url) as call:
        call(fast())
        assert server.open_connections == 1
    assert server.wait_for(lambda server: server.open_connections == 0)


def test_every_provider_lists_models_that_it_answers(server):
    from anthropic import Anthropic
    from google import genai
    from mistralai.client import Mistral
    from openai import OpenAI

    def reachable(dialect, names):
        assert names and statuses(server, dialect, names) == {200}

    with OpenAI(base_url=f"{server.url}/openai/v1", api_key="sandbox-x") as client:
        reachable("openai", [model.id for model in client.models.list()])
    with Anthropic(base_url=f"{server.url}/anthropic", api_key="sandbox-x") as client:
        reachable("anthropic", [model.id for model in client.models.list()])
    with Mistral(server_url=f"{server.url}/mistral", api_key="sandbox-x") as client:
        reachable("mistral", [model.id for model in client.models.list().data])
    with genai.Client(api_key="sandbox-x", http_options={"base_url": f"{server.url}/gemini"}) as client:
        reachable("gemini", [model.name.removeprefix("models/") for model in client.models.list()])
    assert httpx2.get(f"{server.url}/openai/v1/models").status_code == 401


def test_ordinary_models_answer_through_the_given_function_and_scripted_ones_recite():
    asked = []

    def answers(messages, max_tokens, temperature):
        asked.append((messages, max_tokens, temperature))
        yield from ("forty", "-two")

    with sandbox.serve(answers=answers) as server:
        with caller("openai", server.url, temperature=0.5, max_tokens=9) as call:
            said, _, finish, usage = call("gpt-4o")
            recited = call(fast("tokens-2"))[0]
    assert (said, finish, usage[1]) == ("forty-two", "stop", 2) and recited.startswith("##")
    messages, max_tokens, temperature = asked[0]
    assert [message.role for message in messages] == ["system", "user", "assistant", "user"]
    assert (messages[0].content, max_tokens, temperature, len(asked)) == (SYSTEM, 9, 0.5, 1)


def test_a_failing_model_is_told_as_the_provider_tells_errors():
    from llm_backends.errors import ProviderDown

    def answers(messages, max_tokens, temperature):
        raise ProviderDown("The embedded model is missing.")
        yield

    with sandbox.serve(answers=answers) as server:
        with caller("openai", server.url) as call:
            for stream in (True, False):
                with pytest.raises(Exception, match="embedded model is missing"):
                    call("gpt-4o", stream)
    assert {record.outcome for record in server.records} == {"no answer"}


def test_managed_identity_hands_out_tokens_that_azure_takes(server, monkeypatch):
    from azure.identity import ManagedIdentityCredential

    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    with ManagedIdentityCredential() as credential:
        token = credential.get_token("https://cognitiveservices.azure.com/.default")
    assert token.token.startswith("sandbox-entra-") and token.expires_on > time.time() + 3000
    assert server.records[-1].query["resource"] == "https://cognitiveservices.azure.com"
    with caller("azure-v1", server.url, key=token.token) as call:
        assert call(fast())[2] == "stop"
    assert httpx2.get(f"{server.url}/identity/token?resource=x").status_code == 400


def test_the_environment_names_every_deployment_and_every_one_answers(server):
    environment = server.environment()
    deployments = [value for name, value in environment.items() if name.startswith("AZURE_DEPLOYMENT_")]
    assert len(deployments) == 14
    assert statuses(server, "azure-v1", deployments) == {200}
    assert all(value.startswith("sandbox-") for name, value in environment.items() if name.endswith("_KEY"))


def test_nobody_trusts_the_certificate():
    with sandbox.serve(tls=True) as server:
        assert server.url.startswith("https://")
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(server.url)
        assert httpx2.get(f"{server.url}/nothing", verify=False).status_code == 404
        assert server.wait_for(lambda server: server.open_connections == 0)


def test_scripts_are_read_from_names():
    assert parse("gpt-4o", ttft=350, rate=70) == Script(ttft=350, rate=70)
    assert parse("sandbox.ttft-300.rate-60.tokens-120.reasoning-20.fault-drop.after-7", ttft=1, rate=1) == Script(
        ttft=300, rate=60, tokens=120, reasoning=20, fault="drop", after=7
    )
    assert parse("sandbox.canned", ttft=350, rate=70).canned
    for wrong in ("sandbox.fault-nonsense", "sandbox.rate-0", "sandbox.ttft-soon", "sandbox.nope-1", "sandbox."):
        assert parse(wrong, ttft=1, rate=1) is None


def test_canned_text_is_the_same_for_a_name_and_holds_every_script():
    assert document("gpt-4o") == document("gpt-4o") and len({document(name) for name in ("a", "b", "c", "d", "e")}) > 1
    for part in ("## ", "\n- ", "| need |", "```python", "Привет", "مرحبا", "你好", "👩‍🔬"):
        assert part in document("gpt-4o")
    assert "".join(cut(document("x"))) == document("x")
    assert "".join(answer("x")) == document("x") and len(list(answer("x", 5000))) == 5000


def raw_request(server, model: str, stream: bool) -> socket.socket:
    """A connection on which a request has been sent."""
    body = json.dumps({"model": model, "stream": stream, "messages": [{"role": "user", "content": "x"}]}).encode()
    head = b"POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sandbox-x\r\n"
    line = socket.create_connection(server.server_address[:2], timeout=10)
    line.sendall(head + b"content-length: %d\r\n\r\n%b" % (len(body), body))
    return line


def post(server, path: str, model: str, headers=None, **body):
    """A bare request that fits every dialect, read to its end."""
    said = {"model": model, "messages": [{"role": "user", "content": "hello"}],
            "contents": [{"role": "user", "parts": [{"text": "hello"}]}]}  # fmt: skip
    auth = {"authorization": "Bearer sandbox-secret"} | (headers or {})
    return httpx2.post(f"{server.url}{path}", json=said | body, headers=auth, timeout=30)


def statuses(server, dialect: str, models: list[str]) -> set[int]:
    """What a request to each of these models is answered with."""
    with ThreadPoolExecutor(8) as pool:
        return set(pool.map(lambda model: begin(server, dialect, model), models))


def begin(server, dialect: str, model: str) -> int:
    """The status of an answer that is then left."""
    path = {
        "openai": "/openai/v1/chat/completions",
        "azure-v1": "/azure/openai/v1/chat/completions",
        "anthropic": "/anthropic/v1/messages",
        "mistral": "/mistral/v1/chat/completions",
        "gemini": f"/gemini/v1beta/models/{model}:streamGenerateContent?alt=sse",
    }[dialect]
    limit = {"max_tokens": 1} if dialect in ("anthropic", "mistral") else {}
    said = {"model": model, "messages": [{"role": "user", "content": "hello"}], "stream": True,
            "contents": [{"role": "user", "parts": [{"text": "hello"}]}]} | limit  # fmt: skip
    headers = {"authorization": "Bearer sandbox-x"} | VERSION
    with httpx2.stream("POST", f"{server.url}{path}", json=said, headers=headers) as answered:
        return answered.status_code


def parts_of(chunks: list) -> list:
    return [part for chunk in chunks for part in chunk["candidates"][0]["content"].get("parts", ())]
