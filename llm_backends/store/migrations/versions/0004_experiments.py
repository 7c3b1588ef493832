"""Experiments, and calls that belong to one of them rather than to a comparison."""

from alembic import op
from sqlalchemy import BigInteger, Column, Double, ForeignKey, Integer, String, Text

revision = "0004"
down_revision = "0003"

NAME = Text().with_variant(String(collation="C"), "postgresql")
GROUP, SUMS, TIMES = (
    ["provider", "model", "route"],
    ["cost_usd", "input_tokens", "output_tokens"],
    ["ttft_ms", "total_ms", "tpot_ms"],
)


def upgrade() -> None:
    op.create_table(
        "experiments",
        Column("id", NAME, primary_key=True),
        Column("created_at", NAME, nullable=False),
        Column("user", NAME),
        *(Column(name, Text, nullable=False) for name in ("name", "plan")),
        Column("prompt_set_id", NAME, ForeignKey("prompt_sets.id"), nullable=False),
        Column("state", NAME, nullable=False),
        *(Column(name, NAME) for name in ("reason", "wanted", "holder", "lease_until")),
        *(Column(name, BigInteger, nullable=False) for name in ("total", "ended", "failed")),
        Column("spent_usd", Double, nullable=False),
    )
    op.create_index("experiments_by_time", "experiments", ["created_at", "id"])
    op.create_index("experiments_by_prompt_set", "experiments", ["prompt_set_id"])
    # SQLite copies the table: the indexes that change go before, so that they are not made twice.
    changed = ["calls_by_model", *(f"calls_by_{time}" for time in TIMES)]
    for index in changed:
        op.drop_index(index, "calls")
    with op.batch_alter_table("calls") as calls:
        calls.alter_column("comparison_id", existing_type=NAME, nullable=True)
        calls.add_column(Column("experiment_id", NAME, ForeignKey("experiments.id", name="calls_experiment_id_fkey")))
        calls.add_column(Column("prompt_number", Integer))
        calls.add_column(Column("repeat", Integer))
    last = ["experiment_id"]
    op.create_index("calls_by_model", "calls", [*GROUP, "started_at", "simulated", "status", *SUMS, *TIMES, *last])
    for time in TIMES:
        op.create_index(f"calls_by_{time}", "calls", [*GROUP, "status", time, "started_at", "simulated", *last])
    place = ["experiment_id", "prompt_number", "repeat", "slot", "status"]
    op.create_index("calls_by_experiment", "calls", [*place, *SUMS, "total_ms"])
