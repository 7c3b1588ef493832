"""An index for full-text search; the rows that are there already are indexed later, in the background."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.dialects import postgresql

from llm_backends.store.search.prepare import prepare

revision = "0010"
down_revision = "0009"

NAME = Text().with_variant(String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "documents",
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("ref", NAME, nullable=False),
        Column("of", NAME, nullable=False),
        Column("words", postgresql.TSVECTOR().with_variant(Text, "sqlite")),
        UniqueConstraint("ref"),
    )
    op.create_table(
        "search_progress",
        Column("id", Integer, primary_key=True),
        Column("reserved", BigInteger, nullable=False),
        Column("next", BigInteger, nullable=False),
        Column("calls_to", NAME, nullable=False),
        Column("comparisons_to", NAME, nullable=False),
        Column("done", Boolean, nullable=False),
    )
    connection = op.get_bind()
    old = sum(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in ("calls", "comparisons"))
    prepare(connection, old)
