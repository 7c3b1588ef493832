"""The whole log as a file: what pandas and pyarrow read back, what is left out, and that no half file stays."""

import contextlib
import io
import resource
import signal
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime

import pandas as pd
import pytest
from pyarrow import parquet

from benchmarks.million import fill
from llm_backends.__main__ import main
from llm_backends.experiments.live import Experiments
from llm_backends.experiments.plan import ExperimentPlan, RoutedSlot
from llm_backends.insights import export
from llm_backends.metrics import METRICS
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.runs.plan import Own, Parameters, Plan, SlotPlan
from llm_backends.store.call_log import CallLog, Filter, Place
from llm_backends.types import CallResult, Target, Usage


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path}/log.db"


@pytest.fixture
def command(url, tmp_path, monkeypatch, capsysbinary):
    """Runs `export` in this process, on a log of a few calls: its exit code, its output, what it said beside that."""
    monkeypatch.setenv("LLMSELECT_DATABASE_URL", url)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with contextlib.closing(CallLog(url)) as log:
        _record(log)

    def run(*arguments: str) -> tuple[int, bytes, str]:
        code = main(["export", *arguments])
        out, err = capsysbinary.readouterr()
        return code, out, err.decode()

    return run


def _record(log: CallLog) -> None:
    id = log.open_comparison("=SUM(1) 日本語", "Be brief.", {}, 4)
    times = {"ttft_ms": 120.5, "connect_ms": 20.5, "tpot_ms": 10.0, "total_ms": 900.0, "streamed": True}
    results = [
        CallResult(Target("openai", "m/1", "direct"), "ok", at(1), "Yes.", usage=Usage(10, 20), cost_usd=0.01, **times),
        CallResult(Target("openai", "m2", "azure", "host", "m2-eu"), "error", at(2), error_type="RateLimited"),
        CallResult(Target("mistral", "m3", "direct"), "ok", at(3), "=evil()"),
        CallResult(Target("openai", "m2", "direct", simulated=True), "ok", at(4), "made up"),
    ]
    for slot, result in enumerate(results):
        log.record(id, slot, result)
    assert log.flush(10), log.problem


def at(day: int) -> str:
    return f"2026-11-{day:02}T12:00:00.123+00:00"


def test_parquet_is_typed_and_says_what_each_column_means(command):
    assert command("-o", "calls.parquet")[0] == 0
    table = parquet.read_table("calls.parquet")
    kinds = {field.name: str(field.type) for field in table.schema}
    assert kinds["started_at_utc"] == "timestamp[us, tz=UTC]" and kinds["simulated"] == kinds["streamed"] == "bool"
    assert kinds["input_tokens"] == kinds["slot"] == "int64" and kinds["ttft_ms"] == kinds["cost_usd"] == "double"
    ttft = table.schema.field("ttft_ms").metadata
    assert ttft[b"unit"] == b"ms" and ttft[b"meaning"].startswith(b"From the request to the first token")
    read = table.to_pandas()
    assert list(read["model"]) == ["m/1", "m2", "m3"]
    assert read["started_at_utc"][0] == pd.Timestamp(at(1))
    row = table.to_pylist()[0]
    assert (row["tokens_per_s"], row["ttft_open_ms"], row["output_tokens"]) == (100, 100, 20)
    assert table.to_pylist()[1]["input_tokens"] is None and table.to_pylist()[1]["streamed"] is None
    assert {metric.name for metric in METRICS} <= set(kinds) and not {"answer", "prompt"} & set(kinds)


def test_csv_holds_the_same_and_no_formula(command):
    code, out, said = command("--format", "csv", "--answers")
    assert code == 0 and said == "3 calls, simulated ones left out\n"
    read = pd.read_csv(io.BytesIO(out), parse_dates=["started_at_utc"])
    assert read["started_at_utc"][0] == pd.Timestamp(at(1))
    assert list(read["prompt"]) == ["'=SUM(1) 日本語"] * 3 and list(read["system"]) == ["Be brief."] * 3
    assert read["answer"].fillna("").tolist() == ["Yes.", "", "'=evil()"]
    assert read["ttft_ms"].tolist()[0] == 120.5 and read["ttft_ms"].isna().sum() == 2


@pytest.mark.parametrize(
    ("options", "models"),
    [
        (["--since", "2026-11-02", "--until", "2026-11-03"], ["m2"]),
        (["--since", "2026-11-02T12:00:01"], ["m3"]),
        (["--models", "openai/m/1", "mistral/m3"], ["m/1", "m3"]),
        (["--simulated", "--models", "openai/m2"], ["m2", "m2"]),
        (["--experiments"], []),
        (["--everyday"], ["m/1", "m2", "m3"]),
    ],
)
def test_options_choose_calls(command, options, models):
    code, out, _ = command("--format", "csv", *options)
    assert code == 0 and pd.read_csv(io.BytesIO(out))["model"].tolist() == models


def test_a_file_is_replaced_only_by_force(command, tmp_path):
    (tmp_path / "calls.csv").write_text("mine")
    code, _, said = command("-o", "calls.csv")
    assert code == 2 and "--force" in said and (tmp_path / "calls.csv").read_text() == "mine"
    assert command("-o", "calls.csv", "--force")[0] == 0 and len(pd.read_csv("calls.csv")) == 3
    code, _, said = command("-o", "nowhere/calls.csv")
    assert code == 2 and "cannot be written: No such file or directory" in said


def test_a_full_disk_leaves_no_half_file(command, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for name in ("calls.parquet", "calls.csv"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (400, hard))
        try:
            code, _, said = command("-o", name)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert code == 2 and f"{name} cannot be written: File too large" in said
    assert not [path for path in tmp_path.iterdir() if "calls" in path.name]


def test_what_an_experiment_asked_is_told_in_its_template(url):
    fill(url, 600, 3)
    with contextlib.closing(CallLog(url)) as log:
        found = [*export.rows(log.database, Filter(experiments=True), texts=True)]
        assert found and all(row["prompt"].startswith("Question ") for row in found)
        assert {row["experiment_id"] for row in found} and {row["comparison_id"] for row in found} == {None}
        everyday = [*export.rows(log.database, Filter(experiments=False), texts=True)]
        assert all("what is" in row["prompt"] for row in everyday)
        assert len(found) + len(everyday) == len(log.calls(limit=1000))


def test_each_slot_is_told_what_it_was_asked(url):
    own = (SlotPlan("openai/m"), SlotPlan("openai/m #2", Own(system="In French.")))
    plan = ExperimentPlan(
        *("Asked", "none", (RoutedSlot("openai/m"),)), shared=Parameters(system="Be kind."), template="Say {{prompt}}!"
    )
    with contextlib.closing(CallLog(url)) as log:
        id = log.open_comparison("Why?", None, Plan("direct", own, Parameters(system="Be brief.")).to_json(), 2)
        log.record(id, 0, CallResult(Target("openai", "m", "direct"), "ok", at(1)))
        log.record(id, 1, CallResult(Target("openai", "m", "direct"), "ok", at(2)))
        live = Experiments(log)
        id = live.add(plan, PromptSet.of("Words", [Row(1, "yes"), Row(2, "no", system="Be stern.")]))
        for day, place in enumerate((Place(id), Place(id, 1, 0), Place(id, 2, 0)), 3):
            log.record_in_experiment(place, 0, CallResult(Target("openai", "m", "direct"), "ok", at(day)))
        assert log.flush(10), log.problem
        found = [(row["prompt"], row["system"]) for row in export.rows(log.database, ALL, texts=True)]
        live.close()
    compared = [("Why?", "Be brief."), ("Why?", "In French.")]
    assert found == [*compared, (None, None), ("Say yes!", "Be kind."), ("Say no!", "Be stern.")]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("-o", "/dev/null", "--force"), "/dev/null is no file that could be replaced"),
        (("-o", "."), ". is no file"),
        (("-m", "gpt-4o"), "name it PROVIDER/MODEL"),
        (("--since", "2026-11-22", "--until", "2026-11-21"), "--since must be before --until"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_reason(command, words, says):
    code, out, said = command(*words)
    assert code == 2 and says in said and out == b""


def test_every_call_is_there_once_and_few_are_held(tmp_path, monkeypatch):
    from llm_backends.store.results import everything

    url = f"sqlite:///{tmp_path}/log.db"
    fill(url, 3000, 3)
    monkeypatch.setattr(everything, "_BATCH", 70)
    with contextlib.closing(CallLog(url)) as log:
        tracemalloc.start()
        passed = [(row["started_at_utc"], row["call_id"]) for row in export.rows(log.database, ALL, texts=False)]
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert len(set(passed)) == 3000 and passed == sorted(passed)
    assert most < 4_000_000  # all calls would be above 10 MB


ALL = Filter(include_simulated=True)


def test_ctrl_c_leaves_nothing_behind(tmp_path):
    url = f"sqlite:///{tmp_path}/log.db"
    fill(url, 40_000, 3)
    # It gives way to this process, so that it isn't done before it is told to end.
    words = ["nice", "-n", "19", sys.executable, "-m", "llm_backends", "export", "--format", "csv", "-o", "calls.csv"]
    environ = {"LLMSELECT_DATABASE_URL": url, "PYTHONPATH": sys.path[0], "HOME": str(tmp_path)}
    with subprocess.Popen(words, env=environ, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        # Until rows are in it: a signal amid an import is that library's to handle.
        while not any(path.stat().st_size for path in tmp_path.glob(".calls.csv.*.part")):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    assert not [path for path in tmp_path.iterdir() if "calls" in path.name]


def test_times_without_a_zone_are_utc():
    from llm_backends.cli.export import moment

    assert moment("2026-11-25") == datetime(2026, 11, 25, tzinfo=UTC)
    assert moment("2026-11-25T13:00+02:00") == datetime(2026, 11, 25, 11, tzinfo=UTC)
