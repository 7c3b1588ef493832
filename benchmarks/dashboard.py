"""A dashboard of its own and a headless Chromium to look at it with."""

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

APP = Path(__file__).parent.parent / "app.py"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")


@contextlib.contextmanager
def chromium() -> Iterator:
    """Playwright's handle on a headless Chromium."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        raise SystemExit("this benchmark needs Chromium or Chrome")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=[*QUIET]) as browser:
        yield browser


@contextlib.contextmanager
def served(app: Path, environ: Mapping[str, str] | None = None) -> Iterator[tuple[str, int]]:
    """Run a Streamlit app on a free port, with an empty database; yields its URL and process id once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.headless", "true"]
    command += ["--server.port", str(port)]
    with TemporaryDirectory() as folder:
        variables = os.environ | (environ or {}) | {"LLMSELECT_DATABASE_URL": f"sqlite:///{folder}/bench.db"}
        process = subprocess.Popen(
            command, cwd=APP.parent, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            while not _healthy(port):
                if process.poll() is not None:
                    raise SystemExit(f"{app} did not start")
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
            process.wait()


def _healthy(port: int) -> bool:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        with contextlib.suppress(OSError):
            connection.request("GET", "/_stcore/health")
            return connection.getresponse().status == 200
    return False


def cpu_s(pid: int) -> float:
    """Processor seconds that the process has used so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
