"""Prompt sets and their rows."""

from alembic import op
from sqlalchemy import Column, ForeignKey, Integer, String, Text

revision = "0003"
down_revision = "0002"

NAME = Text().with_variant(String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "prompt_sets",
        Column("id", NAME, primary_key=True),
        Column("name", Text, nullable=False),
        Column("created_at", NAME, nullable=False),
        Column("rows", Integer, nullable=False),
    )
    op.create_table(
        "prompts",
        Column("set_id", NAME, ForeignKey("prompt_sets.id", ondelete="CASCADE"), primary_key=True),
        Column("number", Integer, primary_key=True),
        Column("prompt", Text, nullable=False),
        Column("system", Text),
        Column("expected", Text),
        Column("tags", Text, nullable=False),
        Column("variables", Text, nullable=False),
    )
