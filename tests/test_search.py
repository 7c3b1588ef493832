"""Full-text search: the same words are found in both databases, whatever the script, and nothing is an operator."""

import sqlite3
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from llm_backends.store import comparisons, tables
from llm_backends.store.call_log import CallLog
from llm_backends.store.search import index, words
from llm_backends.store.search.find import Wanted
from llm_backends.store.search.prepare import prepare
from llm_backends.store.tables import documents, search_progress
from llm_backends.types import CallResult, Target

from .conftest import postgres_database

GPT, LARGE = Target("openai", "gpt-4o", "direct"), Target("mistral", "large", "azure", simulated=True)


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def url(request, tmp_path_factory):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('search')}/log.db"
    else:
        with postgres_database() as url:
            yield url


@pytest.fixture(scope="module")
def log(url):
    log = CallLog(url)
    yield log
    log.close()


def asked(log: CallLog, prompt: str, *answers: str, system: str = "", reasoning: str = "", params=None) -> str:
    id = log.open_comparison(prompt, system, params or {}, len(answers))
    for slot, answer in enumerate(answers):
        target = (GPT, LARGE)[slot % 2]
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        status = "ok" if answer else "error"
        log.record(id, slot, CallResult(target, status, moment, answer=answer, reasoning=reasoning))
    assert log.flush(10)
    return id


def found(log: CallLog, text: str, wanted: Wanted = Wanted(), **options) -> list[tuple[str, str]]:  # noqa: B008
    return [(hit.comparison_id, hit.where) for hit in log.search(text, wanted, **options)]


@pytest.mark.parametrize(
    ("held", "sought"),
    [
        ("Why is the Sky BLUE, really?", "blue sky"),
        ("Why is the sky blue?", '"sky blue"'),
        ("A naïve café in Łódź", "naive cafe"),
        ("Straße und STRASSE", "strasse"),
        ("为什么天空是蓝色的", "天空"),
        ("空は なぜ青いのですか", "青い"),
        ("ทำไมท้องฟ้าเป็นสีฟ้า", "ฟ้า"),
        ("हिन्दी में उत्तर दें", "हिन्दी"),
        ("Почему небо голубое", "НЕБО"),
        ("It is a party 🎉 now", "🎉"),
        ("call snake_case_names(x)", "snake_case_names"),
        ("costs 3.14 USD a call", "3.14"),
        ("beginnings matter", "begin"),
        ("ﬁne ligatures and ＦＵＬＬ width", "fine full"),
    ],
)
def test_words_are_found_in_every_script_and_the_hit_is_shown(log, held, sought):
    id = asked(log, held)
    hit = next(hit for hit in log.search(sought, Wanted()) if hit.comparison_id == id)
    marked = [piece for piece, looked_for in hit.excerpt if looked_for]
    assert hit.where == "prompt" and marked and all(piece in held for piece in marked)
    assert "".join(piece for piece, _ in hit.excerpt).strip("…") in held


@pytest.mark.parametrize(
    "hostile",
    [
        "' OR 1=1 --", '"unbalanced', "a AND OR NOT b", "NEAR(a b)", "words : a", "-a +b ^c", "a*", "(((", "a & | !b",
        "a <-> b:*", "'; DROP TABLE calls; --", "\\", "%_", "{a b}: c", "\0a\0", "\ud800a", 'a"b"c', "a " * 5000,
    ],
)  # fmt: skip
def test_no_sign_in_a_search_is_an_operator(log, hostile):
    log.search(hostile, Wanted())
    id = asked(log, f"Held as it is: {hostile}")
    if words.query(hostile):
        assert id in [hit.comparison_id for hit in log.search(hostile, Wanted())]


def test_a_search_without_a_word_finds_nothing_and_a_megabyte_is_no_trouble(log):
    assert log.search("?! --", Wanted()) == () == log.search("", Wanted()) and words.query(" ") is None
    assert log.search("nowhere " + "x" * 1_000_000, Wanted()) == ()


def test_answers_reasoning_and_system_prompts_are_found_with_whose_they_are(log):
    id = asked(log, "Who?", "the zebrafish one", "a quokka", system="Be a platypus.", reasoning="an axolotl thinks")
    assert found(log, "zebrafish") == [(id, "answer")] and found(log, "platypus") == [(id, "system prompt")]
    assert found(log, "axolotl") == [(id, "reasoning")] * 2
    (hit,) = log.search("quokka", Wanted())
    assert (hit.model, hit.slot, hit.of) == ("mistral/large", 1, "calls")
    hidden = asked(log, "Whose?", "the capybara", params={"blind": 5})
    assert log.search("capybara", Wanted())[0].model is None
    assert log.search("capybara", Wanted(models=("openai/gpt-4o",))) == ()  # not even by the filter
    log.reveal(hidden)
    assert len(log.search("capybara", Wanted(models=("openai/gpt-4o",)))) == 1
    assert log.search("capybara", Wanted())[0].model == "openai/gpt-4o"


def test_hits_come_newest_first_and_by_the_page(log):
    ids = [asked(log, f"paging wombat {number}") for number in range(7)]
    pages, before = [], None
    while page := log.search("wombat", Wanted(), before=before, limit=3):
        pages.append([hit.comparison_id for hit in page])
        before = page[-1].number
    assert pages == [ids[:3:-1], ids[3:0:-1], ids[:1]]


def test_filters_hold_for_calls_and_for_the_comparisons_they_are_of(log):
    both, failed = asked(log, "filtered numbat", "numbat one", "numbat two"), asked(log, "numbat alone", "")
    assert len(found(log, "numbat")) == 4
    assert {id for id, _ in found(log, "numbat", Wanted(models=("mistral/large",)))} == {both}
    assert found(log, "numbat", Wanted(models=("openai/gpt-4o",), statuses=("error",))) == [(failed, "prompt")]
    assert found(log, "numbat", Wanted(simulated=True)) == [(both, "answer"), (both, "prompt")]
    assert found(log, "numbat", Wanted(experiments=True)) == []
    assert found(log, "numbat", Wanted(until=datetime(2026, 1, 1, tzinfo=UTC))) == []
    assert len(found(log, "numbat", Wanted(since=datetime(2026, 1, 1, tzinfo=UTC)))) == 4
    assert found(log, "numbat", Wanted(user="ada")) == []


def test_what_is_forgotten_is_not_found_and_what_is_indexed_twice_is_found_once(log):
    id = asked(log, "forgetful dugong", "a dugong")
    with log.database.writing() as connection:
        index.add(connection, "comparisons", [{"id": id, "prompt": "forgetful dugong", "system": None}])
    assert len(found(log, "dugong")) == 2
    with log.database.writing() as connection:
        index.forget(connection, "comparisons", [{"id": id, "prompt": "forgetful dugong", "system": None}])
    assert found(log, "dugong") == [(id, "answer")]


def test_very_long_texts_are_found_by_their_first_words_and_lose_nothing(log):
    long = "binturong " + " ".join(f"{number}x{'y' * 50}" for number in range(40_000)) + " tailword"
    id = asked(log, long)
    assert found(log, "binturong") == [(id, "prompt")] and log.comparison(id).prompt == long
    assert found(log, "tailword") == []


def test_old_rows_are_indexed_some_at_a_time_below_the_new_ones(url):
    with CallLog(url).database.writing() as connection:  # as a database from before the index is brought up to date
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TABLE search_words"))
        else:
            connection.execute(text("DROP INDEX documents_by_words"))
        connection.execute(documents.delete())
        connection.execute(search_progress.delete())
        moments = [f"2025-01-01T00:{n // 60:02}:{n % 60:02}.000+00:00" for n in range(2500)]
        rows = [
            comparisons.row(moment, None, f"old okapi {n}", None, {}, 0, "p", f"old{n:04}")
            for n, moment in enumerate(moments)
        ]
        connection.execute(tables.comparisons.insert(), rows)
        counted = (f"SELECT count(*) FROM {name}" for name in ("calls", "comparisons"))
        prepare(connection, sum(connection.scalar(text(count)) for count in counted))
    log = CallLog(url)
    new = asked(log, "new okapi")
    assert found(log, "okapi") == [(new, "prompt")] and log.unindexed() == 1
    steps = log.index()
    assert 0 < next(steps) < 1 and 0 < log.unindexed() < 1
    assert [*steps][-1] == 1 and log.unindexed() == 0 and [*log.index()] == [1.0]
    assert found(log, "okapi")[0] == (new, "prompt")
    assert found(log, '"okapi 17"') == [("old0017", "prompt")] and len(found(log, "okapi", limit=5000)) == 2501
    assert found(log, "binturong") != []
    log.close()


def test_a_sqlite_without_its_full_text_search_keeps_the_log_and_finds_nothing(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/log.db"
    log = CallLog(url)
    log.check()
    with sqlite3.connect(tmp_path / "log.db") as connection:
        connection.execute("DROP TABLE search_words")
    id = asked(log, "unfindable")
    assert log.comparison(id).prompt == "unfindable" and found(log, "unfindable") == [] and [*log.index()] == [1.0]
    log.close()
