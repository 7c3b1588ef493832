"""Tables as files: what a spreadsheet, pandas or DuckDB finds in them."""

import io

import pandas as pd
import pytest
from pyarrow import parquet

from llm_backends.files.tables import Column, table_bytes, write_csv, write_parquet
from llm_backends.files.whole import whole

ROWS = [
    {
        "model": "=evil()",
        "time_utc": "2026-11-26T00:00Z",
        "calls": 3,
        "ttft_p50_ms": 12.5,
        "cost_usd": None,
        "best": True,
    },
    {
        "model": "größe 🙂",
        "time_utc": "2026-11-27T00:00Z",
        "calls": 4,
        "ttft_p50_ms": None,
        "cost_usd": None,
        "best": False,
    },
]


def test_a_small_table_keeps_its_types_and_what_is_unknown():
    table = parquet.read_table(io.BytesIO(table_bytes(ROWS, "parquet")))
    kinds = {field.name: str(field.type) for field in table.schema}
    assert kinds == {
        "model": "string",
        "time_utc": "timestamp[us, tz=UTC]",
        "calls": "int64",
        "ttft_p50_ms": "double",
        "cost_usd": "double",
        "best": "bool",
    }
    assert table.column("ttft_p50_ms").to_pylist() == [12.5, None]
    assert table.column("model").to_pylist() == [row["model"] for row in ROWS]


def test_no_cell_of_a_csv_is_a_formula_and_unknown_is_empty():
    read = pd.read_csv(io.BytesIO(table_bytes(ROWS, "csv")))
    assert list(read["model"]) == ["'=evil()", "größe 🙂"] and read["cost_usd"].isna().all()
    assert list(read["best"]) == [True, False]


def test_a_table_without_rows_is_a_file_all_the_same():
    assert parquet.read_table(io.BytesIO(table_bytes([], "parquet"))).num_rows == 0
    assert table_bytes([], "csv").decode("utf-8-sig").strip() == ""
    named = table_bytes([], "parquet", ["model", "ttft_p50_ms"])
    assert [str(field.type) for field in parquet.read_table(io.BytesIO(named)).schema] == ["string", "double"]
    assert table_bytes([], "csv", ["model", "calls"]).decode("utf-8-sig").strip() == "model,calls"


def test_what_a_column_means_goes_with_it():
    columns = [
        Column("ttft_ms", "number", "To the first token.", "ms"),
        Column("tags", "list"),
        Column("more", "mapping"),
    ]
    rows = [{"ttft_ms": 1.5, "tags": ["a", "b"], "more": {"x": 1}}, {"ttft_ms": None, "tags": None, "more": None}]
    out = io.BytesIO()
    write_parquet(columns, iter(rows), out)
    table = parquet.read_table(io.BytesIO(out.getvalue()))
    assert table.schema.field("ttft_ms").metadata[b"meaning"] == b"To the first token."
    assert table.schema.field("ttft_ms").metadata[b"unit"] == b"ms"
    assert table.to_pylist()[0] == {"ttft_ms": 1.5, "tags": ["a", "b"], "more": '{"x": 1}'}
    out = io.BytesIO()
    write_csv(columns, iter(rows), out)
    assert out.getvalue().decode("utf-8-sig").splitlines() == ["ttft_ms,tags,more", '1.5,"a, b","{""x"": 1}"', ",,"]


def test_row_groups_are_large_and_keep_the_order():
    columns = [Column("n", "whole"), Column("text", "text")]
    out = io.BytesIO()
    write_parquet(columns, ({"n": n, "text": "x" * (n % 3)} for n in range(212_345)), out)
    read = parquet.ParquetFile(io.BytesIO(out.getvalue()))
    groups = [read.metadata.row_group(place).num_rows for place in range(read.num_row_groups)]
    assert groups == [100_000, 100_000, 12_345]
    assert read.read(["n"]).column("n").to_pylist() == list(range(212_345))


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt), whole(path) as out:
        out.write(b"half")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"before"
    with whole(path) as out:
        out.write(b"all")
    assert path.read_bytes() == b"all" and list(tmp_path.iterdir()) == [path]
