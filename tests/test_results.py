"""Results of known calls in real databases: exact figures of slots, prompts and differences, and exports read back."""

import contextlib
import io
import json
import math
import os
import tracemalloc
from dataclasses import replace
from html.parser import HTMLParser

import pandas
import pytest

from llm_backends.experiments.asking import call_id
from llm_backends.experiments.plan import ExperimentPlan, RoutedSlot
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.results import changes, differences, files, gate, matrix, report, rows, sentences, summary
from llm_backends.results import columns as columns_of
from llm_backends.runs.plan import Own
from llm_backends.stats.chance import holm
from llm_backends.stats.differences import pair
from llm_backends.stats.shares import share_interval
from llm_backends.store import calls as store_calls
from llm_backends.store import experiments as kept
from llm_backends.store.call_log import CallLog, Place
from llm_backends.store.prompt_sets import PromptSets
from llm_backends.store.tables import calls, judgements
from llm_backends.types import CallResult, Target, Usage

AT = "2026-11-25T12:00:00.000+00:00"
TARGET = Target("openai", "gpt-4o", "direct", "api.openai.com")
ROUTES = ("direct", "azure")
CHECKS = [{"check": "contains", "text": "yes"}]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    return request.getfixturevalue("postgres_url") if request.param == "postgresql" else f"sqlite:///{tmp_path}/log.db"


@pytest.fixture
def log(tmp_path):
    with contextlib.closing(CallLog(f"sqlite:///{tmp_path}/log.db")) as log:
        yield log


def ok(ttft_ms=100.0, **more) -> CallResult:
    facts = {
        "answer": "yes",
        "usage": Usage(10, 20),
        "ttft_ms": ttft_ms,
        "ttfat_ms": ttft_ms,
        "tpot_ms": 5.0,
        "total_ms": 300.0,
        "headers_ms": 50.0,
        "chunks": 10,
        "cost_usd": 0.001,
    }
    return CallResult(TARGET, "ok", AT, **facts | more)


def error(kind="ProviderDown") -> CallResult:
    return CallResult(TARGET, "error", AT, error_type=kind, error_message="It is down.", total_ms=7.0)


def planned(slots=2, **more) -> ExperimentPlan:
    names = ("openai/gpt-4o", *(f"openai/gpt-4o #{n}" for n in range(2, slots + 1)))
    facts = {"name": "Test", "prompt_set": "none", "warm_up": 0} | more
    return ExperimentPlan(slots=tuple(map(RoutedSlot, names)), **facts)


def some(count: int) -> tuple[Row, ...]:
    return tuple(Row(n, f"Question {n}", tags=("even",) if n % 2 == 0 else ("odd",)) for n in range(1, count + 1))


def add(log, plan, prompts, made, passed=None, checks=CHECKS):
    """An experiment whose calls are `made`, by (number, repeat, slot), and `passed` its judgements, by the same."""
    chosen = PromptSet.of("Test", prompts)
    PromptSets(log.database).keep(chosen)
    asked = plan.to_json() | ({"checks": checks} if passed is not None else {})
    with log.database.writing() as connection:
        id = kept.add(connection, plan.name, asked, chosen.id, plan.calls(len(prompts)))
        rows, found = [], []
        for (number, repeat, slot), result in made.items():
            place = Place(id, number, repeat)
            rows.append(store_calls.row(None, slot, None, result, call_id(place, slot), place))
        for (number, repeat, slot), held in (passed or {}).items():
            row = {"experiment_id": id, "prompt_number": number, "repeat": repeat, "slot": slot, "passed": held}
            row |= {"call_id": call_id(Place(id, number, repeat), slot), "checks": columns_of.checks_id(checks)}
            reason = {True: "held", False: "lacks it", None: "no whole answer"}[held]
            found.append(row | {"found": json.dumps([[held, reason, None]])})
        connection.execute(calls.insert(), rows)
        if found:
            connection.execute(judgements.insert(), found)
        return kept.one(connection, id)


def read(log, *given, **more):
    return columns_of.read(log.database, add(log, *given, **more))


# Columns and slots


def test_a_slot_comes_to_what_its_calls_came_to(url):
    """Four prompts, two repeats: the pass rate averages repeats, and what failed or is open is beside it."""
    made = {(n, r, 0): ok(100.0 * n, cost_usd=None if n == 4 else 0.001) for n in range(1, 5) for r in range(2)}
    made |= {(1, 0, 1): error(), (1, 1, 1): error("TimedOut"), (2, 0, 1): error(), (2, 1, 1): ok()}
    passed = {(1, 0, 0): True, (1, 1, 0): False, (2, 0, 0): True, (2, 1, 0): None, (3, 0, 0): False, (3, 1, 0): False}
    passed |= {(1, 0, 1): None}
    with contextlib.closing(CallLog(url)) as log:
        first, second = summary.summaries(read(log, planned(repeats=2), some(4), made, passed))
    assert (first.calls, first.ended, first.ok, first.failed, first.errors) == (8, 8, 8, 0, ())
    assert first.pass_rate == share_interval(1.5, 3)
    assert (first.passed, first.not_passed, first.open, first.unjudged) == (2, 3, 1, 2)
    assert first.ttft_ms == summary.Spread(250.0, None, 8)
    assert (first.input_tokens, first.output_tokens) == (80, 160)
    assert (first.cost_usd, first.cost_per_call_usd, first.cost_unknown) == (pytest.approx(0.006), 0.001, 2)
    assert (second.calls, second.ended, second.ok, second.failed) == (8, 4, 1, 3)
    assert second.errors == (("ProviderDown", 2), ("TimedOut", 1))
    assert (second.pass_rate, second.open, second.unjudged) == (None, 0, 1)
    assert second.total_ms == summary.Spread(300.0, None, 1)


def test_judgements_of_other_checks_warm_ups_and_stopped_calls_count_for_nothing(log):
    made = {(1, 0, 0): ok(), (None, None, 0): ok(), (2, 0, 0): replace(ok(), status="stopped")}
    one = add(log, planned(1), some(2), made, {(1, 0, 0): True})
    assert columns_of.read(log.database, one).passed.tolist() == [[[1.0]]]
    with log.database.writing() as connection:
        kept.replan(connection, one.id, one.plan | {"checks": [*CHECKS, *CHECKS]})
        one = kept.one(connection, one.id)
    found = columns_of.read(log.database, one)
    assert found.numbers.tolist() == [1] and not found.judged.any()


def test_the_95th_percentile_needs_20_values(log):
    made = {(n, 0, 0): ok(float(n)) for n in range(1, 21)}
    (one,) = summary.summaries(read(log, planned(1), some(20), made))
    assert (one.ttft_ms.p50, one.ttft_ms.p95) == (10.5, pytest.approx(19.05))


def test_an_experiment_without_calls_says_nothing_and_fails_at_nothing(log):
    columns = columns_of.read(log.database, add(log, planned(), some(1), {(None, None, 0): ok()}))
    assert [one.ended for one in summary.summaries(columns)] == [0, 0]
    assert matrix.page(columns, log.database).lines == ()
    assert {one.verdict.kind for one in differences.against_baseline(columns)} == {"too few pairs"}


# Differences


def test_pairs_are_those_of_the_statistics(log):
    made = {(n, r, 0): ok(100.0 + n + r) for n in range(1, 9) for r in range(2)}
    made |= {(n, r, 1): ok(130.0 + 2 * n - r) for n in range(2, 10) for r in range(2)}
    made[2, 0, 1] = made[3, 0, 0] = made[3, 1, 0] = error()
    columns = read(log, planned(repeats=2), some(9), made)
    sides = [{}, {}]
    for (number, _, slot), result in made.items():
        sides[slot].setdefault(number, []).append(result.ttft_ms)
    numbers, pairs = differences.paired(differences.Side(columns, 0), differences.Side(columns, 1), "ttft_ms")
    assert pairs == pair(*sides) and numbers == (2, 4, 5, 6, 7, 8)
    assert (pairs.left_out, pairs.missing_baseline, pairs.missing_other) == (3, 2, 1)


def test_differences_are_judged_together_and_said(log):
    made = {(n, 0, 0): ok(100.0 + n) for n in range(1, 13)}
    made |= {(n, 0, 1): ok(130.0 + n + n % 3, cost_usd=0.002) for n in range(1, 13)}
    passed = {(n, 0, slot): not slot or n > 2 for n in range(1, 13) for slot in range(2)}
    found = {
        one.measure.metric: one for one in differences.against_baseline(read(log, planned(), some(12), made, passed))
    }
    assert list(found) == ["passed", "ttft_ms", "tpot_ms", "total_ms", "cost_usd", "output_tokens"]
    ps = [one.verdict.difference.p for one in found.values()]
    assert ps == [0.5, 2 * 0.5**12, 1, 1, 2 * 0.5**12, 1]
    assert tuple(one.verdict.p for one in found.values()) == holm(ps)
    assert [one.verdict.kind for one in found.values()].count("real difference") == 2
    first = "first token 31 ms later, 95 % interval 30 to 32, 12 pairs: a real difference"
    assert found["ttft_ms"].sentence.replace(".0", "") == first
    assert found["cost_usd"].sentence.startswith("cost of 1,000 calls 1.0 USD higher")
    assert found["passed"].sentence.startswith("pass rate 17 points lower")
    assert found["cost_usd"].verdict.worth == pytest.approx(0.0001)


def test_what_is_worth_knowing_can_be_chosen_and_slots_paired_as_one_likes(log):
    made = {(n, 0, slot): ok(100.0 + n * slot, ttfat_ms=200.0) for n in range(1, 13) for slot in range(3)}
    columns = read(log, planned(3), some(12), made)
    found = differences.differences(columns, [(2, 1), (1, 0)], ("ttft_ms", "ttfat_ms"), {"ttft_ms": 3})
    assert [(one.baseline.slot, one.other.slot, one.measure.metric) for one in found] == [
        *((2, 1, "ttft_ms"), (2, 1, "ttfat_ms"), (1, 0, "ttft_ms"), (1, 0, "ttfat_ms"))
    ]
    assert [one.verdict.worth for one in found] == [3, 10, 3, 10]
    assert found[0].verdict.difference.estimate == -6.5


def test_the_sides_of_a_route_lab_are_compared_pair_by_pair(log):
    slots = tuple(RoutedSlot("openai/gpt-4o", route=route, connection=c) for c in ("open", "new") for route in ROUTES)
    slots = tuple(replace(slot, name=slot.telling) for slot in slots)
    plan = replace(planned(), slots=slots, kind="route lab")
    made = {(n, 0, slot): ok(100.0 + slot) for n in range(1, 7) for slot in range(4)}
    columns = read(log, plan, some(6), made)
    found = differences.against_baseline(columns, ("ttft_ms",))
    assert [(one.baseline.slot, one.other.slot) for one in found] == [(0, 1), (2, 3)]
    assert summary.labels(columns) == tuple(slot.name for slot in slots)


def test_calls_that_are_not_wanted_are_left_out_and_counted(log):
    made = {(n, 0, slot): ok(connect_ms=30.0 if n == 1 else None) for n in range(1, 9) for slot in range(2)}
    columns = read(log, planned(), some(8), made)
    opened = columns.only(columns.figures["connect_ms"] != 30)
    (one,) = differences.differences(opened, [(0, 1)], ("tokens_per_chunk",))
    assert (one.pairs.left_out, one.pairs.missing_baseline) == (1, 1) and set(one.pairs.baseline) == {2.0}


# The matrix


def mixture(log):
    """Six prompts, two slots: both pass, both fail, they disagree, one fails as a call, open, not asked yet."""
    made = {(n, 0, slot): ok() for n in range(1, 6) for slot in range(2)}
    made[4, 0, 1] = error()
    made |= {(6, 0, 0): ok()}
    passed = {(1, 0, 0): True, (1, 0, 1): True, (2, 0, 0): False, (2, 0, 1): False, (3, 0, 0): False, (3, 0, 1): True}
    passed |= {(4, 0, 0): True, (4, 0, 1): None, (5, 0, 0): None, (5, 0, 1): None, (6, 0, 0): False}
    return read(log, planned(), some(6), made, passed)


@pytest.fixture
def mixed(log):
    return mixture(log)


def test_postgresql_finds_and_reads_the_same(postgres_url):
    with contextlib.closing(CallLog(postgres_url)) as log:
        columns = mixture(log)
        for chosen, numbers in (({"tag": "even", "order": "failures"}, [2, 4, 6]), ({"text": "QUESTION 3"}, [3])):
            assert [line.number for line in matrix.page(columns, log.database, **chosen).lines] == numbers
        assert matrix.tags(columns, log.database) == {"even": 3, "odd": 3}
        assert [one.judged.passed for one in matrix.opened(columns, log.database, 3)] == [False, True]
        assert [(row["prompt_number"], row["slot"]) for row in rows.rows(columns, log.database)] == [
            *((n, slot) for n in range(1, 6) for slot in range(2)),
            (6, 0),
        ]
        again = mixture(log)
        assert [one.id for one in changes.earlier(log.database, again.experiment)] == [columns.experiment.id]


@pytest.mark.parametrize(
    "chosen, numbers",
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"order": "failures"}, [2, 3, 4, 6, 1, 5]),
        ({"order": "disagreement"}, [3, 4, 1, 2, 5, 6]),
        ({"which": "disagree"}, [3, 4]),
        ({"which": "failed"}, [2, 3, 4, 6]),
        ({"which": "all failed"}, [2, 6]),
        ({"tag": "even", "order": "failures"}, [2, 4, 6]),
        ({"text": "QUESTION 3"}, [3]),
        ({"tag": "even", "text": "question", "which": "failed", "start": 1, "limit": 1}, [4]),
        ({"text": "%"}, []),
    ],
)
def test_the_matrix_is_sorted_filtered_and_paged(chosen, numbers, mixed, log):
    found = matrix.page(mixed, log.database, **chosen)
    assert [line.number for line in found.lines] == numbers and found.prompts == 6
    assert all(line.row.prompt == f"Question {line.number}" for line in found.lines)


def test_a_cell_says_what_came_of_its_calls(mixed, log):
    lines = matrix.page(mixed, log.database).lines
    states = [tuple(cell.state for cell in line.cells) for line in lines]
    assert states == [
        *(("passed", "passed"), ("failed", "failed"), ("failed", "passed")),
        *(("passed", "error"), ("open", "open"), ("failed", "waiting")),
    ]
    assert matrix.tags(mixed, log.database) == {"even": 3, "odd": 3}


def test_a_cell_opens_its_calls_with_what_each_check_found(mixed, log):
    (call,) = matrix.opened(mixed, log.database, 3, 0)
    assert call.call.result == ok() and call.call.place == Place(mixed.experiment.id, 3, 0)
    assert call.judged.passed is False and call.judged.found[0].reason == "lacks it"
    assert [one.call.slot for one in matrix.opened(mixed, log.database, 4)] == [0, 1]


# What changed


def test_slots_are_matched_by_model_and_by_what_is_asked_of_them(log):
    def slots(*owns):
        names = ("openai/gpt-4o", "openai/gpt-4o #2", "openai/gpt-4o #3")
        return tuple(RoutedSlot(name, own) for name, own in zip(names, owns, strict=False))

    made = {(1, 0, 0): ok()}
    before = read(log, replace(planned(), slots=slots(Own(temperature=1.0), Own())), some(1), made)
    other = (RoutedSlot("mistral/large"), *slots(Own(), Own(temperature=0.5)))
    now = read(log, replace(planned(), slots=other), some(1), made)
    assert [*changes.matched(now, before)] == [
        changes.Match(1, 1),
        changes.Match(2, 0, (("temperature", 1.0, 0.5),)),
    ]
    found = changes.changes(now, before)
    assert (found.only_now, found.only_before) == ((0,), ())


def test_prompts_that_flipped_and_differences_since_an_earlier_run(log):
    earlier = {(n, 0, 0): ok(100.0 + n) for n in range(1, 13)}
    later = {(n, r, 0): ok(150.0 + n) for n in range(2, 14) for r in range(3)}
    before = read(log, planned(1), some(13), earlier, {(n, 0, 0): n > 3 for n in range(1, 13)})
    # Of three repeats, as many pass as the number says for 4 and 5, and all of the others.
    now = read(
        log, planned(1, repeats=3), some(13), later, {(n, r, 0): r < {4: 1, 5: 2}.get(n, 3) for n, r, _ in later}
    )
    assert [one.id for one in changes.earlier(log.database, now.experiment)] == [before.experiment.id]
    (one,) = changes.changes(now, before).slots
    assert (one.gained, one.lost) == ((2, 3), (4,))
    first = next(found for found in one.differences if found.measure.metric == "ttft_ms")
    told = "first token 50 ms later, 95 % interval 50 to 50, 11 pairs: a real difference"
    assert first.sentence == f"{told} (2 prompts left out for want of a pair)"


def test_passes_by_other_checks_are_not_compared(log):
    made, passed = {(n, 0, 0): ok() for n in range(1, 8)}, {(n, 0, 0): True for n in range(1, 8)}
    before = read(log, planned(1), some(7), made, passed)
    now = read(log, planned(1), some(7), made, passed, checks=[{"check": "json"}])
    found = changes.changes(now, before)
    assert found.differs == ("checks",) and found.slots[0].gained == ()
    assert "passed" not in [one.measure.metric for one in found.slots[0].differences]


# Exports


@pytest.fixture
def odd(log):
    """Answers that a spreadsheet, a page or a reader may stumble over."""
    prompts = (
        Row(1, "=SUM(A1)", "Be brief.", "4", ("a", "b,c"), (("tongue", "日本語"),)),
        Row(2, 'Line\nbreak, "quoted" <script>alert(1)</script>'),
    )
    made = {
        (1, 0, 0): ok(123.25, answer="=HYPERLINK(1)", reasoning="-1"),
        (1, 0, 1): ok(answer="-42"),
        (2, 0, 0): error(),
        (2, 0, 1): ok(answer="<img src=x onerror=alert(1)>", cost_usd=None),
    }
    passed = {(1, 0, 0): True, (1, 0, 1): False, (2, 0, 0): None}
    return read(log, planned(template="{{prompt}}!"), prompts, made, passed)


def exported(columns, log, format) -> io.BytesIO:
    out = io.BytesIO()
    files.write(columns, log.database, format, out)
    out.seek(0)
    return out


def test_rows_hold_what_was_asked_what_came_and_what_was_found(odd, log):
    first, second, third, fourth = rows.rows(odd, log.database)
    assert [first["prompt"], first["prompt_in_template"], first["system"], first["expected"]] == [
        *("=SUM(A1)", "=SUM(A1)!", "Be brief.", "4")
    ]
    assert (first["tags"], first["variables"], first["slot_name"]) == (
        ["a", "b,c"],
        {"tongue": "日本語"},
        "openai/gpt-4o",
    )
    assert (first["ttft_ms"], first["output_tokens"], first["tokens_per_s"]) == (123.25, 20, 200)
    assert (first["passed"], first["check_1_contains"], first["check_1_contains_found"]) == (True, True, "Passed.")
    assert second["check_1_contains_found"] == "The answer does not hold what is expected."
    assert (third["status"], third["error_type"], third["ttft_ms"], third["passed"]) == (
        "error",
        "ProviderDown",
        None,
        None,
    )
    assert third["check_1_contains_found"].startswith("Not judged") and fourth["check_1_contains_found"] is None


def test_a_csv_is_read_back_and_none_of_its_cells_is_a_formula(odd, log):
    out = exported(odd, log, "csv")
    frame = pandas.read_csv(out, dtype=str, keep_default_na=False)
    assert not [cell for row in frame.values for cell in row if cell.startswith(("=", "+", "@"))]
    assert frame["prompt"][0] == "'=SUM(A1)" and frame["answer"][1] == "-42" and frame["tags"][0] == "a, b,c"
    assert frame["prompt"][2] == 'Line\nbreak, "quoted" <script>alert(1)</script>'
    assert list(frame["passed"]) == ["true", "false", "", ""] and frame["ttft_ms"][2] == ""
    assert json.loads(frame["variables"][0]) == {"tongue": "日本語"}
    assert out.getvalue().startswith(b"\xef\xbb\xbfexperiment_id")


def test_parquet_is_read_back_with_its_types(odd, log):
    frame = pandas.read_parquet(exported(odd, log, "parquet"))
    assert frame["answer"][0] == "=HYPERLINK(1)" and list(frame["tags"][0]) == ["a", "b,c"]
    assert frame["ttft_ms"].dtype == float and frame["ttft_ms"][0] == 123.25 and math.isnan(frame["cost_usd"][3])
    assert [None if value is None else bool(value) for value in frame["passed"]] == [True, False, None, None]


def test_json_and_json_lines_hold_the_rows_as_they_are(odd, log):
    expected = [*rows.rows(odd, log.database)]
    assert json.load(exported(odd, log, "json")) == expected
    assert [json.loads(line) for line in exported(odd, log, "jsonl")] == expected
    nothing = read(log, planned(), some(1), {(None, None, 0): ok()})
    assert json.load(exported(nothing, log, "json")) == []
    assert len(pandas.read_parquet(exported(nothing, log, "parquet"))) == 0


def test_an_export_holds_few_calls_at_once(log, monkeypatch):
    monkeypatch.setattr(rows, "_BATCH", 20)
    made = {(n, 0, 0): ok(answer="x" * 50_000) for n in range(1, 301)}
    columns = read(log, planned(1), some(300), made)
    with open(os.devnull, "wb") as out:
        files.write(columns, log.database, "csv", out)  # once before, so that nothing is imported meanwhile
        tracemalloc.start()
        files.write(columns, log.database, "csv", out)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 5_000_000  # the answers are 15 MB


def test_the_page_to_mail_loads_nothing_runs_nothing_and_shows_texts_as_they_are(odd, log):
    html = report.report(odd, log.database)
    page = Page()
    page.feed(html)
    assert not page.tags & {"script", "link", "img", "iframe", "a", "object", "form"}
    assert not page.attributes & {"src", "href", "onerror", "onclick"} and "url(" not in html and "@import" not in html
    assert "<img src=x onerror=alert(1)>" in page.text and '"quoted" <script>alert(1)</script>' in page.text
    assert "2 of 2 prompts" in page.text and "[ProviderDown] It is down." in page.text
    assert "The answer does not hold what is expected." in page.text
    first = differences.against_baseline(odd)[0]
    assert first.sentence in page.text and "100.0%" in page.text
    assert "prefers-color-scheme: dark" in html and "@media print" in html


def test_the_page_to_mail_says_how_much_it_shows(log):
    made = {(n, 0, 0): ok(answer="x" * 5000) for n in range(1, 31)}
    html = report.report(read(log, planned(1), some(30), made), log.database, most=10)
    assert "10 of 30 prompts" in html and "(5,000 characters)" in html and "nothing to compare it with" in html
    assert len(html) < 40_000


class Page(HTMLParser):
    """What a page shows, and the tags and attributes that it has."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = set(), set(), ""

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}

    def handle_data(self, data):
        self.text += data


# Gates


def test_a_gate_counts_what_failed_or_is_open_as_not_passed(log):
    made = {(n, 0, slot): ok(float(n)) for n in range(1, 21) for slot in range(2)}
    made[1, 0, 0] = error()
    passed = {(n, 0, slot): True for n in range(2, 21) for slot in range(2)} | {(2, 0, 0): None}
    columns = read(log, planned(), some(20), made, passed)
    wanted = [*map(gate.parse, ("pass=0.9", "pass[openai/gpt-4o]=0.91", "errors=0.05", "ttft_p95_ms=19.1"))]
    found = [(one.slot[-1], one.gate.figure, one.value, one.held) for one in gate.held(columns, wanted)]
    assert found == [
        ("o", "pass", 0.9, True),
        ("2", "pass", 0.95, True),
        ("o", "pass", 0.9, False),
        ("o", "errors", 0.05, True),
        ("2", "errors", 0, True),
        ("o", "ttft_p95_ms", None, False),  # of 19 values
        ("2", "ttft_p95_ms", pytest.approx(19.05), True),
    ]
    told = [sentences.of_gate(one) for one in gate.held(columns, wanted)]
    assert told[0] == "openai/gpt-4o: pass 0.9 is at least 0.9" and told[2] == "openai/gpt-4o: pass 0.9 is under 0.91"
    assert told[5].startswith("openai/gpt-4o: ttft_p95_ms is unknown: fewer than 20")


@pytest.mark.parametrize(
    "written, told",
    [
        ("pass", "pass is not understood: write pass=0.9"),
        ("speed=1", "speed=1: there is no such figure: choose among pass, errors, "),
        ("pass=high", "high is not a number"),
        ("pass=nan", "nan is not a number"),
        ("pass=90", "90 is no share: write one from 0 to 1."),
        ("pass[gpt]=0.9", "There is no slot gpt: choose among openai/gpt-4o, openai/gpt-4o #2."),
        ("pass=0.9", "The experiment has no checks"),
    ],
)
def test_a_gate_that_cannot_be_used_is_refused_with_its_reason(written, told):
    with pytest.raises(gate.GateUnusable) as refused:
        gate.check([gate.parse(written)], planned().names, checked=False)
    assert told in sentences.of_gate_fault(refused.value.fault)
