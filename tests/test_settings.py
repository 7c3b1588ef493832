import re
from pathlib import Path

import pytest

from llm_backends import redact
from llm_backends.sentences import problem
from llm_backends.settings import load
from llm_backends.settings.azure import MAPPED_BY, Azure, Deployment, Endpoint, serving, wire_for
from llm_backends.vendors import PROVIDERS

ROOT = Path(__file__).parent.parent


def of(**environ):
    return load(environ, None)


def told(settings):
    return [problem(found) for found in settings.problems]


def from_file(tmp_path, content: bytes | str, **environ):
    path = tmp_path / ".env"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load(environ, path)


def test_nothing_set_is_a_working_installation(tmp_path):
    settings = load({}, tmp_path / ".env")
    assert settings.problems == () and settings.keys == {} and settings.azure == Azure()
    assert (settings.connect_timeout_s, settings.read_timeout_s, settings.deadline_s) == (10, 60, 600)
    assert settings.database_url == "sqlite:///data/llmselect.db" and not settings.simulated
    assert settings.max_attempts == 3


def test_an_unchanged_copy_of_the_example_changes_nothing():
    assert load({}, ROOT / ".env.example") == load({}, None)


def test_every_line_of_the_example_works_when_it_is_taken_out_of_its_comment(tmp_path):
    example = re.sub(r"(?m)^#(?=[A-Z])", "", (ROOT / ".env.example").read_text())
    (tmp_path / "prices.csv").write_text("from,model,percent_off\n2026-11-01,*,15\n")
    settings = from_file(tmp_path, example.replace("/path/to/models", str(tmp_path)).replace("/path/to", str(tmp_path)))
    assert settings.problems == ()
    assert set(MAPPED_BY) < set(settings.azure.deployments)
    assert settings.azure.deployments["anthropic/claude-sonnet-4-5"].wire == "anthropic"
    assert settings.compatible["ollama"].models == ("llama3.2", "qwen3")
    assert set(settings.base_urls) == set(PROVIDERS)


def test_the_example_lists_exactly_the_variables_that_are_read():
    code = "".join(
        (ROOT / "llm_backends" / f"{name}.py").read_text()
        for name in ("settings/installation", "settings/azure", "vendors")
    )
    read = set(re.findall(r'"([A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9])"', code)) - {"BASE_URL", "API_KEY"}
    listed = set(re.findall(r"(?m)^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text()))
    ours = {f"COMPATIBLE_OLLAMA_{kind}" for kind in ("BASE_URL", "API_KEY", "MODELS")}
    ours |= {"AZURE_AI_FOUNDRY_ENDPOINT_2", "AZURE_AI_FOUNDRY_KEY_2"}
    assert listed == read | ours


def test_every_variable_of_the_example_has_a_comment():
    lines = (ROOT / ".env.example").read_text().splitlines()
    for before, line in zip(lines, lines[1:], strict=False):
        if re.match(r"#?[A-Z][A-Z0-9_]+=", line):
            assert before.startswith("# "), line


def test_the_environment_wins_and_an_empty_value_counts_as_unset(tmp_path):
    content = "OPENAI_API_KEY=of-the-file\nMISTRAL_API_KEY=of-the-file\nANTHROPIC_API_KEY=\n"
    settings = from_file(tmp_path, content, OPENAI_API_KEY="of-the-environment", MISTRAL_API_KEY=" ")
    assert settings.keys == {"openai": "of-the-environment", "mistral": "of-the-file"}


def test_gemini_takes_either_name_of_its_key():
    assert of(GOOGLE_API_KEY="google-key").keys == {"gemini": "google-key"}
    assert of(GOOGLE_API_KEY="google-key", GEMINI_API_KEY="gemini-key").keys == {"gemini": "gemini-key"}


def test_a_dollar_in_a_key_is_kept(tmp_path):
    assert from_file(tmp_path, "OPENAI_API_KEY=sk-${HOME}$x").keys["openai"] == "sk-${HOME}$x"


def test_windows_line_ends_a_byte_order_mark_and_quotes_are_read(tmp_path):
    settings = from_file(tmp_path, b"\xef\xbb\xbfOPENAI_API_KEY='sk-abcdef'\r\nexport MISTRAL_API_KEY=\"m-abcdef\"\r\n")
    assert settings.keys == {"openai": "sk-abcdef", "mistral": "m-abcdef"} and settings.problems == ()


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("OPENAI_API_KEY=sk-abcdef\nsk-secret-alone\n", "line 2"),
        ("OPENAI_API_KEY=sk-abcdef\n\n\r\n= sk-secret\n", "line 4"),
        ('OPENAI_API_KEY=sk-abcdef\n# fine\nMISTRAL_API_KEY="sk-secret\n', "line 3"),
        (b"OPENAI_API_KEY=sk-abcdef\nMISTRAL_API_KEY=\xff\xfesk-secret\n", "line 2"),
        (b"OPENAI_API_KEY=sk-abcdef\n" + bytes(range(256)) * 64, "lines"),
    ],
)
def test_a_broken_line_is_named_but_not_quoted_and_the_rest_is_used(tmp_path, content, line):
    settings = from_file(tmp_path, content)
    problems = told(settings)
    assert f"{tmp_path / '.env'} {line}" in problems[0] and "secret" not in "".join(problems)
    assert settings.keys == {"openai": "sk-abcdef"} and len(settings.problems) <= 2


def test_a_file_of_another_encoding_says_how_to_save_it(tmp_path):
    assert "save the file as UTF-8" in told(from_file(tmp_path, "OPENAI_API_KEY=sk-abcdef\n".encode("utf-16")))[0]


def test_a_directory_in_place_of_the_file_is_a_problem(tmp_path):
    (tmp_path / ".env").mkdir()
    settings = load({"OPENAI_API_KEY": "sk-abcdef"}, tmp_path / ".env")
    assert settings.keys and len(settings.problems) == 1 and "must be a text file" in told(settings)[0]


BAD = {
    "USE_AZURE_FOUNDRY": "perhaps",
    "LLMSELECT_SANDBOX": "2",
    "LLMSELECT_READ_TIMEOUT_S": "0",
    "LLMSELECT_DEADLINE_S": "1e400",
    "LLMSELECT_CONNECT_TIMEOUT_S": "soon",
    "LLMSELECT_MAX_ATTEMPTS": "0",
    "OPENAI_BASE_URL": "api.openai.com",
    "ANTHROPIC_BASE_URL": "https://user:hunter22@gateway.example",
    "MISTRAL_BASE_URL": "https://gateway.example?key=hunter22",
    "GOOGLE_GEMINI_BASE_URL": "https://gateway.example:99999",
    "AZURE_AI_FOUNDRY_ENDPOINT": "https://",
    "AZURE_AI_FOUNDRY_API_VERSION": "2024 10 21",
    "AZURE_AI_FOUNDRY_WIRE": "hunter22",
    "AZURE_AI_FOUNDRY_AUTH": "hunter22",
    "AZURE_AI_FOUNDRY_SCOPE": "hunter22",
    "AZURE_AI_FOUNDRY_ENDPOINT_3": "hunter22",
    "AZURE_AI_FOUNDRY_KEY_EAST": "hunter22",
    "AZURE_DEPLOYMENTS": "gpt-5",
    "AZURE_DEPLOYMENT_GPT4O": "hunter22/../x",
    "AZURE_DEPLOYMENT_GPT4": "v2:hunter22",
    "AZURE_DEPLOYMENT_GPT6": "hunter22",
    "GEMINI_SDK": "vertex",
    "LOCAL_MODELS_DIR": "/nowhere/at/all",
    "LLMSELECT_PRICES": "/nowhere/hunter22.csv",
    "LLMSELECT_DATABASE_URL": "mysql://root:hunter22@host/db",
    "OPENAI_API_KEY": "sk-hunter22 and more",
    "MISTRAL_API_KEY": "hunter22\nX-Header: 1",
    "COMPATIBLE_OPENAI_BASE_URL": "http://127.0.0.1:1/v1",
    "COMPATIBLE_OLLAMA_MODELS": "a,b",
    "COMPATIBLE_VLLM_URL": "http://hunter22",
}


@pytest.mark.parametrize(("name", "value"), BAD.items())
def test_a_bad_value_is_one_problem_that_names_its_variable_and_never_its_value(name, value):
    problems = told(of(**{name: value}))
    assert len(problems) == 1
    assert re.match(name.replace("OLLAMA_MODELS", "OLLAMA_BASE_URL") + r"\b", problems[0])
    assert "hunter22" not in problems[0]
    assert re.search(r"\b(write|paste|type|use|choose|map|set)\b", problems[0])


def test_all_bad_values_together_leave_the_defaults():
    settings = of(**BAD)
    assert len(settings.problems) == len(BAD)
    assert settings.keys == {} and settings.base_urls == {} and settings.compatible == {}
    assert settings.azure == Azure() and settings.read_timeout_s == 60
    assert {"openai", "anthropic", "gemini", "mistral", "azure", "ollama"} == set(settings.broken)


def test_secrets_are_hidden_from_reprs_and_from_every_text():
    secrets = ["plainopenai", "plainazure", "plaincompatible", "p%40ssword-db"]
    settings = of(
        OPENAI_API_KEY=secrets[0],
        AZURE_AI_FOUNDRY_KEY=secrets[1],
        COMPATIBLE_OLLAMA_BASE_URL="http://127.0.0.1:11434/v1",
        COMPATIBLE_OLLAMA_API_KEY=secrets[2],
        LLMSELECT_DATABASE_URL=f"postgresql://me:{secrets[3]}@db.example/llm",
    )
    assert settings.problems == () and settings.database_url.startswith("postgresql://me:")
    for secret in (*secrets, "p@ssword-db"):
        assert secret not in repr(settings)
        assert redact.hide(f"before {secret} after") == "before [hidden] after"


def test_a_database_password_is_hidden_wherever_the_url_holds_it():
    for url in ("postgresql://me:pass@one/1@db/llm", "postgresql+psycopg://db/llm?password=pass@two&sslmode=require"):
        assert of(LLMSELECT_DATABASE_URL=url).database_url == url
    assert redact.hide("pass@one/1, pass@two") == "[hidden], [hidden]"


def test_compatible_servers_get_lower_case_names_with_dashes():
    settings = of(
        COMPATIBLE_LM_STUDIO_BASE_URL="http://127.0.0.1:1234/v1/",
        COMPATIBLE_LM_STUDIO_MODELS="a, meta/b,a,",
        COMPATIBLE_VLLM_BASE_URL="https://gpu.example/v1",
        COMPATIBLE_VLLM_API_KEY="abcdef",
    )
    assert settings.problems == ()
    assert settings.compatible["lm-studio"].base_url == "http://127.0.0.1:1234/v1"
    assert settings.compatible["lm-studio"].models == ("a", "meta/b")
    assert settings.compatible["vllm"].api_key == "abcdef"


@pytest.mark.parametrize(
    ("pasted", "endpoint"),
    [
        ("https://x.openai.azure.com/", "https://x.openai.azure.com"),
        ("https://x.openai.azure.com/openai", "https://x.openai.azure.com"),
        ("https://x.openai.azure.com/openai/v1/", "https://x.openai.azure.com"),
        (
            "https://x.openai.azure.com/openai/deployments/a/chat/completions?api-version=2025-01-01-preview",
            "https://x.openai.azure.com",
        ),
        ("https://x.services.ai.azure.com/anthropic/v1/messages", "https://x.services.ai.azure.com"),
        ("https://x.services.ai.azure.com/api/projects/first", "https://x.services.ai.azure.com"),
        ("http://127.0.0.1:8765/azure", "http://127.0.0.1:8765/azure"),
        ("https://gateway.example/llm/openai/", "https://gateway.example/llm"),
        ("https://gateway.example/openai/proxy", "https://gateway.example/openai/proxy"),
    ],
)
def test_an_endpoint_is_taken_as_azure_shows_it(pasted, endpoint):
    settings = of(AZURE_AI_FOUNDRY_ENDPOINT=pasted)
    assert settings.azure.endpoint == endpoint and settings.problems == ()


def test_an_old_api_version_is_used_and_warned_about():
    settings = of(AZURE_AI_FOUNDRY_API_VERSION="2024-02-15-preview")
    assert settings.azure.api_version == "2024-02-15-preview" and "costs stay unknown" in told(settings)[0]
    assert of(AZURE_AI_FOUNDRY_API_VERSION="2024-09-01-preview").problems == ()
    assert of(AZURE_AI_FOUNDRY_API_VERSION="preview").problems == ()


def test_mappings_come_from_their_own_variables_and_from_the_list():
    azure = of(
        AZURE_DEPLOYMENT_GPT4O="mine",
        AZURE_DEPLOYMENT_MISTRAL_LARGE="v1:large",
        AZURE_DEPLOYMENTS="openai/gpt-4o=theirs, openai/gpt-5=deployments:five\nmeta/llama-4:free=llama_4.0",
    ).azure
    assert azure.deployments == {
        "openai/gpt-4o": Deployment("mine", None, "AZURE_DEPLOYMENT_GPT4O"),
        "openai/gpt-5": Deployment("five", "deployments", "AZURE_DEPLOYMENTS"),
        "meta/llama-4:free": Deployment("llama_4.0", None, "AZURE_DEPLOYMENTS"),
        "mistral/mistral-large-latest": Deployment("large", "v1", "AZURE_DEPLOYMENT_MISTRAL_LARGE"),
    }


def test_one_bad_item_leaves_the_others_of_the_list():
    settings = of(AZURE_DEPLOYMENTS="openai/gpt-5=five,openai/gpt-6,local/x=y,openai/gpt-7=a/b,mistral/m=eight")
    assert set(settings.azure.deployments) == {"openai/gpt-5", "mistral/m"}
    assert [re.search(r"item \d", said)[0] for said in told(settings)] == ["item 2", "item 3", "item 4"]


FOUNDRY, GATEWAY = "https://x.services.ai.azure.com", "https://gateway.example/llm"
NATIVE = {"openai/a": "deployments", "anthropic/a": "anthropic", "mistral/a": "v1", "meta/a": "v1", "gemini/a": None}


@pytest.mark.parametrize(
    ("endpoint", "wire", "expected"),
    [
        (FOUNDRY, "auto", NATIVE),
        (GATEWAY, "native", NATIVE),
        (GATEWAY, "auto", dict.fromkeys(NATIVE, "deployments")),
        ("https://x.openai.azure.com", "auto", dict.fromkeys(NATIVE, "deployments")),
        ("https://services.ai.azure.com.evil.example", "auto", dict.fromkeys(NATIVE, "deployments")),
        (FOUNDRY, "openai", dict.fromkeys(NATIVE, "deployments")),
    ],
)
def test_the_wire_follows_endpoint_and_provider(endpoint, wire, expected):
    azure = of(AZURE_AI_FOUNDRY_ENDPOINT=endpoint, AZURE_AI_FOUNDRY_WIRE=wire).azure
    assert {ref: wire_for(ref, azure) for ref in NATIVE} == expected


def test_a_mappings_prefix_beats_everything():
    azure = of(AZURE_AI_FOUNDRY_ENDPOINT=FOUNDRY, AZURE_DEPLOYMENTS="gemini/g=v1:g,openai/o=anthropic:o").azure
    assert (wire_for("gemini/g", azure), wire_for("openai/o", azure)) == ("v1", "anthropic")


FIRST = {"AZURE_AI_FOUNDRY_ENDPOINT": FOUNDRY, "AZURE_AI_FOUNDRY_KEY": "key-of-one"}


def test_further_endpoints_follow_the_first_in_the_order_of_their_numbers():
    further = {
        "AZURE_AI_FOUNDRY_ENDPOINT_9": "https://nine.openai.azure.com/openai/v1/",
        "AZURE_AI_FOUNDRY_KEY_9": "key-of-nine",
        "AZURE_AI_FOUNDRY_ENDPOINT_3": "https://three.openai.azure.com",
        "AZURE_AI_FOUNDRY_KEY_3": "key-of-three",
    }
    settings = of(**FIRST, **further)
    three = Endpoint("https://three.openai.azure.com", "key-of-three", 3)
    nine = Endpoint("https://nine.openai.azure.com", "key-of-nine", 9)
    assert settings.problems == () and settings.azure.endpoints == (Endpoint(FOUNDRY, "key-of-one"), three, nine)
    assert (nine.host, nine.variable("KEY")) == ("nine.openai.azure.com", "AZURE_AI_FOUNDRY_KEY_9")
    assert (settings.azure.endpoint, settings.azure.key) == (FOUNDRY, "key-of-one")
    assert "key-of" not in repr(settings) and redact.hide("key-of-nine") == "[hidden]"


def test_half_a_further_endpoint_is_a_problem_and_the_route_goes_on_without_it():
    for name, missing in (("ENDPOINT_2", "KEY_2"), ("KEY_2", "ENDPOINT_2")):
        settings = of(**FIRST, **{f"AZURE_AI_FOUNDRY_{name}": GATEWAY})
        (said,) = told(settings)
        assert said.startswith(f"AZURE_AI_FOUNDRY_{missing} is not set, but AZURE_AI_FOUNDRY_{name} is")
        assert settings.azure.endpoints == (Endpoint(FOUNDRY, "key-of-one"),) and settings.broken == {}


def test_with_entra_no_endpoint_needs_a_key():
    environ = {"AZURE_AI_FOUNDRY_AUTH": "entra", "AZURE_AI_FOUNDRY_ENDPOINT": FOUNDRY}
    settings = of(**environ, AZURE_AI_FOUNDRY_ENDPOINT_2=GATEWAY, AZURE_AI_FOUNDRY_SCOPE="api://llm/.default")
    assert settings.problems == () and settings.azure.scope == "api://llm/.default"
    assert settings.azure.endpoints == (Endpoint(FOUNDRY), Endpoint(GATEWAY, None, 2))


def test_each_endpoint_has_the_wire_that_it_speaks_itself():
    azure = of(**FIRST, AZURE_AI_FOUNDRY_ENDPOINT_2=GATEWAY, AZURE_AI_FOUNDRY_KEY_2="key-of-two").azure
    assert [wire for _, wire in serving("anthropic/a", azure)] == ["anthropic", "deployments"]
    assert [endpoint.number for endpoint, _ in serving("gemini/a", azure)] == [2]
