"""An experiment can judge the answers of another one."""

from alembic import op
from sqlalchemy import Column, String, Text

revision = "0011"
down_revision = "0010"

NAME = Text().with_variant(String(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("experiments", Column("judges", NAME))
