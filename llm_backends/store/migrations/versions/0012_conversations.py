"""Conversations: which comparison goes on from which, and the chats that have a name."""

from alembic import op
from sqlalchemy import Column, String, Text

revision = "0012"
down_revision = "0011"

NAME = Text().with_variant(String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "conversations",
        Column("id", NAME, primary_key=True),
        Column("created_at", NAME, nullable=False),
        Column("updated_at", NAME, nullable=False),
        Column("user", NAME),
        Column("title", Text, nullable=False),
    )
    op.create_index("conversations_by_time", "conversations", ["updated_at", "id"])
    op.add_column("comparisons", Column("parent_id", NAME))
    op.add_column("comparisons", Column("conversation_id", NAME))
    op.create_index("comparisons_by_conversation", "comparisons", ["conversation_id", "created_at"])
    op.create_index("comparisons_by_parent", "comparisons", ["parent_id"])
