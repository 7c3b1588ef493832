"""Every figure is defined once: README, log, results and statistics name the same ones."""

from dataclasses import fields
from pathlib import Path

from sqlalchemy import Double, Integer, TypeDecorator

from llm_backends.metrics import METRIC, METRICS, MODEL_METRIC, RESULT_METRIC
from llm_backends.results.summary import SlotSummary, Spread
from llm_backends.store.figures import ModelStats
from llm_backends.store.tables import calls
from llm_backends.types import CallResult, Target, Usage

README = (Path(__file__).parent.parent / "README.md").read_text()
TARGET, STARTED = Target("openai", "gpt-4o", "direct"), "2026-11-23T12:00:00.000+00:00"
RESULT = CallResult(TARGET, "ok", STARTED, usage=Usage(12, 34), connect_ms=20, ttft_ms=300, tpot_ms=25)


def test_the_readme_has_this_table_and_nothing_else_in_it():
    rows = [f"| `{one.name}` | {one.label} | {one.unit} | {one.help} |" for one in METRICS]
    heads = "| name | label | unit | meaning |\n|---|---|---|---|\n"
    assert README.partition(heads)[2].partition("\n\n")[0].splitlines() == rows


def test_the_log_has_a_column_for_each_figure_in_the_type_of_its_unit_and_no_number_besides():
    kinds = {"ms": Double, "USD": Double, "tokens": Integer, "count": Integer, "text": TypeDecorator}
    logged = [one for one in METRICS if one.logged]
    assert all(isinstance(calls.c[one.name].type, kinds[one.unit]) for one in logged)
    numbers = {column.name for column in calls.c if isinstance(column.type, Double | Integer)}
    numbers -= {"slot", "prompt_number", "repeat"}  # a call's place, not a figure of it
    assert numbers <= {one.name for one in logged}


def test_every_figure_of_a_result_has_the_name_of_its_column():
    for name, value in RESULT.columns().items():
        assert name not in METRIC or (METRIC[name].logged and METRIC[name].of(RESULT) == value)
    assert {one.name for one in METRICS if one.logged} <= RESULT.columns().keys()
    assert not [one.name for one in METRICS if not one.logged and one.name in RESULT.columns()]


def test_figures_that_follow_from_others():
    assert METRIC["ttft_open_ms"].of(RESULT) == 280 and METRIC["tokens_per_s"].of(RESULT) == 40
    assert METRIC["ttft_open_ms"].of(CallResult(TARGET, "ok", STARTED, ttft_ms=300)) == 300
    assert METRIC["output_tokens"].of(CallResult(TARGET, "ok", STARTED)) is None


def test_the_figures_of_a_model_are_those_of_its_statistics():
    assert MODEL_METRIC.keys() == {field.name for field in fields(ModelStats)} - {"provider", "model", "route"}
    assert MODEL_METRIC["ttft_p95_ms"].heading == "First token p95 (ms)"
    assert MODEL_METRIC["tokens_per_s_p50"].unit == "tokens/s"


def test_the_figures_of_a_slot_are_those_of_its_summary():
    of_slot = {field.name for field in fields(SlotSummary)} - {"slot", "name", "label", "errors"}
    spreads = {"ttft_ms", "ttfat_ms", "tpot_ms", "total_ms"}
    named = {f"{name[:-3]}_{statistic}" for name in spreads for statistic in ("p50_ms", "p95_ms", "n")}
    rate = {"pass_rate_low", "pass_rate_high", "pass_rate_prompts"}
    assert RESULT_METRIC.keys() == (of_slot - spreads) | named | rate
    spread = dict.fromkeys(spreads, Spread(1.0, None, 3))
    facts = dict.fromkeys(of_slot - spreads, 0) | {"slot": 0, "name": "", "label": "", "errors": ()}
    row = SlotSummary(**facts | spread | {"pass_rate": None, "open": 7}).columns()
    assert (row["ttft_p50_ms"], row["ttft_p95_ms"], row["ttft_n"], row["open"]) == (1.0, None, 3, 7)
    assert (row["pass_rate"], row["pass_rate_low"], row["pass_rate_prompts"]) == (None, None, 0)
