"""What an experiment's checks found in each answer."""

from alembic import op
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Text

revision = "0005"
down_revision = "0004"

NAME = Text().with_variant(String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "judgements",
        Column("call_id", NAME, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
        Column("experiment_id", NAME, ForeignKey("experiments.id", ondelete="CASCADE"), nullable=False),
        *(Column(name, Integer, nullable=False) for name in ("prompt_number", "repeat", "slot")),
        Column("checks", NAME, nullable=False),
        Column("passed", Boolean),
        Column("found", Text, nullable=False),
    )
    place = ["experiment_id", "prompt_number", "repeat", "slot", "checks", "passed"]
    op.create_index("judgements_by_experiment", "judgements", place)
