"""Several processes share an experiment: leases on shares of it in place of one on all of it."""

from alembic import op
from sqlalchemy import BigInteger, Column, Double, ForeignKey, Integer, String, Text

revision = "0006"
down_revision = "0005"

NAME = Text().with_variant(String(collation="C"), "postgresql")
COUNTS, SUMS = ("made", "counted_made", "in_flight"), ("spent_usd", "counted_usd", "reserved_usd")


def upgrade() -> None:
    op.create_table(
        "leases",
        Column("experiment_id", NAME, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
        Column("share", Integer, primary_key=True),
        Column("shares", Integer, nullable=False),
        *(Column(name, NAME, nullable=False) for name in ("holder", "lease_until")),
        *(Column(name, BigInteger, nullable=False, server_default="0") for name in COUNTS),
        *(Column(name, Double, nullable=False, server_default="0") for name in SUMS),
    )
    op.create_table(
        "holds",
        Column("experiment_id", NAME, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
        Column("endpoint", NAME, primary_key=True),
        Column("until", NAME, nullable=False),
    )
    op.add_column("processes", Column("room", Integer))
    # In place: SQLite would copy the table and drop it, and with it all that refers to it.
    op.add_column("experiments", Column("made", BigInteger, nullable=False, server_default="0"))
    for name in ("holder", "lease_until"):
        op.execute(f"ALTER TABLE experiments DROP COLUMN {name}")
