"""The Route lab on the sandbox, whose delays are known: what is paired, what is apart, and what is said of it."""

import contextlib
import csv
import io
import itertools
import json
import signal
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from llm_backends import Catalog, Message, race, sentences, settings
from llm_backends.experiments.live import Experiments
from llm_backends.experiments.plan import RoutedSlot, faults
from llm_backends.experiments.plan_file import PlanUnusable, from_json, from_yaml
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.prompt_sets.own import ROUTES, own_set
from llm_backends.results.columns import read
from llm_backends.route_lab.export import pairs_csv
from llm_backends.route_lab.outcome import outcome
from llm_backends.route_lab.plan import lab, sides_of
from llm_backends.route_lab.sentences import against_claim, apart, headline, markup, why_not
from llm_backends.route_lab.sides import Side, offer, offers, sides
from llm_backends.sandbox import serve
from llm_backends.store import experiments as kept
from llm_backends.store.call_log import CallLog
from llm_backends.store.tables import calls
from pages._shared import session

from .conftest import end_app

APP = str(Path(__file__).parent.parent / "app.py")
QUICK = "canned.ttft-4.rate-2000.tokens-4"
DIRECT, AZURE = Side("direct"), Side("azure")
_numbers = itertools.count(90_000)


@pytest.fixture
def live(tmp_path):
    log = CallLog(f"sqlite:///{tmp_path / 'log.db'}")
    live = Experiments(log)
    try:
        yield live
    finally:
        live.close()
        log.close()


def scripted(*servers, script: str = QUICK, on_azure: str | None = None):
    """A model of this test alone, and a catalogue that knows it on both routes, with an Azure endpoint a server."""
    name = f"sandbox.{script}.retry-{next(_numbers)}"
    deployment = name if on_azure is None else f"sandbox.{on_azure}.retry-{next(_numbers)}"
    environ = servers[0].environment() | {"AZURE_DEPLOYMENTS": f"openai/{name}={deployment}"}
    for number, server in enumerate(servers[1:], 2):
        environ |= server.region(number)
    return f"openai/{name}", Catalog(settings.load(environ=environ, dotenv_path=None))


def lines(count: int) -> tuple[Row, ...]:
    return tuple(Row(n, f"Question {n}") for n in range(1, count + 1))


def run(live, plan, prompts, catalog):
    """The outcome, once it is done, and the rows of its calls."""
    assert not list(faults(plan, catalog))
    id = live.add(plan, PromptSet.of("Test", prompts))
    engine = live.run(id, plan, prompts, catalog)
    assert engine.wait(60) and engine.progress.state == "done"
    database = live._log.database
    with database.reading() as connection:
        one = kept.one(connection, id)
        rows = connection.execute(calls.select().where(calls.c.experiment_id == id).order_by(calls.c.started_at)).all()
    return outcome(read(database, one)), rows


def host(server) -> str:
    return server.url.removeprefix("http://")


# Plans


def test_a_lab_comes_back_from_its_json_and_its_slots_tell_side_and_connection():
    plan = lab(["openai/gpt-4o", "openai/gpt-4o"], (DIRECT, Side("azure", "east.example.com")), repeats=3)
    assert plan.names == (
        "openai/gpt-4o (direct, open)",
        "openai/gpt-4o (azure east.example.com, open)",
        "openai/gpt-4o (direct, new)",
        "openai/gpt-4o (azure east.example.com, new)",
    )
    assert {slot.ref for slot in plan.slots} == {"openai/gpt-4o"} and plan.pairs == ((0, 1), (2, 3))
    assert from_json(json.loads(json.dumps(plan.to_json()))) == plan
    assert sides_of(plan) == ("Direct", "Azure")
    both = lab(["openai/gpt-4o"], (Side("azure", "east.example.com"), Side("azure", "west.example.com")))
    assert sides_of(both) == ("east.example.com", "west.example.com")


def test_a_prompt_set_may_name_connections_and_endpoints_too():
    text = """
name: Which endpoint
prompt_set: arithmetic
slots:
  - {model: openai/gpt-4o, connection: new}
  - {model: openai/gpt-4o, route: azure, endpoint: east.example.com}
"""
    plan = from_yaml(text)
    assert plan.kind == "prompt set" and plan.slots == (
        RoutedSlot("openai/gpt-4o", connection="new"),
        RoutedSlot("openai/gpt-4o #2", route="azure", endpoint="east.example.com"),
    )
    assert from_json(json.loads(json.dumps(plan.to_json()))) == plan


@pytest.mark.parametrize(
    "slot, told",
    [
        ("{model: openai/gpt-4o, connection: warm}", "slots 1: connection warm is not known: choose open or new."),
        ("{model: openai/gpt-4o, endpoint: here}", "slots 1: endpoint here: it names one of the Azure endpoints, and"),
        ("{model: openai/gpt-4o, route: azure, endpoint: [1]}", "slots 1: endpoint [1]: it names one of"),
        ("{model: openai/gpt-4o}\nkind: race", "kind race is not known: choose prompt set or route lab."),
    ],
)
def test_what_is_wrong_with_a_slots_way_is_told(slot, told):
    with pytest.raises(PlanUnusable) as caught:
        from_yaml(f"name: A\nprompt_set: arithmetic\nslots:\n  - {slot}\n")
    assert told in "\n".join(map(sentences.sentence, caught.value.faults))


def test_what_keeps_a_lab_from_running_is_told(sandbox):
    ref, catalog = scripted(sandbox)
    one_sided = from_json(lab([ref], (DIRECT, DIRECT)).to_json())
    assert [fault.reason for fault in faults(one_sided, catalog)] == ["no sides"]
    (first, _) = faults(lab([ref], (DIRECT, Side("azure", "nowhere"))), catalog)
    assert sentences.sentence(first).endswith(f"There is no such Azure endpoint: choose one of {host(sandbox)}.")
    legacy = Catalog(settings.load(sandbox.environment() | {"GEMINI_SDK": "google-generativeai"}, None))
    assert not legacy.sees_socket("gemini", "direct") and legacy.sees_socket("gemini", "azure")
    assert catalog.sees_socket("gemini", "direct")
    told = why_not(offer(legacy, "gemini/gemini-1.5-pro", DIRECT, AZURE), (DIRECT, AZURE))
    assert told.endswith("google-generativeai keeps its own connections: set GEMINI_SDK=google-genai.")


# Sides


def test_the_sides_are_the_direct_route_and_each_azure_endpoint(sandbox):
    with serve(canned=True) as second:
        ref, catalog = scripted(sandbox, second)
        direct, first, other = sides(catalog)
        assert (direct, first, other) == (DIRECT, Side("azure", host(sandbox)), Side("azure", host(second)))
        by_ref = {one.ref: one for one in offers(catalog, direct, other)}
    assert by_ref[ref].ready and next(iter(by_ref.values())).ready
    assert not any(one.startswith("local/") for one in by_ref)
    unmapped = by_ref["openai/gpt-5"]
    assert why_not(unmapped, (direct, other)) == (
        "Azure: Set AZURE_DEPLOYMENTS=openai/gpt-5=your-deployment in .env or the environment."
    )
    assert "no route leads there" in why_not(
        offer(catalog, "local/smollm2-135m-instruct", direct, other), (direct, other)
    )


def test_two_endpoints_of_one_host_are_told_apart_by_their_paths():
    environ = {
        "AZURE_AI_FOUNDRY_ENDPOINT": "https://gateway.example.com/east",
        "AZURE_AI_FOUNDRY_KEY": "k",
        "AZURE_AI_FOUNDRY_ENDPOINT_2": "https://gateway.example.com/west",
        "AZURE_AI_FOUNDRY_KEY_2": "k",
    }
    found = settings.load(environ, None).azure.named
    assert list(found) == ["gateway.example.com/east", "gateway.example.com/west"]


# Connections and endpoints


def test_a_new_connection_is_opened_for_each_call_and_closed_and_open_ones_are_used_again(live):
    with serve(canned=True) as server:
        ref, catalog = scripted(server)
        found, rows = run(live, lab([ref], (DIRECT, AZURE), repeats=2), lines(2), catalog)
        assert server.wait_for(lambda server: server.open_connections == 1)
        own = [one.connection for one in server.records]
    slots = {slot: [row for row in rows if row.slot == slot and row.prompt_number] for slot in range(4)}
    assert all(row.connect_ms is None for slot in (0, 1) for row in slots[slot])
    assert all(row.connect_ms > 0 for slot in (2, 3) for row in slots[slot])
    times = [own.count(connection) for connection in set(own)]
    assert sorted(times) == [1] * 10 + [10]  # 8 new calls and 2 warm-ups; 8 open ones and 2 warm-ups
    assert [(match.connection, match.pairs) for match in found.matches] == [("open", 4), ("new", 4)]


def test_a_call_at_a_certain_endpoint_never_fails_over(live):
    with serve(canned=True, fault="503") as broken, serve(canned=True) as second:
        ref, catalog = scripted(broken, second)
        plan = lab([ref], (Side("azure", host(broken)), Side("azure", host(second))), connections=["open"])
        catalog = Catalog(settings.load(_once(broken, second, ref), None))
        found, rows = run(live, plan, lines(2), catalog)
        assert {row.endpoint_host for row in rows if row.slot == 0} == {host(broken)}
        assert {row.status for row in rows if row.slot == 0} == {"error"}
        assert {row.endpoint_host for row in rows if row.slot == 1} == {host(second)}
        assert not any(row.failed_over_from for row in rows)
    (match,) = found.matches
    assert (match.sides[0].failed, match.sides[1].failed, match.pairs) == (10, 0, 0)
    assert list(apart(found, match)) == [f"{host(broken)}: 10 of 10 calls failed (ProviderDown 10)."]
    assert "0 pairs: too few to tell" in headline(found, match) and against_claim(found, match) is None


def _once(broken, second, ref) -> dict[str, str]:
    """Settings under which nothing is tried again."""
    environ = broken.environment() | second.region(2) | {"LLMSELECT_MAX_ATTEMPTS": "1"}
    return environ | {"AZURE_DEPLOYMENTS": f"{ref}={ref.partition('/')[2]}"}


# Outcomes


def test_a_delay_of_40_ms_is_a_real_difference_of_about_40_ms(live):
    with serve(canned=True, azure_delay_ms=40) as server:
        ref, catalog = scripted(server)
        found, rows = run(live, lab([ref], (DIRECT, Side("azure", host(server))), repeats=3), lines(6), catalog)
        records = {one.request_id: one for one in server.records}
    for match in found.matches:
        true_ms = {}
        for row in rows:
            if row.slot in match.slots and row.prompt_number:
                record = records[row.request_id]
                true_ms.setdefault((row.prompt_number, row.repeat), {})[row.slot] = 1000 * (
                    record.first_token_at - record.received_at
                )
        truths = [pair[match.slots[1]] - pair[match.slots[0]] for pair in true_ms.values()]
        verdict = match.of("ttft_ms").verdict
        assert verdict.kind == "real difference" and match.pairs == 18
        assert 30 < verdict.difference.estimate < 60
        assert abs(verdict.difference.estimate - median(truths)) < 8
        assert match.of("headers_ms").verdict.kind == "real difference"
        assert "later on Azure, 95 % interval" in headline(found, match)
        assert "ms is more than is claimed (+10 to 30 ms)" in against_claim(found, match)
        assert markup(found, match, catalog.settings.prices) == "No markup can be told: a list price is not known."
    rows = list(csv.DictReader(io.StringIO(pairs_csv(found))))
    assert len(rows) == 18 * (5 + 6) and rows[0]["model"] == ref  # no cost: such a model has no price
    assert float(rows[0]["difference"]) == pytest.approx(float(rows[0]["b"]) - float(rows[0]["a"]))
    assert found.block(0) == (1, 0) and found.block(17) == (6, 2)


def test_calls_that_failed_opened_a_connection_or_were_retried_are_apart(live):
    with serve(canned=True) as server:
        ref, catalog = scripted(server, on_azure=f"{QUICK}.fault-flaky.after-1")
        plan = replace(lab([ref], (DIRECT, Side("azure", host(server))), connections=["open"]), warm_up=0)
        found, rows = run(live, plan, lines(2), catalog)
    (match,) = found.matches
    assert sum(side.opened for side in match.sides) + sum(side.retried for side in match.sides) in (1, 2)
    assert match.sides[1].retried == 1 and match.pairs in (8, 9)
    told = " ".join(apart(found, match))
    assert "Azure: 1 call was tried again and is left out." in told
    counted = [row for row in rows if row.attempts == 1 and row.connect_ms is None]
    assert len(counted) == sum(side.ended - side.opened - side.retried for side in match.sides)


def test_jitter_is_the_same_for_the_same_seed_and_another_for_another_or_a_repeat():
    from llm_backends.sandbox.delays import Delays
    from llm_backends.sandbox.protocol import Http

    one, other = (Http("/x", {}, {}, {"model": name}, "", 0) for name in "ab")
    first, again, third = Delays(30, 5), Delays(30, 5), Delays(30, 5, seed=1)
    drawn = [first.ms(False, one), first.ms(False, one), first.ms(False, other)]
    assert [again.ms(False, other), again.ms(False, one), again.ms(True, one) - 30] == pytest.approx(
        [drawn[2], drawn[0], drawn[1]]
    )
    assert len({*drawn, third.ms(False, one)}) == 4
    many = [Delays(0, 5, seed).ms(False, one) for seed in range(2000)]
    assert 4.5 < sum(many) / len(many) < 5.5 and Delays().ms(True, one) == 0


def test_the_sandbox_command_makes_azure_late_and_adds_a_second_endpoint():
    from benchmarks.loopback import sandbox as started
    from llm_backends.__main__ import main

    with started("--azure-delay", "30", "--second-azure-delay", "60", "--jitter", "1") as environ:
        catalog = Catalog(settings.load(environ, None))
        first, second = (side.endpoint for side in sides(catalog)[1:])
        assert first == environ["url"].removeprefix("http://") != second
        for endpoint, delay_ms in ((first, 30), (second, 60)):
            (slot,) = lab(["openai/gpt-4o"], (DIRECT, Side("azure", endpoint)), connections=["open"]).slots[1:]
            assert slot.backend(catalog).target.endpoint_host == endpoint
            made = catalog.slot("openai/gpt-4o", "azure", (Message("user", "Hi"),), max_tokens=1)
            *_, (_, result) = race([replace(made, backend=slot.backend(catalog))])
            with urllib.request.urlopen(f"http://{endpoint}/sandbox/records") as answer:
                (record,) = [one for one in json.load(answer) if one["request_id"] == result.request_id]
            assert delay_ms < record["delay_ms"] < delay_ms + 30
    assert main(["sandbox", "--azure-delay", "-1"]) == 2


def test_the_prompts_that_come_along_are_short():
    assert all(len(row.prompt) < 120 for row in own_set(ROUTES).rows) and len(own_set(ROUTES).rows) == 8


# Command line


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Runs `route-lab` in this process on a sandbox: its exit code, and what it said."""
    from llm_backends.__main__ import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with contextlib.ExitStack() as servers:
        server = servers.enter_context(serve(canned=True, azure_delay_ms=15))
        ref = f"openai/sandbox.{QUICK}"
        environ = server.environment() | {"AZURE_DEPLOYMENTS": f"{ref}={ref.partition('/')[2]}"}
        environ |= servers.enter_context(serve(canned=True)).region(2)
        for name, value in (environ | {"LLMSELECT_DATABASE_URL": f"sqlite:///{tmp_path}/cli.db"}).items():
            monkeypatch.setenv(name, value)

        def run(*arguments: str) -> tuple[int, str]:
            code = main(["route-lab", *arguments])
            return code, "".join(capsys.readouterr())

        yield run, ref, tuple(settings.load(environ, None).azure.named)


def test_the_command_says_what_it_found_and_says_it_again(command):
    run, ref, _ = command
    code, said = run(ref, "--repeats", "1", "--max-tokens", "20", "--json")
    events = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    results = [event for event in events if event["event"] == "result"]
    assert code == 0 and [one["connection"] for one in results] == ["open", "new"]
    assert results[0]["b"] == {"side": "Azure", "ended": 8, "failed": 0, "errors": [], "opened": 0, "retried": 0}
    first = results[0]["differences"][0]
    assert first["metric"] == "ttft_ms" and first["pairs"] == 8 and first["difference"] > 0
    code, said = run("--experiment", results[0]["id"][:8])
    assert code == 0 and results[0]["headline"] in said and "connecting" in said


def test_the_command_compares_two_endpoints_within_a_budget(command):
    run, ref, (first, second) = command
    code, said = run(ref, "--endpoints", first, second, "--connections", "open", "--repeats", "1")
    assert code == 0 and f"sooner at {second}" in said and "new connections" not in said
    code, said = run(ref, "--budget", "0.01")
    assert code == 2 and f"slots 1 ({ref}): a limit in USD needs every model's price" in said
    assert run("openai/gpt-4o", "--budget", "0.000001", "--repeats", "1")[0] == 3


@pytest.mark.parametrize(
    "arguments, told",
    [
        ([], "name the models to compare"),
        (["openai/gpt-5"], "openai/gpt-5 can't be compared. "),
        (["openai/gpt-4o", "--endpoints", "direct", "nowhere"], "there is no side nowhere: choose two of direct, "),
        (["openai/gpt-4o", "--endpoints", "direct", "direct"], "the two sides are the same"),
        (["openai/gpt-4o", "--repeats", "0"], "repeats must be a whole number from 1 to 1,000"),
        (["openai/gpt-4o", "--prompts", "nowhere.csv"], "nowhere.csv cannot be read"),
        (["--experiment", "nothing"], "there is no one Route lab whose id begins with nothing"),
    ],
)
def test_what_the_command_cant_do_is_told_before_anything_starts(command, arguments, told):
    code, said = command[0](*arguments)
    assert code == 2 and told in said


# Page


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The dashboard without a browser, on a sandbox whose Azure is late and whose second Azure endpoint is not."""
    monkeypatch.chdir(tmp_path)
    st.cache_resource.clear()
    with serve(canned=True, azure_delay_ms=15) as server, serve(canned=True) as second:
        ref = f"openai/sandbox.{QUICK}"
        environ = server.environment() | second.region(2) | {"AZURE_DEPLOYMENTS": f"{ref}={ref.partition('/')[2]}"}
        for name, value in (environ | {"LLMSELECT_DATABASE_URL": f"sqlite:///{tmp_path}/page.db"}).items():
            monkeypatch.setenv(name, value)

        def opened(**address) -> AppTest:
            page = AppTest.from_file(APP, default_timeout=30)
            for name, value in address.items():
                page.query_params[name] = value
            return page.run().switch_page("pages/route_lab.py").run()

        yield opened, ref, (server, second)
        end_app()


def said(page) -> str:
    found = [*page.main.markdown, *page.main.caption, *page.main.error, *page.main.info, *page.main.subheader]
    return "\n".join(one.value for one in found).replace("\\", "")


def chosen(page, ref, **more):
    page.multiselect(key="lab_models").set_value([ref])
    page.number_input(key="lab_repeats").set_value(1)
    for key, value in more.items():
        page.selectbox(key=key).set_value(value)
    return page.run()


def address(page) -> str:
    """The id in the page's address."""
    found = page.query_params["experiment"]
    return found if isinstance(found, str) else found[0]


def finished(page):
    """The page once its Route lab has ended, and that lab's id."""
    id = address(page)
    engine = session.app().experiments.get(id)
    assert engine.wait(60) and engine.progress.state == "done"
    return page.run(), id


def test_the_page_runs_a_lab_and_says_what_it_found_and_finds_it_again(page):
    opened, ref, servers = page
    shown = opened()
    assert not shown.exception and "On record" not in said(shown)
    assert shown.multiselect(key="lab_models").options[0] == "openai/gpt-4o" and ref in said_options(shown)
    chosen(shown, ref, lab_b=host(servers[0]))
    assert "8 pairs each, 36 calls (4 warm-ups among them), of unknown cost; how long is told once" in said(shown)
    assert "it takes at least 10." in said(shown)
    shown.button(key="lab_start").click().run()
    shown, id = finished(shown)
    told = said(shown)
    assert not shown.exception
    assert f"{ref}, open connections: first token" in told and "on Azure" in told and "8 pairs" in told
    assert "claims +10 to 30 ms and no markup" in told and "No markup can be told" in told
    differences, pairs = shown.dataframe[0].value, shown.dataframe[1].value
    assert list(differences["Figure"][:2]) == ["First token", "Headers"] and len(differences) == 13
    assert len(pairs) == 8 and shown.dataframe[2].value["Source"].str.contains("no price known").all()
    shown.segmented_control(key="lab_figure").set_value("connect_ms").run()
    assert not shown.exception and len(shown.dataframe[1].value) == 8
    again = opened(experiment=id)
    assert f"{ref}, new connections: first token" in said(again) and not again.exception
    listed = opened()
    assert "On record" in said(listed) and "done · 32 calls" in said(listed)
    chosen(listed, ref)
    assert "by what such calls took in the last 30 days" in said(listed)


def said_options(page) -> list[str]:
    return page.multiselect(key="lab_models").options


def test_the_page_compares_two_endpoints_and_never_the_same_one_twice(page):
    opened, ref, servers = page
    first, second = (host(server) for server in servers)
    shown = opened()
    shown.selectbox(key="lab_a").set_value(first).run()
    assert shown.selectbox(key="lab_b").value != first
    chosen(shown, ref, lab_b=second)
    shown.pills(key="lab_connections").set_value(["open"]).run()
    shown.button(key="lab_start").click().run()
    shown, _ = finished(shown)
    assert f"at {second}" in said(shown) and "is claimed" not in said(shown) and "No markup" not in said(shown)


def test_the_page_pauses_a_lab_and_goes_on_with_it(page):
    opened, ref, _ = page
    shown = chosen(opened(), ref)
    shown.number_input(key="lab_repeats").set_value(20).run()
    shown.button(key="lab_start").click().run()
    assert "told when it has ended" in said(shown)
    engine = session.app().experiments.get(address(shown))
    press(shown, "Pause")
    assert engine.wait(30) and engine.progress.state == "paused"
    shown.run()
    assert "told when it has ended" not in said(shown) and not shown.exception
    press(shown, "Go on", "Start")
    again = session.app().experiments.get(address(shown))
    assert again is not engine and not shown.exception
    press(shown, "Stop")
    assert again.wait(30) and again.progress.state == "stopped"


def press(page, *labels: str) -> None:
    """Click the button of Prompt sets and Route lab that has one of these labels; "Start" is also that of the form."""
    (button,) = [one for one in page.button if one.label in labels and one.key != "lab_start"]
    button.click().run()


def test_what_keeps_a_lab_from_starting_stands_beside_its_disabled_button(page, monkeypatch):
    opened, ref, _ = page
    shown = opened()
    shown.multiselect(key="lab_models").set_value([]).run()
    assert shown.button(key="lab_start").disabled and "Choose at least one model" in said(shown)
    chosen(shown, ref)
    shown.number_input(key="lab_budget").set_value(1.0).run()
    assert shown.button(key="lab_start").disabled and "needs every model's price" in said(shown)
    assert "not in the call log" in said(opened(experiment="nothing"))
    for name in ("AZURE_AI_FOUNDRY_ENDPOINT", "AZURE_AI_FOUNDRY_ENDPOINT_2"):
        monkeypatch.delenv(name)
    session.app().log.close()
    st.cache_resource.clear()
    shown = opened()
    assert shown.button(key="lab_start").disabled and "Azure AI Foundry isn't configured" in said(shown)
    assert shown.multiselect(key="lab_models").disabled and not shown.exception
