"""An empty PostgreSQL database for a test or a benchmark."""

import contextlib
import os
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

GIVEN = "LLMSELECT_TEST_POSTGRES_URL"
LOCAL = "postgresql://postgres@127.0.0.1:5432/postgres"


@contextlib.contextmanager
def postgres_database() -> Iterator[str | None]:
    """The URL of a new database on the server that LLMSELECT_TEST_POSTGRES_URL names, or the local one; dropped after.

    None where no local one answers.
    """
    import psycopg

    given = os.environ.get(GIVEN)
    server = given or LOCAL
    name = f"llmselect_test_{uuid.uuid4().hex}"
    try:
        admin = psycopg.connect(server, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError:
        if given:
            raise
        yield None
        return
    with contextlib.closing(admin):
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
