"""The index of an experiment's calls holds every figure that its results are worked out from."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    place = ["experiment_id", "prompt_number", "repeat", "slot", "status", "error_type", "cost_usd"]
    sums = ["input_tokens", "output_tokens", "total_ms"]
    times = ["connect_ms", "headers_ms", "ttft_ms", "ttfat_ms", "tpot_ms"]
    op.drop_index("calls_by_experiment", "calls")
    op.create_index("calls_by_experiment", "calls", [*place, *sums, *times, "chunks", "attempts"])
