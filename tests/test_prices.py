from datetime import UTC, datetime
from importlib.metadata import version

import pytest

from llm_backends.catalog.known_models import current
from llm_backends.catalog.price_list import context_window
from llm_backends.catalog.prices import cost, price_per_mtok
from llm_backends.settings.azure import MAPPED_BY
from llm_backends.settings.prices.prices import Prices
from llm_backends.types import Target, Usage
from llm_backends.vendors import PROVIDERS

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
USED = Usage(1000, 100)
LIST = f"genai-prices {version('genai-prices')}"


def of(ref, usage=USED, at=NOW, route="direct", simulated=False):
    provider, _, model = ref.partition("/")
    return cost(Target(provider, model, route, simulated=simulated), usage, at, Prices())


def test_a_known_model_costs_what_its_list_says():
    assert of("openai/gpt-4o") == (pytest.approx((1000 * 2.5 + 100 * 10) / 1e6), f"{LIST}, OpenAI's list price")
    assert of("gemini/gemini-2.5-flash")[1] == f"{LIST}, Google's list price"


def test_cached_tokens_are_inside_the_input_and_cost_less():
    assert of("openai/gpt-4o", Usage(1000, 0, 600))[0] == pytest.approx((400 * 2.5 + 600 * 1.25) / 1e6)
    assert of("anthropic/claude-sonnet-4-5", Usage(1000, 0, 600))[0] == pytest.approx((400 * 3 + 600 * 0.3) / 1e6)


def test_reasoning_tokens_are_inside_the_output_and_not_paid_twice():
    assert of("openai/o3", Usage(1000, 500, reasoning_tokens=400)) == of("openai/o3", Usage(1000, 500))


def test_a_long_prompt_pays_the_long_prompts_price():
    short, long = of("gemini/gemini-2.5-pro", Usage(100_000, 0))[0], of("gemini/gemini-2.5-pro", Usage(400_000, 0))[0]
    assert long == pytest.approx(8 * short)
    assert price_per_mtok("gemini", "gemini-2.5-pro", "direct", Prices()).said.endswith("long prompts cost more")


def test_the_price_is_the_one_of_the_day():
    from genai_prices.data_snapshot import get_snapshot

    openai = next(provider for provider in get_snapshot().providers if provider.id == "openai")
    entry = next(model for model in openai.models if model.id == "o3")
    assert isinstance(entry.prices, list), "o3's price changed on 2025-06-10"
    assert of("openai/o3", at=datetime(2025, 6, 1, tzinfo=UTC))[0] > of("openai/o3")[0]


def test_a_version_is_priced_as_its_model_and_the_label_names_that():
    for ref, entry in {
        "anthropic/claude-3-5-sonnet-20241022": "claude-3-5-sonnet",
        "anthropic/claude-3-opus-20240229": "claude-3-opus-latest",
        "anthropic/claude-opus-4-20250514": "claude-opus-4-0",
        "openai/gpt-4o-2024-11-20": "gpt-4o",
        "gemini/gemini-2.5-pro-preview-05-06": "gemini-2.5-pro",
        "mistral/mistral-large-latest": "mistral-large",
    }.items():
        amount, source = of(ref)
        assert amount and source.endswith(f"list price for {entry}"), ref


@pytest.mark.parametrize(
    "ref",
    [
        "openai/gpt-4o-foo",
        "openai/gpt-5-nano-foo",
        "openai/my-gpt-4o",
        "anthropic/claude-3-5-sonnet-foo",
        "gemini/my-gemini-1.5-pro-x",
        "gemini/gemini-1.5-flash-8b",
        "gemini/gemini-2.5-pro-foo",
        "mistral/mistral-foo",
        "openai/omni-moderation",
        "openai/",
        "openai/" + "x" * 10_000,
        "openai/🦊",
    ],
)
def test_a_model_that_only_looks_like_a_known_one_has_no_price(ref):
    provider, _, model = ref.partition("/")
    assert of(ref) == (None, f"no price known for {ref} in {LIST}")
    price = price_per_mtok(provider, model, "direct", Prices())
    assert (price.input_usd, price.output_usd, price.kind) == (None, None, "unknown")
    assert context_window(provider, model) is None


def test_azure_is_priced_from_its_own_list_where_it_has_one():
    assert of("openai/o3-mini", route="azure")[1] == f"{LIST}, Microsoft Azure's list price"


def test_a_price_borrowed_for_azure_says_so():
    for ref, vendor in {"openai/gpt-4o": "OpenAI", "mistral/mistral-small-latest": "Mistral"}.items():
        amount, source = of(ref, route="azure")
        assert amount == of(ref)[0]
        assert source == f"{LIST}, {vendor}'s list price, borrowed: Azure's own is not known"


def test_what_nobody_bills_or_knows_has_no_cost_and_says_why():
    assert of("local/smollm2-135m-instruct", route="local") == (None, "runs on this machine: nobody bills it")
    assert of("ollama/gpt-4o") == (None, "no price known for ollama")
    assert of("openai/gpt-4o", None)[0] is None and "usage unknown" in of("openai/gpt-4o", None)[1]


def test_counts_that_contradict_each_other_have_no_cost():
    assert of("openai/gpt-4o", Usage(100, 10, cached_input_tokens=600))[0] is None


def test_a_simulated_call_is_priced_as_if_real_and_says_so():
    amount, source = of("openai/gpt-4o", simulated=True)
    assert amount == of("openai/gpt-4o")[0] and source == f"{LIST}, OpenAI's list price (simulated)"


def test_every_current_model_and_all_but_one_of_the_seed_have_a_price():
    refs = [f"{provider}/{model}" for provider in PROVIDERS for model in current(provider)]
    unknown = {ref for ref in (*refs, *MAPPED_BY) if of(ref)[0] is None}
    assert unknown == {"gemini/gemini-1.5-flash-8b"}
