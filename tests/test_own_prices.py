"""Own prices and discounts: which row holds, what a call then costs and where that is from, and what is refused."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from llm_backends import Catalog, race, settings
from llm_backends.catalog.prices import cost, price_per_mtok
from llm_backends.experiments.estimate import prices as estimated
from llm_backends.experiments.plan import ExperimentPlan, Limits, RoutedSlot, faults
from llm_backends.sentences import problem, sentence
from llm_backends.settings.preferences import applied, fault
from llm_backends.settings.prices.kept import preference, row
from llm_backends.settings.prices.prices import Prices
from llm_backends.types import Message, Target, Usage

HEAD = "from,model,route,input_usd_per_mtok,output_usd_per_mtok,cached_input_usd_per_mtok,percent_off\n"
NOVEMBER, DECEMBER = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC)
USED = Usage(1_000_000, 100_000, 400_000)


@pytest.fixture
def table(tmp_path):
    """Settings under a prices.csv with this text."""

    def written(text: str | bytes, head: str = HEAD):
        path = tmp_path / "prices.csv"
        path.write_bytes(text if isinstance(text, bytes) else (head + text).encode())
        return settings.load({"LLMSELECT_PRICES": str(path)}, None)

    return written


def of(found, ref="openai/gpt-4o", route="azure", at=DECEMBER, usage=USED):
    provider, _, model = ref.partition("/")
    return cost(Target(provider, model, route), usage, at, found.prices)


def told(found):
    return [problem(one) for one in found.problems]


def test_a_call_is_priced_by_the_row_in_force_when_it_began(table):
    found = table("2026-11-01,openai/gpt-4o,,2,8,1,\n2026-12-01,openai/gpt-4o,all,1,4,,\n")
    assert found.problems == ()
    usd, source = of(found, at=NOVEMBER)
    assert usd == pytest.approx(0.6 * 2 + 0.4 * 1 + 0.1 * 8) and source == "own price from 2026-11-01 (prices.csv)"
    assert of(found)[0] == pytest.approx(1 + 0.1 * 4), "without a price of their own cached tokens cost as the others"
    last, first = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    assert [of(found, at=at)[1][-23:-13] for at in (last, first)] == ["2026-11-01", "2026-12-01"]
    assert "list price" in of(found, at=datetime(2026, 10, 31, tzinfo=UTC))[1]
    assert "list price" in of(found, "openai/gpt-4o-mini")[1]


def test_a_discount_is_off_the_list_and_says_so(table):
    found = table("2026-11-01,*,azure,,,,15\n2026-11-01,anthropic/*,,,,,10\n")
    plain, source = of(table(""))
    usd, told = of(found)
    assert usd == pytest.approx(plain * 0.85) and told == f"{source}, less 15 % from 2026-11-01 (prices.csv)"
    assert "borrowed" in told
    assert of(found, route="direct") == of(table(""), route="direct")
    assert of(found, "anthropic/claude-sonnet-4-5", "azure")[1].endswith("less 10 % from 2026-11-01 (prices.csv)")
    assert of(found, "nobody/knows", "azure")[0] is None
    price = price_per_mtok("openai", "gpt-4o", "azure", found.prices, DECEMBER)
    assert (price.input_usd, price.cached_input_usd, price.output_usd) == pytest.approx((2.125, 1.0625, 8.5))
    assert (price.kind, price.percent_off, str(price.since)) == ("borrowed", 15, "2026-11-01")
    long = Usage(400_000, 0)
    assert of(table("2026-01-01,gemini/*,,,,,50\n"), "gemini/gemini-2.5-pro", "direct", usage=long)[0] == pytest.approx(
        of(table(""), "gemini/gemini-2.5-pro", "direct", usage=long)[0] / 2
    )


def test_the_nearest_row_counts_and_of_those_the_latest_and_the_one_for_the_route(table):
    found = table(
        "2026-12-01,*,,,,,50\n2026-11-01,openai/*,,3,3,,\n2026-10-01,OPENAI/gpt-4o,,2,2,,\n"
        "2026-10-01,openai/gpt-4o,azure,1,1,,\n2026-11-15,openai/gpt-4o,direct,,,,0\n"
    )
    named = {("openai/gpt-4o", "azure"): 1.0, ("openai/gpt-5", "direct"): 3.0, ("openai/gpt-4o", "direct"): 2.5}
    for (ref, route), usd in named.items():
        assert price_per_mtok(*ref.split("/"), route, found.prices, DECEMBER).input_usd == usd, (ref, route)
    assert "for openai/*" in of(found, "openai/gpt-5")[1]
    assert "less 50 %" in of(found, "mistral/mistral-large-latest")[1]


def test_what_a_row_does_not_say_is_unknown_and_never_free(table):
    found = table("2026-11-01,openai/gpt-4o,,2,,,\n2026-11-01,openai/o3,,,5,,\n2026-11-01,local/*,,0,0,,\n")
    assert of(found) == (None, "own price from 2026-11-01 (prices.csv), which has none for tokens out")
    assert of(found, "openai/o3")[1].endswith("which has none for tokens in")
    assert of(found, usage=Usage(1000, 0))[0] == pytest.approx(0.002)
    assert of(found, "local/any", "local")[0] == 0, "a zero that somebody wrote is one"
    assert of(table(""), "local/any", "local") == (None, "runs on this machine: nobody bills it")
    assert of(found, usage=Usage(10, 1, 20)) == (None, "the provider's token counts contradict each other")
    assert "usage unknown" in of(found, usage=None)[1]


BAD = {
    "2026-13-01,openai/o3,,1,1,,": ("no day from which", "openai/o3"),
    "20261101,openai/o3,,1,1,,": ("no day from which", "openai/o3"),
    ",openai/o3,,1,1,,": ("no day from which", "openai/o3"),
    "2026-11-01,o3,,1,1,,": ("names no model", "*"),
    "2026-11-01,openai/o*,,1,1,,": ("names no model", "*"),
    "2026-11-01,,,1,1,,": ("names no model", "*"),
    "2026-11-01,openai/o3,bus,1,1,,": ("no route", "openai/o3"),
    "2026-11-01,openai/o3,,-1,1,,": ("no price in input_usd_per_mtok", "openai/o3"),
    "2026-11-01,openai/o3,,1,nan,,": ("no price in output_usd_per_mtok", "openai/o3"),
    "2026-11-01,openai/o3,,1,1,1_0,": ("no price in cached_input_usd_per_mtok", "openai/o3"),
    "2026-11-01,openai/o3,,1e400,1,,": ("no price in input_usd_per_mtok", "openai/o3"),
    "2026-11-01,openai/o3,,,,,101": ("no number from 0 to 100", "openai/o3"),
    "2026-11-01,openai/o3,,,,,": ("neither a price nor a discount", "openai/o3"),
    "2026-11-01,openai/o3,,1,1,,5": ("a price and a discount", "openai/o3"),
    "2026-11-01,openai/o3,,,1,1,": ("but none for the others", "openai/o3"),
    "2026-11-01,openai/o3,,1,1,,,2": ("more cells than there are columns", "openai/o3"),
    '2026-11-01,openai/o3,,1,1,,"': ("wrong quotes", "*"),
}


@pytest.mark.parametrize(("line", "expected"), BAD.items())
def test_a_bad_row_is_named_and_no_price_is_made_of_it(table, line, expected):
    said, model = expected
    found = table(f"2026-11-01,mistral/*,,1,2,,\n{line}\n")
    (one,) = told(found)
    assert one.startswith("prices.csv row 3 ") and said in one
    usd, source = of(found, "openai/o3")
    assert usd is None and source == f"the own price can't be read: {one}"
    assert of(found, "mistral/mistral-large-latest")[0] is not None, "the other rows are used"
    assert (of(found, "openai/gpt-4o")[0] is None) == (model == "*")


def test_a_table_that_cannot_be_read_leaves_every_cost_unknown_and_says_why(table, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for found, said in (
        (settings.load({"LLMSELECT_PRICES": str(tmp_path / "none.csv")}, None), "LLMSELECT_PRICES names no file"),
        (settings.load({"LLMSELECT_PRICES": str(tmp_path)}, None), "LLMSELECT_PRICES names no file"),
        (settings.load({"LLMSELECT_PRICES": str(tmp_path / "pipe")}, None), "LLMSELECT_PRICES names no file"),
        (settings.load({"LLMSELECT_PRICES": "a\nb"}, None), "LLMSELECT_PRICES holds a line break"),
        (table(b""), "has no column from"),
        (table("", head="from;model;percent_off\n"), "row 1 names a column that is not known (number 1)"),
        (table("", head="from,model,price\n"), "row 1 names a column that is not known (number 3)"),
        (table("", head="model,percent_off\n"), "row 1 has no column from"),
        (table("", head="from,model,model\n"), "row 1 names the column model twice"),
        (table(HEAD.encode() + b"2026-11-01,openai/o3,,1,1,,\n\xff\xfe"), "row 3 is not UTF-8"),
        (table(b"x" * 1_000_001), "is larger than 1 MB"),
    ):
        assert len(found.problems) == 1 and said in told(found)[0], told(found)
        assert of(found)[0] is None and "can't be read" in of(found)[1]


def test_a_table_of_too_many_rows_and_one_with_a_row_twice(table):
    many = table("".join(f"2026-11-01,openai/m{n},,1,1,,\n" for n in range(5_001)))
    assert "row 5,002 is one row too many" in told(many)[0]
    assert of(many, "openai/m3")[0] is not None and of(many)[0] is None
    twice = table("2026-11-01,openai/gpt-4o,,1,1,,\n2026-11-01,OpenAI/GPT-4o,all,2,2,,\n")
    assert "row 3 says what row 2 says" in told(twice)[0] and of(twice)[0] is None


def test_a_table_of_another_kind_is_not_told_line_by_line(table):
    found = told(table("x,y\n" * 300))
    assert len(found) == 6 and found[-1] == "prices.csv has 295 more rows that can't be used."


def test_a_file_as_excel_saves_it_is_read(table):
    text = "﻿" + HEAD.upper() + '\n2026-11-01, openai/gpt-4o ,Azure,"2.50",10,,,,\n,,,,,,\n'
    assert of(found := table(text.replace("\n", "\r\n").encode())) == (
        pytest.approx(2.5 + 1),
        "own price from 2026-11-01 (prices.csv)",
    )
    assert found.problems == ()


def test_rows_of_the_settings_page_take_the_place_of_the_files(table):
    file = table("2026-11-01,openai/gpt-4o,,2,2,,\n2026-12-01,openai/gpt-4o,,4,4,,\n")
    chosen = {"price 2026-11-01 openai/gpt-4o all": {"input_usd_per_mtok": 3, "output_usd_per_mtok": 3.0}}
    both = applied(file, chosen, {})
    assert both.problems == () and of(both, at=NOVEMBER)[1] == "own price from 2026-11-01 (Settings page)"
    assert of(both, at=NOVEMBER)[0] == pytest.approx(3.3) and of(both)[0] == pytest.approx(4.4)
    assert applied(file, {}, {}).prices == file.prices


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("price", {}),
        ("price 2026-11-01 openai/o3 all", {"input_usd_per_mtok": True}),
        ("price 2026-11-01 openai/o3 all", {"input_usd_per_mtok": float("nan")}),
        ("price 2026-11-01 openai/o3 all", [1]),
        ("price 2026-11-01 openai/o3 bus", {"percent_off": 5}),
        ("price today openai/o3 all", {"percent_off": 5}),
        ("price 2026-11-01  all", {"percent_off": 5}),
    ],
)
def test_a_kept_row_that_cannot_be_used_is_told_and_leaves_the_cost_unknown(name, value):
    if name == "price":
        assert applied(settings.load({}, None), {name: value}, {}).problems == ()
        return
    found = applied(settings.load({}, None), {name: value}, {})
    assert told(found) == [sentence(fault(name, value))] and told(found)[0].startswith("Settings page, price")
    assert of(found, "openai/o3")[0] is None


def test_a_row_is_kept_as_it_was():
    name, value = "price 2026-11-01 openai/gpt-4o azure", {"input_usd_per_mtok": 1e-07, "output_usd_per_mtok": 3.0}
    assert preference(row(name, value)) == (name, value)


def test_a_real_call_is_priced_by_them_and_so_are_catalogue_estimate_and_limits(sandbox, tmp_path):
    model = "sandbox.canned.tokens-7.ttft-1.rate-2000"
    today = datetime.now(UTC).date()
    (tmp_path / "p.csv").write_text(f"{HEAD}{today},openai/{model},,100000,200000,,\n2026-01-01,local/*,,2,6,,\n")
    found = settings.load(sandbox.environment() | {"LLMSELECT_PRICES": str(tmp_path / "p.csv")}, None)
    catalog = Catalog(found)
    *_, (_, result) = race([catalog.slot(f"openai/{model}", "direct", (Message("user", "Hello"),))])
    assert result.cost_usd == pytest.approx(0.1 * result.usage.input_tokens + 0.2 * result.usage.output_tokens)
    assert result.price_source == f"own price from {today} (p.csv) (simulated)"
    entry = catalog.entry(f"openai/{model}", "direct")
    assert (entry.output_usd_per_mtok, entry.price_source) == (200_000, f"own price from {today} (p.csv)")
    slots = (RoutedSlot(f"openai/{model}"), RoutedSlot("local/smollm2-135m-instruct"))
    plan = ExperimentPlan("Priced", "arithmetic", slots, limits=Limits(usd=1.0))
    assert [one.usd(1, 1) for one in estimated(plan, catalog)] == pytest.approx([0.3, 8e-6])
    assert [one for one in faults(plan, catalog) if one.reason == "no price"] == []
    half = applied(found, {f"price {today} openai/{model} direct": {"input_usd_per_mtok": 1.0}}, {})
    (no_price,) = faults(plan, Catalog(half))
    assert "which has none for tokens out" in sentence(no_price)


def test_thousands_of_rows_price_a_catalogue_in_a_moment():
    from llm_backends.clock import now_ms

    since = datetime(2020, 1, 1, tzinfo=UTC).date()
    rows = tuple(
        row(f"price {since + timedelta(days=n % 50)} openai/m{n // 50} all", {"percent_off": 5}) for n in range(5_000)
    )
    prices, began = Prices(rows), now_ms()
    for n in range(1_000):
        prices.at("openai", f"m{n % 200}", "direct", NOVEMBER)
    assert now_ms() - began < 500
