"""What tests share: the loopback providers, a PostgreSQL, a browser, a running dashboard, and the rules of the house.

A test that needs Chromium or PostgreSQL is left out where there is none, and the last lines of the run say so; with CI
set, leaving a test out fails it.
"""

import contextlib
import os
import threading
from collections import Counter
from urllib.parse import urlsplit

import pytest

from benchmarks.dashboard import APP, chromium, installed_chromium, served
from benchmarks.database import GIVEN, postgres_database

CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
# Of whoever runs the tests: their keys, endpoints and proxies are not the tests' business.
PERSONAL = (
    "OPENAI_ ANTHROPIC_ GEMINI_ GOOGLE_ MISTRAL_ AZURE_ USE_AZURE_ COMPATIBLE_ LOCAL_MODELS_ LLMSELECT_ IDENTITY_ MSI_ "
    "STREAMLIT_ HTTP_PROXY HTTPS_PROXY ALL_PROXY"
)

SLOW_MS = 60_000
"""How long a browser is waited for: three of them and their servers may share two cores with whatever else runs."""

LONG = ("test_workers.py", "test_experiments.py")
"""Files that are begun first: a long one that is begun last would be waited for with nothing else to do."""


def pytest_configure():
    for name in list(os.environ):
        if name.upper().startswith(tuple(PERSONAL.split())) and name != "LLMSELECT_TEST_POSTGRES_URL":
            del os.environ[name]
    # Pages that a test runs from elsewhere run by the project's settings too: they are read once.
    from streamlit.config import get_config_options

    get_config_options()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name not in LONG)


def _fail_if_left_out(report):
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"CI leaves nothing out, but: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return _fail_if_left_out((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return _fail_if_left_out((yield))


def pytest_terminal_summary(terminalreporter):
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", ()))
    for reason, tests in reasons.items():
        terminalreporter.write_line(f"left out: {reason} ({tests} {'test' if tests == 1 else 'tests'})", yellow=True)


def _reason(report) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


@pytest.fixture(autouse=True)
def no_thread_left():
    """A test ends with the threads it began with, daemons aside."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    for thread in left:
        thread.join(timeout=5)
    assert not [thread for thread in left if thread.is_alive()]


@pytest.fixture(scope="session")
def sandbox():
    """The loopback providers with canned answers, one for the whole run: a test keeps to model names of its own."""
    from llm_backends.sandbox import serve

    with serve(canned=True) as server:
        yield server


@pytest.fixture
def sandbox_settings(sandbox):
    """Settings under which every provider is the sandbox."""
    from llm_backends import settings

    return settings.load(environ=sandbox.environment(), dotenv_path=None)


@pytest.fixture
def postgres_url():
    """A database of the test's own, empty."""
    yield from _postgres_url()


@pytest.fixture(scope="module")
def module_postgres_url():
    """A database of the tests of one file."""
    yield from _postgres_url()


def _postgres_url():
    with postgres_database() as url:
        if url is None:
            pytest.skip(f"PostgreSQL tests: none answers on 127.0.0.1:5432; name one in {GIVEN}")
        yield url


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium, driven by Playwright, one for the whole run."""
    if not installed_chromium():
        pytest.skip("browser tests: no Chromium found; install Chromium or Chrome")
    from playwright.sync_api import expect

    expect.set_options(timeout=SLOW_MS)
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser, dashboard):
    """An empty tab of 1400 x 900, alone in its profile. An error in its console or a call elsewhere fails the test.

    It asks for `dashboard` only to be closed before that is: a page that lost its server fills its console.
    """
    wrong = []

    def called(request):
        if urlsplit(request.url).hostname not in ("127.0.0.1", None):
            wrong.append(f"a request left this machine: {request.url}")

    def logged(message):
        # Opened at /insights, say, Streamlit looks for its server under that path too before it finds the root.
        guess = message.text.endswith("404 (Not Found)") and "/_stcore/" in message.location["url"]
        if message.type == "error" and not guess:
            wrong.append(f"console: {message.text} {message.location['url']}")

    with contextlib.closing(browser.new_context(viewport={"width": 1400, "height": 900})) as context:
        context.on("request", called)
        context.on("console", logged)
        context.on("weberror", lambda error: wrong.append(f"uncaught: {error.error}"))
        context.set_default_timeout(SLOW_MS)
        page = context.new_page()
        page.on("websocket", called)
        yield page
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def dashboard(tmp_path):
    """Start the dashboard: `dashboard(environ) -> url`, as often as needed, sharing one database; all stop at the end.

    It sees nothing of the tests' environment, and its home, database and working directory are `tmp_path`.
    """
    with contextlib.ExitStack() as servers:
        yield lambda environ=None: servers.enter_context(served(APP, environ, tmp_path))[0]


@pytest.fixture(scope="session")
def sandbox_dashboard(sandbox, tmp_path_factory):
    """The URL of a dashboard on the sandbox, one for all the tests that don't need their own."""
    with served(APP, sandbox.environment(), tmp_path_factory.mktemp("dashboard")) as (url, _):
        yield url


def end_app() -> None:
    """End what the pages of a test share, so that the next test finds none of it."""
    import streamlit as st

    from pages._shared import session

    parts = session.app()
    parts.experiments.close()
    parts.runs.close()
    parts.log.close()
    st.cache_resource.clear()
