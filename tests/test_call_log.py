"""The log on real databases: nothing is lost, nothing is changed, and what is asked of it is answered right."""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, create_engine, event, inspect, select, text, update
from sqlalchemy.engine import Engine

from llm_backends import redact
from llm_backends.errors import ConfigError
from llm_backends.stats.percentiles import percentile
from llm_backends.store import writer
from llm_backends.store.call_log import CallLog, Filter
from llm_backends.store.columns import now
from llm_backends.store.database import Database
from llm_backends.store.migrations import HEAD, revision
from llm_backends.store.tables import calls, metadata, processes
from llm_backends.types import Attempt, CallResult, Target, Usage

GPT = Target("openai", "gpt-4o", "direct", "api.openai.com")
FULL = CallResult(
    Target("openai", "gpt-4o", "azure", "x.services.ai.azure.com", deployment="prod", simulated=True),
    "stopped",
    "2026-11-23T10:00:00.123+00:00",
    answer="An answer",
    reasoning="A thought",
    finish_reason="stop",
    error_type="TimedOut",
    error_message="No data for 60 s.",
    usage=Usage(11, 22, 3, 4),
    load_ms=0.5,
    build_ms=0.75,
    timed_from="socket",
    connect_ms=1.25,
    headers_ms=2.5,
    ttft_ms=100.125,
    ttfat_ms=200.25,
    total_ms=1000.1,
    tpot_ms=16.7,
    chunks=20,
    gap_p50_ms=16.6,
    gap_p95_ms=20.5,
    gap_max_ms=33.3,
    attempts=2,
    tries=(
        Attempt("y.services.ai.azure.com", 0.0, connect_ms=1.25, ended_ms=12.5, status=503, error_type="ProviderDown"),
        Attempt("x.services.ai.azure.com", 1212.5, headers_ms=2.5),
    ),
    retry_wait_ms=1200.0,
    failed_over_from="y.services.ai.azure.com",
    cost_usd=0.000123,
    price_source="genai-prices",
    request_id="req-1",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'data' / 'log.db'}"


@pytest.fixture
def sqlite_url(tmp_path):
    return f"sqlite:///{tmp_path / 'log.db'}"


@pytest.fixture
def log(url):
    with contextlib.closing(CallLog(url)) as log:
        yield log


def ok(target=GPT, at="2026-11-23T10:00:00.000+00:00", **facts) -> CallResult:
    return CallResult(target, "ok", at, **facts)


def logged(log, *results, slots=None, **comparison) -> str:
    facts = {"prompt": "Why?", "system": None, "params": {}} | comparison
    id = log.open_comparison(slots=len(results) if slots is None else slots, **facts)
    for slot, result in enumerate(results):
        log.record(id, slot, result)
    assert log.flush(30), log.problem
    return id


def until(true, timeout_s=30):
    deadline = time.monotonic() + timeout_s
    while not (value := true()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)
    return value


def in_another_process(script: str, url: str, **pipes) -> subprocess.Popen:
    root = Path(__file__).parent.parent
    command = [sys.executable, "-c", textwrap.dedent(script), url]
    return subprocess.Popen(command, cwd=root, text=True, stdout=subprocess.PIPE, stdin=subprocess.PIPE, **pipes)


# What goes in comes out


def test_a_comparison_comes_back_as_it_was_written(log):
    params = {"temperature": 0.5, "models": ["openai/gpt-4o"], "note": "é\0"}
    id = logged(log, FULL, ok(), prompt="Wer?", system="Be brief.", params=params, user="ada")
    comparison = log.comparison(id)
    assert (comparison.prompt, comparison.system, comparison.user) == ("Wer?", "Be brief.", "ada")
    assert (comparison.params, comparison.slots) == (params, 2)
    assert [call.result for call in comparison.calls] == [FULL, ok()]
    assert [call.slot for call in comparison.calls] == [0, 1]
    age = datetime.now(UTC) - datetime.fromisoformat(comparison.created_at)
    assert 0 <= age.total_seconds() < 60


def test_every_character_comes_back_as_it_was_written(log):
    text = "".join(chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and c != 0xFDD0)
    id = logged(log, ok(answer=text, reasoning=text[::-1], finish_reason="\0"), prompt=text, system="\0")
    comparison = log.comparison(id)
    assert comparison.prompt == text and comparison.system == "\0"
    result = comparison.calls[0].result
    assert result.answer == text and result.reasoning == text[::-1] and result.finish_reason == "\0"


def test_halves_of_a_character_are_joined_or_replaced(log):
    id = logged(log, ok(answer="\ud83d\ude00 and \ud83d alone\0"), prompt="\udfff")
    comparison = log.comparison(id)
    assert comparison.calls[0].result.answer == "😀 and \ufffd alone\0"
    assert comparison.prompt == "\ufffd"


def test_what_is_unknown_stays_unknown(log):
    bare = CallResult(Target("local", "smol", "local"), "error", "2026-11-23T10:00:00.000+00:00")
    assert log.comparison(logged(log, bare)).calls[0].result == bare


def test_only_the_error_message_is_cleared_of_secrets(log):
    redact.register("hunter2-hunter2")
    said = "the key is hunter2-hunter2"
    result = log.comparison(logged(log, ok(answer=said, reasoning=said, error_message=said))).calls[0].result
    assert (result.answer, result.reasoning) == (said, said)
    assert result.error_message == "the key is [hidden]"


def test_a_model_name_of_a_megabyte_does_not_hold_up_the_log(log):
    long = Target("openai", "m" * 1_000_000, "direct")
    assert log.comparison(logged(log, ok(long))).calls[0].result.target.model == "m" * 200


def test_what_a_newer_version_knows_of_an_attempt_is_passed_over(log):
    id = logged(log, FULL)
    tries = '[{"endpoint_host": "x", "began_ms": 1.5, "colour": "blue"}]'
    with log.database.writing() as connection:
        connection.execute(update(calls), {"tries": tries})
    assert log.comparison(id).calls[0].result.tries == (Attempt("x", 1.5),)


def test_an_unknown_comparison_is_none(log):
    assert log.comparison("nowhere") is None


# Nothing is lost


def test_rows_wait_for_a_locked_sqlite_file(sqlite_url, tmp_path):
    with contextlib.closing(CallLog(sqlite_url)) as log:
        log.check()
        with contextlib.closing(sqlite3.connect(tmp_path / "log.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            id = log.open_comparison("Why?", None, {}, slots=1)
            log.record(id, 0, FULL)
            problem = until(lambda: log.problem)
            assert str(tmp_path / "log.db") in problem and "locked" in problem and "2 rows wait" in problem
            with pytest.raises(ConfigError, match="locked"):
                log.check()
            assert log.comparison(id) is None
            other.execute("ROLLBACK")
        assert log.flush(30)
        assert log.problem is None
        assert log.comparison(id).calls[0].result == FULL


def test_rows_wait_for_a_locked_postgresql_table(postgres_url):
    import psycopg

    with contextlib.closing(CallLog(postgres_url)) as log:
        log.check()
        with contextlib.closing(psycopg.connect(postgres_url)) as other:
            other.execute("LOCK TABLE calls")
            id = log.open_comparison("Why?", None, {}, slots=1)
            log.record(id, 0, FULL)
            assert "Another program holds it" in until(lambda: log.problem)
            other.rollback()
        assert log.flush(30)
        assert log.problem is None
        assert log.comparison(id).calls[0].result == FULL


def test_rows_survive_a_connection_that_the_server_ended(postgres_url):
    import psycopg

    with contextlib.closing(CallLog(postgres_url)) as log:
        logged(log, FULL)
        with psycopg.connect(postgres_url, autocommit=True) as other:
            mine = "datname = current_database() AND pid <> pg_backend_pid()"
            other.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}")
        logged(log, FULL)
        assert len(log.recent_comparisons()) == 2


def test_a_folder_that_cannot_be_made_is_a_problem_until_it_can(tmp_path):
    in_the_way = tmp_path / "data"
    in_the_way.write_text("a file where the folder should be")
    with contextlib.closing(CallLog(f"sqlite:///{in_the_way / 'log.db'}")) as log:
        id = log.open_comparison("Why?", None, {}, slots=1)
        problem = until(lambda: log.problem)
        assert str(in_the_way / "log.db") in problem and "LLMSELECT_DATABASE_URL" in problem
        for ask in (log.check, log.recent_comparisons, log.by_model):
            with pytest.raises(ConfigError, match="LLMSELECT_DATABASE_URL"):
                ask()
        in_the_way.unlink()
        assert log.flush(30)
        assert log.problem is None
        assert log.comparison(id).prompt == "Why?"


def test_rows_wait_for_room_on_a_full_disk(sqlite_url):
    connections = []

    def limit(connection, _record):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")
        connections.append(connection)

    with contextlib.closing(CallLog(sqlite_url)) as log:
        log.check()
        log.database.close()
        event.listen(Engine, "connect", limit)
        try:
            id = log.open_comparison("Why?" * 50_000, None, {}, slots=1)
            log.record(id, 0, FULL)
            assert "Make room" in until(lambda: log.problem)
        finally:
            event.remove(Engine, "connect", limit)
        for connection in connections:
            connection.execute("PRAGMA max_page_count = 1000000")
        assert log.flush(30)
        assert log.problem is None
        assert log.comparison(id).calls[0].result == FULL


def test_a_server_that_refuses_is_named_without_its_password():
    with contextlib.closing(CallLog("postgresql://ada:correct-horse@127.0.0.1:1/team")) as log:
        log.open_comparison("Why?", None, {}, slots=1)
        problem = until(lambda: log.problem)
        assert "127.0.0.1:1/team" in problem and "1 row waits" in problem
        with pytest.raises(ConfigError) as caught:
            log.check()
        assert "correct-horse" not in problem + str(caught.value)
        log.close(timeout_s=0)


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://localhost/x", "sqlite://", "sqlite:///:memory:"])
def test_an_address_that_is_none_is_a_problem_and_not_a_crash(url):
    with contextlib.closing(CallLog(url)) as log:
        assert "LLMSELECT_DATABASE_URL" in until(lambda: log.problem)
        with pytest.raises(ConfigError, match="LLMSELECT_DATABASE_URL"):
            log.check()


def test_a_file_that_is_no_database_is_left_alone(tmp_path):
    (tmp_path / "log.db").write_text("Dear diary, " * 1000)
    with contextlib.closing(CallLog(f"sqlite:///{tmp_path / 'log.db'}")) as log:
        assert "not a database" in until(lambda: log.problem)
    assert (tmp_path / "log.db").read_text() == "Dear diary, " * 1000


def test_beyond_the_bound_rows_are_counted_as_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "MAX_WAITING_CHARS", 10_000)
    (tmp_path / "data").write_text("")
    with contextlib.closing(CallLog(f"sqlite:///{tmp_path / 'data' / 'log.db'}")) as log:
        kept = log.open_comparison("Why?", None, {}, slots=2)
        log.record(kept, 0, ok(answer="x" * 100_000))
        dropped = log.open_comparison("Why?" * 3000, None, {}, slots=1)
        log.record(dropped, 0, ok())
        log.record(kept, 1, ok())
        assert "2 rows wait" in until(lambda: "in memory" in log.problem and log.problem)
        assert "3 rows are missing" in log.problem
        (tmp_path / "data").unlink()
        assert log.flush(30)
        assert [call.slot for call in log.comparison(kept).calls] == [1]
        assert log.comparison(dropped) is None
        assert "3 rows are missing" in log.problem and "in memory" not in log.problem


def test_a_row_that_is_refused_does_not_hold_up_the_others(log, caplog):
    log.record("no-such-comparison", 0, ok())
    id = logged(log, ok(), ok())
    assert len(log.comparison(id).calls) == 2
    assert "1 row is missing" in log.problem and "refused" in log.problem
    assert "refused" in caplog.text


def test_rows_are_kept_when_the_process_is_killed(url):
    script = """
        import sys, time
        from llm_backends.store.call_log import CallLog
        from llm_backends.types import CallResult, Target
        log = CallLog(sys.argv[1])
        id = log.open_comparison("Why?", None, {}, slots=8)
        for slot in range(3):
            log.record(id, slot, CallResult(Target("openai", "gpt-4o", "direct"), "ok", "2026-11-23T10:00:00.000Z"))
        log.flush(30)
        print(id, flush=True)
        time.sleep(60)
    """
    with in_another_process(script, url) as process:
        id = process.stdout.readline().strip()
        process.send_signal(signal.SIGKILL)
    with contextlib.closing(CallLog(url)) as log:
        assert [call.slot for call in log.comparison(id).calls] == [0, 1, 2]
        assert interrupted(log) == [id]
        with log.database.writing() as connection:  # its number may be ours now, as in a container started again
            connection.execute(update(processes).where(processes.c.id != log.writer.process.id), {"pid": os.getpid()})
        assert interrupted(log) == [id]


def test_rows_are_written_when_the_program_just_ends(url):
    script = """
        import sys
        from llm_backends.store.call_log import CallLog
        print(CallLog(sys.argv[1]).open_comparison("Why?", None, {}, slots=0))
    """
    with in_another_process(script, url) as process:
        id = process.communicate()[0].strip()
    assert process.returncode == 0
    with contextlib.closing(CallLog(url)) as log:
        assert log.comparison(id).prompt == "Why?"


# Versions


def test_several_processes_may_make_the_tables_at_once_and_none_waits_for_alembic(url):
    script = """
        import sys
        from llm_backends.store.call_log import CallLog
        print("ready", flush=True)
        sys.stdin.readline()
        log = CallLog(sys.argv[1])
        log.check()
        log.open_comparison("Why?", None, {}, slots=0)
        log.close(30)
        print("alembic" in sys.modules)
    """
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(in_another_process(script, url)) for _ in range(3)]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        assert [process.stdout.readline() for process in processes] == ["False\n"] * 3
    assert [process.returncode for process in processes] == [0, 0, 0]
    with contextlib.closing(CallLog(url)) as log:
        assert len(log.recent_comparisons()) == 3


@pytest.fixture
def engine(url):
    """The database as it is: no tables are made, none brought up to date."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    yield engine
    engine.dispose()


@pytest.fixture
def old(engine):
    """The same, written by the last version before there were revisions."""
    script = (Path(__file__).parent / "data" / f"log_v1_{engine.name}.sql").read_text()
    with contextlib.closing(engine.raw_connection()) as connection:
        connection.executescript(script) if engine.name == "sqlite" else connection.cursor().execute(script)
        connection.commit()
        connection.detach()  # the script of PostgreSQL's dump changes its connection
    return engine


def contents(engine) -> dict[str, list[dict]]:
    """Every row of every table, in the database's own words."""
    with engine.connect() as connection:
        return {
            table: [dict(row) for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY 1")).mappings()]
            for table in inspect(connection).get_table_names()
            if not table.startswith(FTS5)
        }


def shape(engine) -> dict[str, list]:
    """Columns, keys and indexes of every table."""
    tables = inspect(engine)
    return {
        table: [
            *((c["name"], str(c["type"]), c["nullable"], c["default"]) for c in tables.get_columns(table)),
            tables.get_pk_constraint(table),
            sorted(tables.get_foreign_keys(table), key=lambda key: key["constrained_columns"]),
            *sorted(tables.get_indexes(table), key=lambda index: index["name"]),
        ]
        for table in tables.get_table_names()
    }


# What FTS5 keeps its index in, and PostgreSQL's: each only in its own database.
FTS5 = "search_words"
OF_ONE = (FTS5, "documents_by_words")


def by_revisions(engine) -> None:
    """Make the tables by every revision there is, as `migrate` runs them."""
    config = Config()
    config.set_main_option("script_location", "llm_backends.store:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def test_a_database_from_before_revisions_is_brought_up_to_date_and_loses_nothing(url, old):
    before = contents(old)
    assert {table: len(rows) for table, rows in before.items()} == {
        "calls": 3, "comparisons": 2, "preferences": 4, "schema_version": 1,
    }  # fmt: skip
    Database(url).engine().dispose()
    after = contents(old)
    assert after.pop("alembic_version") == [{"version_num": HEAD}]
    (progress,) = after.pop("search_progress")
    assert (progress["reserved"], progress["done"]) == (5, False)  # the old rows are indexed later
    assert not [
        rows for table in after.keys() - before.keys() if (rows := after.pop(table))
    ]  # the newer tables are empty
    new = {
        "calls": {"build_ms": None, "timed_from": None, "tries": "[]"}
        | dict.fromkeys(("experiment_id", "prompt_number", "repeat", "streamed")),
        "comparisons": dict.fromkeys(("process", "revealed_at", "parent_id", "conversation_id")),
        "schema_version": {"version": 2},  # what tells the earlier version that it is too old
    }
    assert after == {table: [row | new.get(table, {}) for row in rows] for table, rows in before.items()}

    with contextlib.closing(CallLog(url)) as log:
        (cut_off,) = (c for c in log.interrupted(days=36_500) if c.calls == ())
        assert (cut_off.prompt, cut_off.system, cut_off.params, cut_off.slots) == ("Cut off", None, {}, 2)
        (whole,) = log.recent_comparisons(user="ada")
        assert (whole.prompt, whole.system, whole.slots) == ("Why? 😀\0", "Be \0 brief.", 3)
        assert whole.params == {"temperature": 0.5, "models": ["openai/gpt-4o"], "note": "é\0"}
        stopped, failed, done = (call.result for call in whole.calls)
        text = "Grüße 👩‍🚀\0 ; it's \"quoted\"\nand goes on\t\\ '' -- %s :name"
        new_facts = {"build_ms": None, "timed_from": None, "tries": ()}
        assert stopped == replace(FULL, answer=text, reasoning="日本語 \0\0", detour_ms=0.1 + 0.2, **new_facts)
        assert (failed.status, failed.error_type, failed.attempts) == ("error", "ProviderDown", 3)
        assert (done.status, done.usage, done.ttft_ms, done.total_ms) == ("ok", Usage(7, 2**40), 1e-7, 1e15)
        assert log.preferences() == {"deadline_s": 90.5, "deployment openai/gpt-4o": {"name": "ours", "wire": None}}
        assert log.preferences("ada") == {"temperature": 0, "note": "é 😀"}
        assert log.comparison(logged(log, FULL)).calls[0].result == FULL


@pytest.mark.parametrize("start", ["nothing", "the version before revisions"])
def test_revisions_lead_to_the_tables_that_a_new_database_gets(request, url, engine, start):
    if start != "nothing":
        request.getfixturevalue("old")
        Database(url).engine().dispose()
    else:
        by_revisions(engine)
    with engine.connect() as connection:
        assert revision(connection) == HEAD
        opts = {"compare_server_default": True, "include_name": lambda name, *_: not (name or "").startswith(OF_ONE)}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []
    upgraded, found = shape(engine), MetaData()
    if engine.name == "sqlite":
        with engine.begin() as connection:
            connection.execute(text(f"DROP TABLE {FTS5}"))
    found.reflect(engine)
    found.drop_all(engine)
    Database(url).engine().dispose()
    assert upgraded == shape(engine)


def test_an_upgrade_that_fails_changes_nothing_and_is_told(url, old):
    with old.begin() as connection:
        connection.execute(text("CREATE TABLE processes (in_the_way INTEGER)"))
    before = shape(old), contents(old)
    with contextlib.closing(CallLog(url)) as log:
        with pytest.raises(ConfigError, match="processes"):
            log.check()
        assert "processes" in until(lambda: log.problem)
    assert (shape(old), contents(old)) == before


def test_several_may_bring_the_same_database_up_to_date_at_once(url, old):
    with contextlib.ExitStack() as stack:
        logs = [stack.enter_context(contextlib.closing(CallLog(url))) for _ in range(4)]
        for log in logs:
            log.check()
            assert len(log.recent_comparisons()) == 2 and log.problem is None
    assert contents(old)["alembic_version"] == [{"version_num": HEAD}]


def test_a_database_from_a_newer_version_is_refused(url, engine):
    Database(url).engine().dispose()
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0099'"))
    with contextlib.closing(CallLog(url)) as log:
        with pytest.raises(ConfigError, match="newer LLMSelect.*0099"):
            log.check()
        assert "newer LLMSelect" in until(lambda: log.problem)
    with engine.connect() as connection:
        assert revision(connection) == "0099"


# Questions


def test_percentiles_are_those_of_the_values_themselves(log):
    rng = random.Random(3)
    counts = {f"model-{count}": count for count in (1, 2, 3, 4, 21, 40, 101)}
    results = [
        ok(Target("openai", model, "direct"), ttft_ms=rng.choice([rng.uniform(1, 900), 250.0]),
           total_ms=rng.uniform(900, 5000), tpot_ms=rng.uniform(5, 50))
        for model, count in counts.items() for _ in range(count)
    ]  # fmt: skip
    rng.shuffle(results)
    noise = [
        CallResult(GPT, "error", "2026-11-23T10:00:00.000Z", ttft_ms=5.0, total_ms=5.0, tpot_ms=5.0),
        CallResult(Target("openai", "model-4", "direct"), "stopped", "2026-11-23T10:00:00.000Z", ttft_ms=1.0),
        ok(Target("openai", "model-4", "direct")),
        ok(Target("openai", "model-4", "direct", simulated=True), ttft_ms=1.0, total_ms=1.0, tpot_ms=1.0),
    ]
    logged(log, *results, *noise)
    stats = {row.model: row for row in log.by_model(Filter(since=datetime(2026, 1, 1, tzinfo=UTC)))}
    for model in counts:
        mine = [result for result in results if result.target.model == model]
        row = stats[model]
        for q, found in ((0.5, (row.ttft_p50_ms, row.total_p50_ms, row.tokens_per_s_p50)),
                         (0.95, (row.ttft_p95_ms, row.total_p95_ms, row.tokens_per_s_p95))):  # fmt: skip
            expected = [percentile((getattr(result, name) for result in mine), q)
                        for name in ("ttft_ms", "total_ms", "tokens_per_s")]  # fmt: skip
            assert found == pytest.approx(tuple(expected), rel=1e-12), model
    failed = stats["gpt-4o"]
    assert (failed.calls, failed.ok, failed.errors) == (1, 0, 1)
    assert (failed.ttft_p50_ms, failed.tokens_per_s_p95) == (None, None)


def test_figures_by_model_are_read_from_indexes_alone(sqlite_url):
    """What keeps a million calls quick: no answer is read and nothing is sorted."""
    asked = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        asked.append((statement, parameters))

    with contextlib.closing(CallLog(sqlite_url)) as log:
        logged(log, *(ok(ttft_ms=n, total_ms=n, tpot_ms=n) for n in range(1, 40)))
        event.listen(log.database.engine(), "before_cursor_execute", note)
        log.by_model(Filter(since=datetime(2026, 1, 1, tzinfo=UTC), models=(GPT.ref,)))
        event.remove(log.database.engine(), "before_cursor_execute", note)
        with log.database.engine().connect() as connection:
            plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {s}", p).all() for s, p in asked]
    steps = [step.detail for plan in plans for step in plan]
    assert len(steps) == len(asked) > 7
    assert all("USING COVERING INDEX" in step for step in steps), steps


def test_counts_costs_and_tokens_say_what_is_unknown(log):
    known = ok(cost_usd=0.25, usage=Usage(10, 20))
    other = Target("mistral", "small", "direct")
    logged(log, known, known, ok(), CallResult(GPT, "stopped", "2026-11-23T10:00:00.000Z", cost_usd=0.5), ok(other))
    mistral, openai = log.by_model()
    assert (openai.ref, openai.calls, openai.ok, openai.errors, openai.stopped) == ("openai/gpt-4o", 4, 3, 0, 1)
    assert (openai.cost_usd, openai.cost_unknown) == (1.0, 1)
    assert openai.cost_per_call_usd == pytest.approx(1 / 3)
    assert (openai.input_tokens, openai.output_tokens) == (20, 40)
    assert (mistral.cost_usd, mistral.cost_unknown, mistral.cost_per_call_usd) == (None, 1, None)
    assert (mistral.input_tokens, mistral.output_tokens, mistral.ttft_p50_ms) == (None, None, None)


def test_a_model_on_two_routes_is_told_apart(log):
    logged(log, ok(ttft_ms=100.0), ok(Target("openai", "gpt-4o", "azure", deployment="prod"), ttft_ms=120.0))
    assert [(row.route, row.ttft_p50_ms) for row in log.by_model()] == [("azure", 120.0), ("direct", 100.0)]


def test_simulated_calls_are_left_out_unless_asked_for(log):
    logged(log, ok(), ok(Target("openai", "gpt-4o", "direct", simulated=True)), FULL)
    assert [row.calls for row in log.by_model()] == [1]
    assert sorted(row.calls for row in log.by_model(Filter(include_simulated=True))) == [1, 2]
    assert len(log.calls()) == 1
    assert len(log.calls(Filter(include_simulated=True))) == 3


def test_a_filter_chooses_by_time_route_model_and_status(log):
    azure = Target("openai", "gpt-4o", "azure")
    rows = {
        "early": ok(at="2026-11-01T00:00:00.000+00:00"),
        "on time": ok(at="2026-11-02T00:00:00.000+00:00"),
        "utc by Z": ok(at="2026-11-02T12:00:00.000Z"),
        "azure": ok(azure, at="2026-11-02T13:00:00.000+00:00"),
        "failed": CallResult(Target("mistral", "a/b", "direct"), "error", "2026-11-02T14:00:00.000+00:00"),
        "late": ok(at="2026-11-03T00:00:00.000+00:00"),
    }
    logged(log, *rows.values())

    def found(**facts):
        chosen = Filter(**facts)
        names = [next(name for name, row in rows.items() if row == call.result) for call in log.calls(chosen)]
        assert sum(row.calls for row in log.by_model(chosen)) == len(names)
        return names

    day = {"since": datetime(2026, 11, 2, tzinfo=UTC), "until": datetime(2026, 11, 3, tzinfo=UTC)}
    assert found() == list(rows)[::-1]
    assert found(**day) == ["failed", "azure", "utc by Z", "on time"]
    assert found(**day, routes=("azure",)) == ["azure"]
    assert found(models=("mistral/a/b",)) == ["failed"]
    assert found(models=("mistral/a/b", "openai/gpt-4o"), until=day["since"]) == ["early"]
    assert found(statuses=("error",)) == ["failed"]
    assert found(models=("nobody/nothing",)) == []
    assert len(log.calls(limit=2)) == 2


def test_recent_comparisons_come_newest_first_in_pages(log):
    ids = [logged(log, ok(), prompt=f"Question {n}") for n in range(5)]
    times = [log.comparison(id).created_at for id in ids]
    first = log.recent_comparisons(limit=2)
    rest = log.recent_comparisons(limit=10, before=first[-1].id)
    everything = [comparison.id for comparison in first + rest]
    assert sorted(everything) == sorted(ids)
    assert [times[ids.index(id)] for id in everything] == sorted(times, reverse=True)
    assert all(len(comparison.calls) == 1 for comparison in first + rest)


def test_recent_comparisons_can_be_searched(log):
    apples = logged(log, prompt="Warum sind ÄPFEL rund?", user="ada")
    percent = logged(log, prompt="Is 100% safe\0 here?", system="Answer as a PIRATE_captain", user="bob")

    def found(**facts):
        return [comparison.id for comparison in log.recent_comparisons(**facts)]

    assert found(search="äpfel") == [apples]
    assert found(search="0% SAFE\0 h") == [percent]
    assert found(search="pirate_c") == [percent]
    assert found(search="_") == [percent]
    assert found(search="elephant" * 100_000) == []
    assert found(user="ada") == [apples]
    assert found(user="ada", search="100") == []


# Interrupted


def interrupted(log) -> list[str]:
    return [comparison.id for comparison in log.interrupted()]


def test_a_comparison_that_lacks_calls_is_interrupted_once_its_process_has_closed_the_log(url):
    with contextlib.closing(CallLog(url)) as log:
        cut_off = logged(log, ok(), slots=2)
        logged(log, ok(), slots=1)
        assert interrupted(log) == []
    with contextlib.closing(CallLog(url)) as log:
        assert interrupted(log) == [cut_off]


def test_what_another_process_still_runs_is_not_interrupted_until_it_falls_silent(url):
    def silent_for(seconds: float) -> None:
        row = {"host": "elsewhere", "seen_at": now(timedelta(seconds=seconds))}
        with theirs.database.writing() as connection:
            connection.execute(update(processes).where(processes.c.id == theirs.writer.process.id), row)

    with contextlib.closing(CallLog(url)) as theirs:
        running = logged(theirs, ok(), slots=2)
        with contextlib.closing(CallLog(url)) as ours:
            assert interrupted(ours) == []
            silent_for(25)
            assert interrupted(ours) == []
            silent_for(35)
            assert interrupted(ours) == [running] and interrupted(theirs) == []
            logged(theirs, ok())
            assert interrupted(ours) == []


def test_a_process_that_has_nothing_to_write_says_that_it_lives(log, monkeypatch):
    def seen() -> str | None:
        with log.database.reading() as connection:
            return connection.scalar(select(processes.c.seen_at))

    monkeypatch.setattr(writer, "SEEN_EVERY_S", 0.05)
    logged(log)
    first = seen()
    until(lambda: seen() > first)
    log.close()
    assert seen() is None


def test_choices_are_kept_by_user_replaced_and_taken_back(url):
    log = CallLog(url)
    log.prefer({"deadline_s": 60, "deployment openai/gpt-4o": {"name": "ours", "wire": None}})
    log.prefer({"deadline_s": 90, "temperature": 0.2}, user="ada")
    log.prefer({"deadline_s": 120})
    assert log.preferences() == {"deadline_s": 120, "deployment openai/gpt-4o": {"name": "ours", "wire": None}}
    log.prefer({"deadline_s": None})
    assert "deadline_s" not in log.preferences() and log.preferences("ada") == {"deadline_s": 90, "temperature": 0.2}
    log.close()
