"""Which process runs a comparison and whether it lives; what came before a call's t0, and each of its tries."""

from alembic import op
from sqlalchemy import Column, Double, Integer, String, Text

revision = "0002"
down_revision = "0001"

NAME = Text().with_variant(String(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("calls", Column("build_ms", Double))
    op.add_column("calls", Column("timed_from", NAME))
    op.add_column("calls", Column("tries", Text, nullable=False, server_default="[]"))
    op.add_column("comparisons", Column("process", NAME))
    op.create_table(
        "processes",
        Column("id", NAME, primary_key=True),
        Column("host", NAME, nullable=False),
        Column("pid", Integer, nullable=False),
        Column("started_at", NAME, nullable=False),
        Column("seen_at", NAME, nullable=False),
    )
    op.execute("UPDATE schema_version SET version = 2")
