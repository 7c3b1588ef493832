"""Votes on answers, and when the names of a blind comparison were shown."""

from alembic import op
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Text

revision = "0009"
down_revision = "0008"

NAME = Text().with_variant(String(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("comparisons", Column("revealed_at", NAME))
    op.create_table(
        "votes",
        Column("id", NAME, primary_key=True),
        Column("created_at", NAME, nullable=False),
        Column("user", NAME),
        Column("judge", NAME),
        Column("comparison_id", NAME, ForeignKey("comparisons.id", ondelete="CASCADE")),
        Column("experiment_id", NAME, ForeignKey("experiments.id", ondelete="CASCADE")),
        Column("prompt_number", Integer),
        Column("blind", Boolean, nullable=False),
        Column("all_bad", Boolean, nullable=False),
        Column("tag", NAME),
        Column("reason", Text),
    )
    op.create_index("votes_by_time", "votes", ["created_at", "id"])
    op.create_index("votes_by_comparison", "votes", ["comparison_id"])
    op.create_index("votes_by_experiment", "votes", ["experiment_id", "prompt_number"])
    op.create_table(
        "places",
        Column("vote_id", NAME, ForeignKey("votes.id", ondelete="CASCADE"), primary_key=True),
        Column("call_id", NAME, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
        Column("place", Integer, nullable=False),
    )
    op.create_index("places_by_call", "places", ["call_id"])
