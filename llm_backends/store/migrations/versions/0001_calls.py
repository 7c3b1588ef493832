"""Comparisons, calls and preferences: the tables as they were before there were revisions."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Integer, String, Text

revision = "0001"
down_revision = None

NAME = Text().with_variant(String(collation="C"), "postgresql")


def upgrade() -> None:
    version = op.create_table("schema_version", Column("version", Integer, nullable=False))
    op.bulk_insert(version, [{"version": 1}])
    op.create_table(
        "preferences",
        Column("user", NAME, primary_key=True),
        Column("name", NAME, primary_key=True),
        Column("value", Text, nullable=False),
    )
    op.create_table(
        "comparisons",
        Column("id", NAME, primary_key=True),
        Column("created_at", NAME, nullable=False),
        Column("user", NAME),
        Column("prompt", Text, nullable=False),
        Column("system", Text),
        Column("params", Text, nullable=False),
        Column("slots", Integer, nullable=False),
    )
    op.create_index("comparisons_by_time", "comparisons", ["created_at", "id"])
    op.create_table(
        "calls",
        Column("id", NAME, primary_key=True),
        Column("comparison_id", NAME, ForeignKey("comparisons.id"), nullable=False),
        Column("slot", Integer, nullable=False),
        Column("user", NAME),
        *(Column(name, NAME, nullable=False) for name in ("started_at", "provider", "model", "route")),
        *(Column(name, NAME) for name in ("deployment", "endpoint_host")),
        Column("status", NAME, nullable=False),
        *(Column(name, NAME) for name in ("error_type", "error_message", "finish_reason")),
        *(Column(name, Text, nullable=False) for name in ("answer", "reasoning")),
        *(Column(f"{kind}_tokens", BigInteger) for kind in ("input", "output", "cached_input", "reasoning")),
        *(Column(f"{time}_ms", Double) for time in ("load", "connect", "headers", "ttft", "ttfat", "total", "tpot")),
        Column("chunks", BigInteger, nullable=False),
        *(Column(name, Double) for name in ("gap_p50_ms", "gap_p95_ms", "gap_max_ms")),
        Column("attempts", Integer, nullable=False),
        Column("retry_wait_ms", Double, nullable=False),
        Column("failed_over_from", NAME),
        Column("detour_ms", Double),
        Column("cost_usd", Double),
        Column("price_source", NAME),
        Column("simulated", Boolean, nullable=False),
        Column("request_id", NAME),
    )
    op.create_index("calls_by_comparison", "calls", ["comparison_id", "slot"])
    op.create_index("calls_by_time", "calls", ["started_at", "id"])
    group, sums = ["provider", "model", "route"], ["cost_usd", "input_tokens", "output_tokens"]
    times = ["ttft_ms", "total_ms", "tpot_ms"]
    op.create_index("calls_by_model", "calls", [*group, "started_at", "simulated", "status", *sums, *times])
    for time in times:
        op.create_index(f"calls_by_{time}", "calls", [*group, "status", time, "started_at", "simulated"])
