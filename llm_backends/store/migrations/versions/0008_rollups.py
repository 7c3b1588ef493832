"""What a day's calls came to is kept once the day is over; a call says whether it was asked for as a stream."""

from alembic import op
from sqlalchemy import Boolean, Column, Integer, LargeBinary, String, Text

revision = "0008"
down_revision = "0007"

NAME = Text().with_variant(String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "rollups",
        Column("day", NAME, primary_key=True),
        Column("format", Integer, nullable=False),
        Column("cells", LargeBinary, nullable=False),
    )
    op.add_column("calls", Column("streamed", Boolean))
