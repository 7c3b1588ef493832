"""What the pages show: formats, safe markdown, picks, cards from the log, and the app without a browser."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from llm_backends import settings
from llm_backends.catalog.catalog import Catalog
from llm_backends.store.call_log import Comparison, LoggedCall
from llm_backends.types import Attempt, CallResult, Message, Target, Usage
from pages._compare import start, table, views
from pages._inputs import picks
from pages._shared import format, markdown, measures, session, waterfall

APP = str(Path(__file__).parent.parent / "app.py")
GPT = Target("openai", "gpt-4o", "direct", "api.openai.com")
DONE = CallResult(
    GPT,
    "ok",
    "2026-11-23T12:00:00.000+00:00",
    answer="Hello",
    finish_reason="stop",
    usage=Usage(12, 34),
    connect_ms=20.0,
    headers_ms=200.0,
    ttft_ms=300.0,
    ttfat_ms=300.0,
    total_ms=1300.0,
    tpot_ms=25.0,
    chunks=30,
    cost_usd=0.00042,
    price_source="genai-prices",
)
REFUSED = CallResult(
    GPT, "error", "2026-11-23T12:00:00.000+00:00", error_type="ConfigError", error_message="Set *it*.", load_ms=1.0
)


def view_of(*results: CallResult) -> views.View:
    calls = tuple(LoggedCall(str(slot), "c", slot, None, result) for slot, result in enumerate(results))
    return views.of_log(Comparison("c", "2026-11-23T12:00:00.000+00:00", None, "Hi", None, {}, len(calls), calls))


@pytest.mark.parametrize(
    ("ms", "shown"), [(None, "—"), (0.4, "0.4 ms"), (412.4, "412 ms"), (1234, "1.23 s"), (125_000, "2 min 05 s")]
)
def test_a_duration_reads_well_at_any_length(ms, shown):
    assert format.duration(ms) == shown


@pytest.mark.parametrize(
    ("usd", "shown"), [(None, "—"), (0.0, "$0.00"), (0.00042, "$0.00042"), (0.0123, "$0.012"), (1234.5, "$1,234.50")]
)
def test_a_cost_keeps_two_digits_and_unknown_is_not_zero(usd, shown):
    assert format.dollars(usd) == shown


def test_foreign_text_cannot_become_markdown():
    assert format.plain("![x](http://a) *b* $c$ :red[d] `e`").count("\\") == 17


@pytest.mark.parametrize(
    "hostile",
    [
        "![a](http://evil.example/a.png)",
        "![a][ref]\n\n[ref]: http://evil.example/a.png",
        "`![a](http://evil.example/a.png)`",
        "```mermaid\ngraph TD\nA[<img src='http://evil.example/a.png'>]\n```",
        "> - ~~~ MerMaid\n> graph TD",
        "```&#109;ermaid\ngraph TD\n```",
        "```&#10;~~~&amp;#109;ermaid mermaid\ngraph TD\n```",
    ],
)
def test_model_output_holds_neither_images_nor_diagrams(hostile):
    safe = markdown.safe_markdown(hostile)
    assert "![" not in safe and "mermaid" not in safe.lower() and "ermaid\n" not in safe.replace("mer\u2060maid\n", "")


def test_ordinary_markdown_passes_unchanged():
    text = "## Title\n\n- a **b**\n\n```python\nprint(1)\n```\n\n```x``` and ~~~ here"
    assert markdown.safe_markdown(text) == text


def test_a_growing_answer_is_shown_from_its_last_lines_with_code_still_code():
    text = "start\n```python\n" + "print(1)\n" * 1000
    tail = markdown.live_tail(text, 400)
    assert tail.startswith("```\nprint(1)\n") and text.endswith(tail[4:]) and len(tail) <= 404


def test_each_picked_model_can_be_picked_once_more():
    entries = Catalog(settings.load(environ={}, dotenv_path=None)).models("direct")
    picked = ["openai/gpt-4o", "openai/gpt-4o #2", "mine/model"]
    assert picks.options(entries, picked)[:5] == [*picked, "openai/gpt-4o #3", "mine/model #2"]
    assert not any("#" in option for option in picks.options(entries, [f"mine/{n}" for n in range(8)]))


def test_an_unready_model_says_in_the_picker_what_it_needs():
    catalog = Catalog(settings.load(environ={}, dotenv_path=None))
    entry = catalog.entry("openai/gpt-4o", "direct")
    assert picks.label("openai/gpt-4o #2", entry) == "openai/gpt-4o #2 · needs OPENAI_API_KEY"
    assert picks.pick_of(picks.label("openai/gpt-4o #2", entry)) == "openai/gpt-4o #2"


def test_without_a_key_the_embedded_model_is_picked_twice(sandbox_settings):
    alone = Catalog(settings.load(environ={}, dotenv_path=None))
    assert picks.default(alone.models("direct")) == ["local/smollm2-135m-instruct", "local/smollm2-135m-instruct #2"]
    found = picks.default(Catalog(sandbox_settings).models("direct"))
    assert [pick.partition("/")[0] for pick in found] == ["openai", "anthropic", "gemini", "mistral"]


def test_the_numbers_of_an_answer_are_named_and_the_unknown_ones_say_why():
    known = {measure.label: measure for measure in measures.measures(DONE)}
    assert known["First token"].value == "300 ms" and known["Tokens / s"].value == "40.0"
    assert "First visible" not in known and known["Cost"].value == "\\$0\\.00042"
    for measure in measures.measures(REFUSED):
        assert measure.value == "—" and measure.help.startswith("Unknown: ")


def test_a_failover_is_in_the_waterfall_and_the_card_tells_what_was_connected():
    tries = (
        Attempt("a.example", 0.0, 20.0, None, 400.0, 503, "ProviderDown"),
        Attempt("b.example", 900.0, 30.0, 1000.0, 2000.0, 200),
    )
    times = {"connect_ms": 30.0, "headers_ms": 1000.0, "ttft_ms": 1100.0, "ttfat_ms": 1100.0, "total_ms": 2000.0}
    target = Target("openai", "gpt-4o", "azure", "b.example")
    call = CallResult(target, "ok", "2026-11-25T12:00:00.000+00:00", "Hi", tries=tries, timed_from="socket", **times)
    ends = [(phase.name, phase.end_ms) for phase in waterfall.phases(call)]
    assert ends[:4] == [("Failed attempt", 400), ("Waiting", 900), ("Connecting", 930), ("Headers", 1000)]
    assert "connection opened in 30 ms" in measures.footnotes(call)
    assert "open connection" in measures.footnotes(replace(call, connect_ms=None))
    assert "timed from the SDK's call" in measures.footnotes(replace(call, timed_from="sdk"))


def test_the_phases_of_an_answer_follow_each_other_to_its_end():
    found = waterfall.phases(DONE)
    assert [phase.name for phase in found] == ["Connecting", "Headers", "First token", "Answer"]
    assert [phase.end_ms for phase in found] == [20, 200, 300, 1300]
    assert waterfall.phases(REFUSED) == []


def test_a_comparison_from_the_log_is_drawn_with_a_name_for_each_slot():
    view = view_of(DONE, REFUSED)
    assert [card.name for card in view.cards()] == ["openai/gpt-4o", "openai/gpt-4o #2"]
    assert not view.live and view.missing == 0


def test_the_csv_has_the_logs_columns_no_texts_and_no_formulas():
    target = Target("openai", "=1+1", "direct")
    odd = CallResult(target, "stopped", "2026-11-23T12:00:00.000+00:00", answer="secret")
    first, second = csv.DictReader(io.StringIO(table.as_csv(view_of(DONE, odd).cards(), "c")))
    assert float(first["ttft_ms"]) == 300 and first["output_tokens"] == "34" and first["comparison_id"] == "c"
    assert second["model"] == "'=1+1" and second["ttft_ms"] == "" and "answer" not in second


def test_a_conversation_goes_on_from_each_models_own_answer(sandbox_settings):
    from llm_backends.runs.live import Run
    from llm_backends.runs.plan import Plan, SlotPlan
    from llm_backends.runs.race import Race

    catalog = Catalog(sandbox_settings)
    models = ["openai/sandbox.tokens-3.ttft-1.rate-1000", "openai/sandbox.fault-400"]
    asked = [Message("system", "Be brief"), Message("user", "Hi")]
    race = Race([catalog.slot(ref, "direct", asked) for ref in models])
    race.start()
    assert race.wait(20)
    run = Run("id", "Hi", Plan(slots=tuple(map(SlotPlan, models))), race)
    turns = start.conversation(run, models[0])
    assert [turn.role for turn in turns] == ["user", "assistant"] and turns[1].content == race.lanes[0].answer
    assert start.conversation(run, models[1]) == [] == start.conversation(run, "other/model")


@pytest.fixture
def app(tmp_path, monkeypatch):
    """The dashboard without a browser, with no key, in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLMSELECT_DATABASE_URL", f"sqlite:///{tmp_path}/log.db")
    st.cache_resource.clear()

    def opened(**address) -> AppTest:
        page = AppTest.from_file(APP, default_timeout=30)
        for name, value in address.items():
            page.query_params[name] = value
        return page.run()

    yield opened
    parts = session.app()
    parts.runs.close()
    parts.log.close()
    st.cache_resource.clear()


def test_simulated_calls_are_left_out_where_providers_are_real(app):
    assert not app().switch_page("pages/insights.py").run().toggle(key="simulated").value


def test_a_run_without_prompt_or_model_says_what_is_missing(app):
    page = app()
    page.text_area(key="prompt").input("  ").run()
    page.button(key="run").click().run()
    assert [error.value for error in page.error] == ["Write a prompt first."]
    page.multiselect(key="models").set_value([]).run()
    page.button(key="run").click().run()
    assert [error.value for error in page.error] == ["Choose at least one model."]


def test_what_was_asked_is_kept_in_the_log_and_found_again_in_a_new_session(app):
    page = app()
    page.multiselect(key="models").set_value(["openai/gpt-4o", "openai/o3", "openai/gpt-4o #2"]).run()
    page.text_input(key="no temperature openai/o3")  # it takes none
    page.number_input(key="top_p").set_value(0.9)
    page.number_input(key="seed").set_value(7)
    page.multiselect(key="stop").set_value(["END", "\\n"])
    page.selectbox(key="reasoning_effort").set_value("max")
    page.number_input(key="temperature openai/gpt-4o #2").set_value(0.5)
    page.number_input(key="seed openai/gpt-4o #2").set_value(8)
    page.multiselect(key="stop openai/gpt-4o #2").set_value(["###"])
    page.selectbox(key="reasoning_effort openai/o3").set_value("low").run()
    (parameters,) = [one for one in page.expander if one.label.startswith("Parameters")]
    said = (
        "up to 1,024 tokens, top p 0.9, 2 stop sequences, seed 7, reasoning effort max, streaming, own settings for 2"
    )
    assert said in parameters.label.replace("\\", "")
    page.button(key="run").click().run()
    run = session.app().runs.get(page.session_state["run_id"])
    first, reasoning, second = (lane.request for lane in run.race.lanes)
    assert (first.top_p, first.stop, first.seed, first.reasoning_effort) == (0.9, ("END", "\n"), 7, "max")
    assert (reasoning.reasoning_effort, reasoning.seed, reasoning.temperature) == ("low", 7, None)
    assert (second.top_p, second.stop, second.seed, second.temperature) == (0.9, ("###",), 8, 0.5)
    assert run.wait(20) and session.app().log.flush(10)
    page.run()
    chips = [text.value.replace("\\", "") for text in page.markdown if "-badge[" in text.value]
    assert "top p 0.9" in chips[0] and "reasoning effort not sent" in chips[0]
    assert "top p not sent" in chips[1] and "reasoning effort low" in chips[1]

    kept = session.app().log.comparison(run.id)
    session.app().runs.close()
    session.app().log.close()
    st.cache_resource.clear()
    again = app(run=run.id)
    state = again.session_state
    assert views.of_log(kept).plan == run.plan
    assert (state["top_p"], state["stop"], state["seed"], state["reasoning_effort"]) == (0.9, ["END", "\\n"], 7, "max")
    assert (state["seed openai/gpt-4o #2"], state["reasoning_effort openai/o3"]) == (8, "low")
    assert state["stop openai/gpt-4o #2"] == ["###"] and not again.exception


def test_a_comparison_that_an_older_version_kept_is_opened_with_what_it_asked(app):
    app()
    kept = {"route": "direct", "models": ["openai/gpt-4o", "openai/gpt-4o #2"], "max_tokens": 77, "temperature": 5}
    kept |= {"stream": False, "overrides": {"openai/gpt-4o #2": {"temperature": 0.5, "system": "Rhyme."}}}
    log = session.app().log
    id = log.open_comparison("Why?", "Be brief.", kept, 2)
    log.record(id, 1, DONE)
    assert log.flush(10)
    page = app(run=id)
    state = page.session_state
    assert (state["prompt"], state["system"], state["stream"]) == ("Why?", "Be brief.", False)
    assert (state["max_tokens"], state["temperature"], state["top_p"]) == (77, 2.0, None)
    assert (state["temperature openai/gpt-4o #2"], state["system openai/gpt-4o #2"]) == (0.5, "Rhyme.")
    assert ["temperature 0.5" in text.value.replace("\\", "") for text in page.markdown if "-badge[" in text.value] == [
        True
    ]
    assert not page.exception


def test_the_toggle_explains_itself_when_azure_is_not_configured(app):
    page = app(route_azure="true")
    assert page.toggle(key="route_azure").value
    said = " ".join(warning.value for warning in page.warning)
    assert "AZURE_AI_FOUNDRY_ENDPOINT" in said and "AZURE_AI_FOUNDRY_KEY" in said
    assert not page.exception


def test_without_key_and_database_each_is_told_in_its_place(app, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("LLMSELECT_DATABASE_URL", f"sqlite:///{tmp_path}/file/log.db")
    page = app()
    page.multiselect(key="models").set_value(["openai/gpt-4o"]).run()
    page.button(key="run").click().run()
    run = session.app().runs.get(page.session_state["run_id"])
    assert run.wait(20) and run.race.lanes[0].result.error_type == "ConfigError"
    page.run()
    told = [error.value.replace("\\", "") for error in page.main.error]
    assert told == ["Set OPENAI_API_KEY in .env or the environment."]
    assert "can't be written" in page.sidebar.error[0].value.replace("\\", "")


def test_a_prompt_of_a_megabyte_is_not_echoed(app):
    page = app()
    page.multiselect(key="models").set_value(["openai/gpt-4o"]).run()
    page.text_area(key="prompt").input("x\0 😀" * 250_000).run()
    page.button(key="run").click().run()
    assert not page.exception and max(len(caption.value) for caption in page.caption) < 1000


def test_an_unknown_comparison_in_the_address_is_told(app):
    page = app(run="nowhere")
    assert "neither running nor in the call log" in page.info[0].value and not page.exception


def test_times_of_day_are_told_on_this_machines_clock():
    assert format.moment(datetime.now(UTC)).startswith("today ")
    assert format.moment("2020-02-03T12:00:00.000+00:00")[:5] in ("3 Feb", "2 Feb", "4 Feb")


def test_a_table_is_drawn_of_calls_that_never_left():
    def script():
        from dataclasses import replace

        from pages._compare import table
        from tests.test_pages import REFUSED, view_of

        table.draw(view_of(replace(REFUSED, attempts=0)).cards(), "c", whole=True)

    page = AppTest.from_function(script).run()
    assert not page.exception and len(page.dataframe) == 1
