import re
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from llm_backends.catalog.catalog import Catalog
from llm_backends.catalog.known_models import current, newest_first
from llm_backends.errors import AuthError, ConfigError, ProviderDown
from llm_backends.sentences import sentence
from llm_backends.settings import load
from llm_backends.settings.azure import MAPPED_BY
from llm_backends.types import Message
from llm_backends.vendors import PROVIDERS

HELLO = (Message("user", "Hello"),)
KEYS = {variable: f"{variable.lower()}-abcdef" for provider in PROVIDERS.values() for variable in provider.keys[:1]}
FOUNDRY = {
    "AZURE_AI_FOUNDRY_ENDPOINT": "https://x.services.ai.azure.com",
    "AZURE_AI_FOUNDRY_KEY": "azure-abcdef",
    "AZURE_DEPLOYMENT_GPT4O": "four-o",
    "AZURE_DEPLOYMENTS": "anthropic/claude-opus-5=opus,meta/llama-4=llama",
}


def of(**environ) -> Catalog:
    return Catalog(load(environ, None))


def refs(catalog, route="direct"):
    return [entry.ref for entry in catalog.models(route)]


def refusal(backend):
    with pytest.raises(ConfigError) as caught:
        next(iter(backend.stream(None)))
    return str(caught.value)


def test_the_seeds_models_and_todays_are_there_once_by_provider_newest_first():
    found = refs(of())
    assert len(found) == len(set(found)) and set(MAPPED_BY) < set(found)
    providers = [ref.partition("/")[0] for ref in found]
    assert list(dict.fromkeys(providers)) == ["openai", "anthropic", "gemini", "mistral", "local"]
    assert found.index("openai/gpt-5.4") < found.index("openai/gpt-5.1") < found.index("openai/gpt-4o")
    assert found.index("anthropic/claude-opus-5-5") < found.index("anthropic/claude-3-opus-20240229")


def test_no_model_of_another_trade_and_no_name_of_a_mere_price_row_is_offered():
    for provider in PROVIDERS:
        models = current(provider)
        assert 5 <= len(models) <= 30, provider
        wrong = r"embed|image|audio|realtime|tts|transcri|whisper|moderation|live|ocr|instruct|codex|:|free|^ft|-pro$"
        assert [m for m in models if re.search(wrong, m)] in ([], ["gemini-2.5-pro"])
    assert not [model for model in current("gemini") if not model.startswith("gemini-")]
    assert "mistral-medium-3-1" not in current("mistral") and "mistral-large" not in current("mistral")


def test_versions_are_ordered_as_numbers():
    models = ["m-9", "m-5.1", "gpt-4o", "m-12", "m-5", "m-2512", "m-14b-2603", "m-latest"]
    assert newest_first(models) == ("m-latest", "m-12", "m-9", "m-5.1", "m-5", "gpt-4o", "m-14b-2603", "m-2512")


def test_without_any_setting_only_the_embedded_model_is_ready():
    entries = of().models("direct")
    assert [entry.ref for entry in entries if entry.ready] == ["local/smollm2-135m-instruct"]
    why = {entry.provider: entry.why_not and sentence(entry.why_not) for entry in entries}
    assert why["openai"] == "Set OPENAI_API_KEY in .env or the environment."
    assert why["gemini"] == "Set GEMINI_API_KEY or GOOGLE_API_KEY in .env or the environment."


def test_with_its_key_every_model_of_a_provider_is_ready_any_other_id_included():
    catalog = of(**KEYS)
    assert all(entry.ready and entry.why_not is None for entry in catalog.models("direct"))
    typed = catalog.entry(" OpenAI/gpt-99-tomorrow ", "direct")
    assert (typed.ref, typed.ready, typed.source) == ("openai/gpt-99-tomorrow", True, "typed")
    assert (typed.context_window, typed.input_usd_per_mtok) == (None, None)


def test_an_entry_has_window_price_and_source():
    entry = of().entry("openai/gpt-4o", "direct")
    assert (entry.provider, entry.model, entry.name, entry.source) == ("openai", "gpt-4o", "gpt-4o", "built-in")
    assert (entry.context_window, entry.input_usd_per_mtok, entry.output_usd_per_mtok) == (128000, 2.5, 10)
    assert "OpenAI's list price" in entry.price_source
    assert of().entry("openai/gpt-5.4", "direct").source == "genai-prices"


@pytest.mark.parametrize("ref", ["", "/", "gpt-4o", "openai/", "/gpt-4o", "openai/a\0b", "\ud800/x", "x" * 1_000_000])
@pytest.mark.parametrize("route", ["direct", "azure"])
def test_a_malformed_name_says_how_to_write_one(ref, route):
    entry = of(**KEYS, **FOUNDRY).entry(ref, route)
    assert not entry.ready and entry.why_not.reason == "no model"
    assert entry.ref.isprintable() and len(entry.ref) <= 201
    assert refusal(of().backend(ref, route)) == sentence(entry.why_not)
    assert sentence(entry.why_not).startswith("Write the model as provider/model")


def test_an_unknown_provider_is_told_which_there_are():
    catalog = of(COMPATIBLE_OLLAMA_BASE_URL="http://127.0.0.1:11434/v1")
    why = sentence(catalog.entry("opneai/gpt-4o", "direct").why_not)
    assert "no provider opneai" in why and "openai, anthropic, gemini, mistral, local, ollama" in why


def test_a_broken_base_url_never_falls_back_on_the_vendor():
    catalog = of(**KEYS, OPENAI_BASE_URL="gateway.example/v1", COMPATIBLE_OLLAMA_BASE_URL="nonsense")
    for ref, variable in {"openai/gpt-4o": "OPENAI_BASE_URL", "ollama/llama": "COMPATIBLE_OLLAMA_BASE_URL"}.items():
        assert not catalog.entry(ref, "direct").ready
        assert refusal(catalog.backend(ref, "direct")).startswith(f"{variable} is not a URL")


def test_azure_names_what_is_missing_one_after_the_other():
    def why(ref, **environ):
        return sentence(of(**KEYS, **environ).entry(ref, "azure").why_not)

    endpoint = {"AZURE_AI_FOUNDRY_ENDPOINT": FOUNDRY["AZURE_AI_FOUNDRY_ENDPOINT"]}
    key = endpoint | {"AZURE_AI_FOUNDRY_KEY": "azure-abcdef"}
    tail = " in .env or the environment."
    assert why("openai/gpt-4o") == "Set AZURE_AI_FOUNDRY_ENDPOINT" + tail
    assert why("openai/gpt-4o", **endpoint) == "Set AZURE_AI_FOUNDRY_KEY" + tail
    assert why("openai/gpt-4o", **key) == "Set AZURE_DEPLOYMENT_GPT4O=your-deployment" + tail
    assert why("openai/gpt-5", **key) == "Set AZURE_DEPLOYMENTS=openai/gpt-5=your-deployment" + tail
    assert "does not offer Gemini" in why("gemini/gemini-1.5-pro", **key)
    gateway = key | {"AZURE_AI_FOUNDRY_WIRE": "openai"}
    assert why("gemini/gemini-1.5-pro", **gateway) == "Set AZURE_DEPLOYMENT_GEMINI_15_PRO=your-deployment" + tail
    assert "AZURE_AI_FOUNDRY_ENDPOINT is not a URL" in why("openai/gpt-4o", AZURE_AI_FOUNDRY_ENDPOINT="nonsense")


@pytest.mark.parametrize(
    ("ref", "route", "environ", "missing", "mendable"),
    [
        ("gemini/gemini-2.5-pro", "direct", {}, ("GEMINI_API_KEY", "GOOGLE_API_KEY"), "key"),
        ("openai/gpt-4o", "direct", {"OPENAI_API_KEY": "two words"}, ("OPENAI_API_KEY",), "key"),
        ("openai/gpt-4o", "direct", {"OPENAI_BASE_URL": "nonsense"}, ("OPENAI_BASE_URL",), None),
        ("openai/gpt-4o", "azure", {}, ("AZURE_AI_FOUNDRY_ENDPOINT",), None),
        ("openai/gpt-5", "azure", {**FOUNDRY, "AZURE_AI_FOUNDRY_KEY": ""}, ("AZURE_AI_FOUNDRY_KEY",), "key"),
        ("openai/gpt-5", "azure", FOUNDRY, ("AZURE_DEPLOYMENTS",), "deployment"),
        ("openai/gpt-4", "azure", FOUNDRY, ("AZURE_DEPLOYMENT_GPT4",), "deployment"),
        ("foo/bar", "direct", {}, (), None),
    ],
)
def test_what_is_missing_is_known_without_reading_the_sentence(ref, route, environ, missing, mendable):
    why_not = of(**environ).entry(ref, route).why_not
    assert (why_not.ref, why_not.variables, why_not.mendable_in_settings) == (ref, missing, mendable)


def test_azure_needs_no_provider_key_and_lists_what_is_mapped():
    catalog = of(**FOUNDRY)
    ready = {entry.ref: entry for entry in catalog.models("azure") if entry.ready}
    assert set(ready) == {"openai/gpt-4o", "anthropic/claude-opus-5", "meta/llama-4", "local/smollm2-135m-instruct"}
    assert (ready["openai/gpt-4o"].deployment, ready["openai/gpt-4o"].route) == ("four-o", "azure")
    assert ready["meta/llama-4"].source == "environment"
    assert "meta/llama-4" not in refs(catalog, "direct")
    assert catalog.entry("meta/llama-4", "direct").why_not.reason == "Azure only"


def test_entra_needs_no_key():
    environ = {name: value for name, value in FOUNDRY.items() if name != "AZURE_AI_FOUNDRY_KEY"}
    assert of(**environ, AZURE_AI_FOUNDRY_AUTH="entra").entry("openai/gpt-4o", "azure").ready


def test_a_slot_is_tried_as_often_as_the_settings_say():
    catalog = of(**KEYS, LLMSELECT_MAX_ATTEMPTS="7")
    assert catalog.slot("openai/gpt-4o", "direct", HELLO).retries.attempts == 7
    assert of(**KEYS).slot("openai/gpt-4o", "direct", HELLO).retries.attempts == 3


def test_local_models_stay_local_whatever_the_toggle_says():
    catalog = of(**FOUNDRY)
    for route in ("direct", "azure"):
        entry = catalog.entry("local/smollm2-135m-instruct", route)
        assert (entry.route, entry.ready, entry.source, entry.price_source) == (
            "local",
            True,
            "local",
            "runs on this machine: nobody bills it",
        )
    assert catalog.backend("local/smollm2-135m-instruct", "azure") is catalog.backend(
        "local/smollm2-135m-instruct", "direct"
    )


def test_gguf_files_become_models_and_nothing_else_does(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    (tmp_path / "secret.gguf").touch()
    names = ("Qwen3 4B.gguf", "mmproj-Qwen3.gguf", "big-00001-of-00002.gguf", "big-00002-of-00002.gguf", "notes.txt")
    for name in names:
        (folder / name).touch()
    catalog = of(LOCAL_MODELS_DIR=str(folder))
    local = [ref for ref in refs(catalog) if ref.startswith("local/")]
    assert local == ["local/smollm2-135m-instruct", "local/Qwen3 4B", "local/big-00001-of-00002"]
    assert catalog.entry("local/Qwen3 4B", "direct").ready
    for ref in ("local/../secret", "local/other"):
        assert "LOCAL_MODELS_DIR" in sentence(catalog.entry(ref, "direct").why_not)
    assert "Set LOCAL_MODELS_DIR" in sentence(of().entry("local/other", "direct").why_not)


def test_the_retired_gemini_sdk_is_asked_for_where_it_is_missing():
    catalog = of(**KEYS, GEMINI_SDK="google-generativeai")
    entry = catalog.entry("gemini/gemini-2.5-pro", "direct")
    installed = find_spec("google.generativeai") is not None
    assert entry.ready if installed else "requirements-gemini-legacy.txt" in sentence(entry.why_not)


@pytest.mark.parametrize(
    ("ref", "adapter", "host"),
    [
        ("openai/gpt-4o", "OpenAIBackend", "api.openai.com"),
        ("anthropic/claude-opus-5", "AnthropicBackend", "api.anthropic.com"),
        ("gemini/gemini-2.5-pro", "GeminiBackend", "generativelanguage.googleapis.com"),
        ("mistral/mistral-large-latest", "MistralBackend", "api.mistral.ai"),
        ("ollama/meta/llama", "OpenAIBackend", "127.0.0.1:11434"),
        ("local/smollm2-135m-instruct", "LocalBackend", None),
    ],
)
def test_each_provider_gets_its_adapter_and_the_host_that_will_be_called(ref, adapter, host):
    backend = of(**KEYS, COMPATIBLE_OLLAMA_BASE_URL="http://127.0.0.1:11434/v1").backend(ref, "direct")
    assert (type(backend).__name__, backend.target.ref, backend.target.endpoint_host) == (adapter, ref, host)
    assert not backend.target.simulated


def test_a_base_url_changes_the_host():
    backend = of(**KEYS, OPENAI_BASE_URL="https://gateway.example:8443/v1/").backend("openai/gpt-4o", "direct")
    assert backend.target.endpoint_host == "gateway.example:8443"


def test_a_slot_asks_azure_by_deployment_and_the_vendor_by_model():
    catalog = of(**KEYS, **FOUNDRY)
    azure = catalog.slot("openai/gpt-4o", "azure", HELLO, max_tokens=5, temperature=0.5, stream=False)
    direct = catalog.slot("openai/gpt-4o", "direct", HELLO)
    assert (azure.request.model, azure.request.max_tokens, azure.request.stream) == ("four-o", 5, False)
    assert azure.backend.target.endpoint_host == "x.services.ai.azure.com"
    assert azure.backend.target.deployment == "four-o" and azure.backend.target.model == "gpt-4o"
    assert (direct.request.model, direct.request.messages, direct.request.temperature) == ("gpt-4o", HELLO, None)


def test_a_backend_is_built_once_for_all_threads():
    catalog = of(**KEYS)
    with ThreadPoolExecutor(8) as pool:
        backends = set(pool.map(lambda _: catalog.backend("openai/gpt-4o", "direct"), range(64)))
    assert len(backends) == 1


def test_sandbox_calls_are_marked_as_simulated(sandbox):
    catalog = Catalog(load(sandbox.environment(), None))
    assert catalog.backend("openai/gpt-4o", "direct").target.simulated
    assert not catalog.backend("local/smollm2-135m-instruct", "direct").target.simulated


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_providers_own_list_joins_the_catalogue(sandbox, provider):
    settings = load(sandbox.environment(), None)
    catalog = Catalog(settings)
    before = set(refs(catalog))
    found = catalog.listed(provider)
    assert found and before | {f"{provider}/{model}" for model in found} == set(refs(catalog))
    assert f"{provider}/{found[0]}" in refs(catalog, "azure")


def test_a_compatible_servers_list_joins_the_catalogue(sandbox):
    environ = sandbox.environment()
    environ = {
        "COMPATIBLE_MINE_BASE_URL": environ["OPENAI_BASE_URL"],
        "COMPATIBLE_MINE_API_KEY": environ["OPENAI_API_KEY"],
        "COMPATIBLE_MINE_MODELS": "one",
    }
    catalog = of(**environ)
    found = catalog.listed("mine")
    assert [entry.ref for entry in catalog.models("direct") if entry.provider == "mine"] == [
        *(f"mine/{model}" for model in found),
        "mine/one",
    ]


def test_a_list_that_cannot_be_had_says_why(sandbox):
    with pytest.raises(ConfigError, match="Set OPENAI_API_KEY"):
        of().listed("openai")
    with pytest.raises(ConfigError, match="no provider foo"):
        of().listed("foo")
    settings = load(sandbox.environment(), None)
    with pytest.raises(AuthError):
        Catalog(replace(settings, keys={"anthropic": "wrong-key"})).listed("anthropic")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(ProviderDown):
        of(COMPATIBLE_GONE_BASE_URL=f"http://127.0.0.1:{port}/v1").listed("gone")
    assert of().listed("local") == ("smollm2-135m-instruct",)


def test_a_catalogue_and_its_backends_load_no_sdk():
    code = (
        "import sys; from llm_backends.catalog.catalog import Catalog; from llm_backends.settings import load\n"
        f"catalog = Catalog(load(dict.fromkeys({list(KEYS)}, 'abcdef'), None)); catalog.models('direct')\n"
        f"[catalog.backend(ref, 'direct') for ref in {[*MAPPED_BY, 'local/smollm2-135m-instruct']}]\n"
        "print([name for name in ('openai', 'anthropic', 'mistralai', 'google.genai', 'xllamacpp', 'sqlalchemy', "
        "'streamlit') if name in sys.modules])"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
