"""Makes what the index needs that SQLAlchemy has no words for."""

from sqlalchemy import Connection, text

from ..tables import search_progress

# Without the texts, which are in their own rows, and without their lengths, which only a ranking needs.
_FTS5 = """CREATE VIRTUAL TABLE search_words USING fts5(
    words, content='', columnsize=0, tokenize="unicode61 remove_diacritics 0 categories 'L* N* Co So'")"""


def prepare(connection: Connection, old: int) -> None:
    """Make the index of a database that has its tables, for `old` rows that are there and are to be indexed later."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("CREATE INDEX documents_by_words ON documents USING gin (words)"))
        connection.execute(text(f"ALTER SEQUENCE documents_id_seq RESTART WITH {int(old) + 1}"))
    elif connection.execute(text("SELECT 1 FROM pragma_compile_options WHERE compile_options = 'ENABLE_FTS5'")).first():
        connection.execute(text(_FTS5))
    progress = {"id": 1, "reserved": old, "next": 1, "calls_to": "", "comparisons_to": "", "done": not old}
    connection.execute(search_progress.insert(), progress)
