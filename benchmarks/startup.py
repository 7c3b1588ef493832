"""How soon the package is imported, and how soon the first page is there."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from llm_backends.clock import now_ms
from llm_backends.stats.percentiles import percentile

from .dashboard import APP, chromium, served
from .report import Figure

ROUNDS = 5
IMPORT = "import time, sys; t = time.perf_counter(); import llm_backends; print(time.perf_counter() - t, *sys.modules)"
SDKS = {"openai", "anthropic", "mistralai", "google.genai", "xllamacpp", "streamlit"}


def figures() -> Iterator[Figure]:
    """Import time, SDKs that it loads, and the first page against an empty app's."""
    runs = [subprocess.check_output([sys.executable, "-c", IMPORT], text=True).split() for _ in range(ROUNDS)]
    yield Figure("import llm_backends, s", percentile([float(run[0]) for run in runs], 0.5), 0.3)
    yield Figure("SDKs loaded by it", len(SDKS & set(runs[0])), 0)
    with TemporaryDirectory() as folder, chromium() as browser:
        empty = Path(folder) / "empty.py"
        empty.write_text("import streamlit as st\n\nst.text_area('Prompt', key='prompt')\n")
        times = [(_first_page_ms(browser, APP), _first_page_ms(browser, empty)) for _ in range(ROUNDS)]
    ours, theirs = (percentile(column, 0.5) for column in zip(*times, strict=True))
    yield Figure("start to first page, ms", ours)
    yield Figure("start to first page, empty app, ms", theirs)
    yield Figure("start to first page / empty app's", percentile([a / b for a, b in times], 0.5), 2)


def _first_page_ms(browser, app: Path) -> float:
    """From starting the server to a prompt that can be typed into."""
    started = now_ms()
    with served(app) as (url, _):
        page = browser.new_page()
        page.goto(url)
        page.locator(".st-key-prompt textarea").wait_for()
        page.close()
        return now_ms() - started
