"""Prompt sets: whatever is in a file, its rows are read as they are or told with their number, and kept by content."""

import contextlib
import csv
import io
import json
from itertools import islice

import pyarrow
import pytest
from pyarrow import parquet
from sqlalchemy import text

from llm_backends.prompt_set import PromptSet, Row
from llm_backends.prompt_sets.own import CHECKS, own_set
from llm_backends.prompt_sets.reading import MAX_CELL_CHARS, MAX_ROWS, read, read_pasted
from llm_backends.prompt_sets.records import RowFault
from llm_backends.prompt_sets.sentences import of_row, of_template
from llm_backends.prompt_sets.template import TemplateFault, names, render
from llm_backends.store.database import Database
from llm_backends.store.prompt_sets import PromptSets

GIVEN = [
    {"prompt": "Größe?", "system": "Be brief.", "expected": "42", "tags": "size, de", "city": "Köln"},
    {"prompt": "Two\nlines, with a comma", "system": "", "expected": "=SUM(A1)", "tags": "", "city": ""},
]
ROWS = (
    Row(1, "Größe?", "Be brief.", "42", ("size", "de"), (("city", "Köln"),)),
    Row(2, "Two\nlines, with a comma", None, "=SUM(A1)", (), (("city", ""),)),
)


def table(rows, delimiter=",", ends="\r\n") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0], delimiter=delimiter, lineterminator=ends)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def lines(*rows) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def as_parquet(columns) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue()


FILES = {
    "set.csv": table(GIVEN).encode(),
    "semicolons.csv": table(GIVEN, ";", "\n").encode(),
    "bom.csv": table(GIVEN).encode("utf-8-sig"),
    "utf-16.csv": table(GIVEN).encode("utf-16"),
    "tabs.tsv": table(GIVEN, "\t").encode(),
    "tabs.txt": b"\xfe\xff" + table(GIVEN, "\t").encode("utf-16-be"),
    "set.JSONL": lines(*GIVEN),
    "lists.ndjson": lines({**GIVEN[0], "tags": ["size", "de", "size"], "expected": 42}, GIVEN[1]),
    "set.parquet": as_parquet({name: [row[name] for row in GIVEN] for name in GIVEN[0]}),
}


@pytest.mark.parametrize("name", FILES)
def test_the_same_rows_are_read_from_every_kind_of_file(name):
    reading = read(FILES[name], name)
    assert reading.faults == ()
    assert reading.prompts.rows == ROWS
    assert reading.prompts == PromptSet.of(name.rpartition(".")[0], ROWS)


@pytest.mark.parametrize("delimiter", "\t,;")
def test_a_pasted_table_is_read(delimiter):
    assert read_pasted(table(GIVEN, delimiter)).prompts.rows == ROWS


def test_a_pasted_column_may_hold_commas():
    assert [row.prompt for row in read_pasted("Prompt\nFirst, this\n\nThen; that").prompts.rows] == [
        "First, this",
        "Then; that",
    ]


def test_the_id_is_that_of_the_content():
    one = read(table(GIVEN).encode(), "one.csv").prompts
    turned = [dict(reversed(row.items())) for row in GIVEN]
    assert read(table(turned, ends="\n").encode(), "other.csv").prompts.id == one.id
    changed = [{**GIVEN[0], "expected": "43"}, GIVEN[1]]
    assert read(table(changed).encode(), "one.csv").prompts.id != one.id
    assert PromptSet.of("one", reversed(ROWS)).id != one.id


def test_repeated_rows_are_kept_and_told():
    prompts = read(b"prompt,expected\na,1\nb,1\na,1\na,2\na,1\n", "x.csv").prompts
    assert len(prompts.rows) == 5
    assert prompts.repeated == (3, 5)


def test_a_cell_of_a_megabyte_is_read_and_a_longer_one_told():
    whole = "x" * MAX_CELL_CHARS
    reading = read(f"prompt\n{whole}\n{whole}x\n".encode(), "x.csv")
    assert [row.prompt for row in reading.prompts.rows] == [whole]
    assert reading.faults == (RowFault(3, "prompt", "too long"),)


BAD_ROWS = {
    b"a": "too few cells",
    b"a,b,c": "too many cells",
    b",b": "empty",
    b" ,b": "empty",
    b"a\0,b": "null byte",
    b"caf\xe9,b": "not UTF-8",
    b"\xef\xb7\x90,b": "no character",
    b'"a"b,c': "bad quotes",
}


@pytest.mark.parametrize("bad", BAD_ROWS)
def test_a_bad_row_is_told_by_number_and_the_others_are_read(bad):
    reading = read(b"prompt,expected\n1,1\n\n" + bad + b"\n2,2\n", "x.csv")
    assert [row.prompt for row in reading.prompts.rows] == ["1", "2"]
    assert [row.number for row in reading.prompts.rows] == [1, 2]
    (fault,) = reading.faults
    assert (fault.row, fault.reason) == (4, BAD_ROWS[bad])
    assert of_row(fault).startswith("Row 4 ") and "{" not in of_row(fault)


def test_a_quote_that_never_closes_is_told_where_it_opens():
    reading = read(b'prompt\na\n"b\nc\n', "x.csv")
    assert [row.prompt for row in reading.prompts.rows] == ["a"]
    assert reading.faults == (RowFault(3, None, "bad quotes"),)


BAD_LINES = {
    "{": "no JSON",
    "[" * 100_000: "no JSON",
    "[1]": "no object",
    '{"text": "a"}': "no column",
    '{"prompt": null}': "empty",
    '{"prompt": {"a": 1}}': "no text",
    '{"prompt": "a", "Prompt": "b"}': "column twice",
    '{"prompt": "\\ud800"}': "no character",
    '{"prompt": "a", "x\\u0000": "b"}': "null byte",
}


@pytest.mark.parametrize("bad", BAD_LINES, ids=lambda bad: bad[:30])
def test_a_bad_line_is_told_by_number_and_the_others_are_read(bad):
    reading = read(lines({"prompt": "1"}) + b"\n" + bad.encode() + b"\r\n" + lines({"prompt": "2"}), "x.jsonl")
    assert [row.prompt for row in reading.prompts.rows] == ["1", "2"]
    (fault,) = reading.faults
    assert (fault.row, fault.reason) == (2, BAD_LINES[bad])
    assert of_row(fault).startswith("Row 2 ") and "\0" not in of_row(fault)


BAD_FILES = {
    "unknown kind": (b"PK", "x.xlsx"),
    "not UTF-16": (b"\xff\xfea", "x.csv"),
    "no Parquet": (b"PAR1 no", "x.parquet"),
    "no rows": (b"prompt,expected\n", "x.csv"),
    "no column": (b"question,answer\na,b\n", "x.csv"),
    "column twice": (b"prompt,a,a\n1,2,3\n", "x.csv"),
    "column without name": (b"prompt,,a\n1,2,3\n", "x.csv"),
    "bad quotes": (b'"prompt"x,a\nb,c\n', "x.csv"),
    "not UTF-8": (b"prompt,gr\xf6\xdfe\na,b\n", "x.csv"),
    "null byte": (b"prompt,\0\na,b\n", "x.csv"),
}


@pytest.mark.parametrize("reason", BAD_FILES)
def test_of_a_bad_file_nothing_is_read_and_it_is_told_why(reason):
    reading = read(*BAD_FILES[reason])
    assert reading.prompts is None
    (fault,) = reading.faults
    assert (fault.row, fault.reason) == (None, reason)
    assert of_row(fault).endswith(".") and "{" not in of_row(fault)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["x.csv", "x.jsonl"])
def test_an_empty_file_has_no_rows(content, name):
    assert read(content, name).faults == (RowFault(None, None, "no rows"),)


def test_a_damaged_parquet_file_is_not_read_in_part():
    whole = as_parquet({"prompt": [f"prompt {number}" for number in range(1000)]})
    damaged = whole[:200] + b"\xff" * 500 + whole[700:]
    assert read(damaged, "x.parquet").faults == (RowFault(None, None, "no Parquet"),)


def test_parquet_cells_of_any_type_are_read():
    columns = {
        "prompt": pyarrow.array([b"a", b"\xff", None], pyarrow.binary()),
        "expected": [42, None, 3],
        "tags": [["x", "y"], [], None],
        "flag": [True, False, None],
    }
    reading = read(as_parquet(columns), "x.parquet")
    assert reading.prompts.rows == (Row(1, "a", None, "42", ("x", "y"), (("flag", "true"),)),)
    assert reading.faults == (RowFault(2, "prompt", "not UTF-8"), RowFault(3, "prompt", "empty"))


def test_a_set_has_at_most_100_000_rows():
    assert MAX_ROWS == 100_000
    content = b"prompt\n" + b"a\n" * MAX_ROWS
    assert len(read(content, "x.csv").prompts.rows) == MAX_ROWS
    reading = read(content + b"a\n", "x.csv")
    assert (reading.prompts, reading.faults) == (None, (RowFault(None, None, "too many rows"),))
    assert "100,000" in of_row(reading.faults[0])


# Templates


def test_a_template_is_filled_and_values_are_not_looked_into():
    values = Row(1, "{{city}}?", variables=(("city", "Rome"), ("the year", "{0}"))).values
    assert render("{{prompt}} {{ city }}, {{the year}}", values) == "{{city}}? Rome, {0}"


def test_braces_can_be_text():
    assert render(r'{"a": {"b": 1}} \{{city}} {0} {% x %}', {}) == '{"a": {"b": 1}} {{city}} {0} {% x %}'


def test_a_template_names_its_variables():
    assert names(r"{{b}} {{a}} \{{c}} {{b}}") == ("b", "a")


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{{town}}", "There is no column town, which the template names as {{town}}."),
        ("{{ }}", "{{ }} is not understood: write {{name}}, or \\{{ for the braces themselves."),
        ("{{a.__class__}}", "There is no column a.__class__, which the template names as {{a.__class__}}."),
        ("Say {{city}", "{{city} is not understood: write {{name}}, or \\{{ for the braces themselves."),
    ],
)
def test_a_template_that_cannot_be_filled_says_why(template, told):
    with pytest.raises(TemplateFault) as caught:
        render(template, {"city": "Rome", "a": "b"})
    assert of_template(caught.value) == told


# The sets that come along


@pytest.mark.parametrize("name", CHECKS)
def test_the_own_sets_are_read_whole(name):
    prompts = own_set(name)
    assert prompts.name == name and 20 <= len(prompts.rows) <= 30
    assert all(row.expected and row.tags for row in prompts.rows)
    assert not prompts.repeated
    assert not any(check.fault() for check in CHECKS[name])


# In the database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    postgresql = request.param == "postgresql"
    url = request.getfixturevalue("postgres_url") if postgresql else f"sqlite:///{tmp_path / 'log.db'}"
    with contextlib.closing(Database(url)) as database:
        yield database


def test_a_set_is_kept_once_and_comes_back_as_it_was(database):
    sets, prompts = PromptSets(database), PromptSet.of("first", ROWS)
    sets.keep(prompts)
    sets.keep(PromptSet.of("second", ROWS))
    (kept,) = sets.all()
    assert (kept.id, kept.name, kept.rows) == (prompts.id, "first", 2)
    assert sets.one(prompts.id) == kept
    assert sets.one("another") is None
    assert PromptSet.of(kept.name, sets.rows(kept.id)) == prompts


def test_rows_come_in_pages(database):
    sets, prompts = PromptSets(database), PromptSet.of("many", (Row(n, f"prompt {n}") for n in range(1, 7001)))
    sets.keep(prompts)
    assert [row.number for row in sets.page(prompts.id, after=6000, limit=3)] == [6001, 6002, 6003]
    assert sets.page(prompts.id, after=7000) == ()
    assert [*islice(sets.rows(prompts.id), 6999, None)] == [prompts.rows[-1]]


def test_a_set_is_deleted_with_its_rows_unless_something_was_run_on_it(database):
    sets, prompts = PromptSets(database), PromptSet.of("used", ROWS)
    sets.keep(prompts)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE runs (set_id TEXT REFERENCES prompt_sets (id))"))
        connection.execute(text("INSERT INTO runs VALUES (:id)"), {"id": prompts.id})
    assert not sets.delete(prompts.id)
    assert len(sets.page(prompts.id)) == 2
    with database.writing() as connection:
        connection.execute(text("DELETE FROM runs"))
    assert sets.delete(prompts.id)
    assert sets.all() == () and sets.page(prompts.id) == ()
