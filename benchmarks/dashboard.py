"""A dashboard of its own and a headless Chromium to look at it with; the tests use them, too."""

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
CHROMIUMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# It calls nobody on its own, and can reach nobody but this machine.
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split() + ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


def installed_chromium() -> str | None:
    """The path of this machine's Chromium or Chrome."""
    return next(filter(None, map(shutil.which, CHROMIUMS)), None)


@contextlib.contextmanager
def chromium() -> Iterator:
    """Playwright's handle on a headless Chromium."""
    from playwright.sync_api import sync_playwright

    path = installed_chromium()
    if path is None:
        raise SystemExit("this needs Chromium or Chrome")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=QUIET) as browser:
        yield browser


@contextlib.contextmanager
def served(
    app: Path, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> Iterator[tuple[str, int]]:
    """Run a Streamlit app on a free port; yields its URL and process id once it answers.

    It sees nothing of this process's environment but coverage's; its home, database and working directory are `folder`,
    an empty one where None. Raises RuntimeError when it does not start, and at the end when it has logged a traceback.
    """
    with contextlib.ExitStack() as ended:
        folder = folder or Path(ended.enter_context(TemporaryDirectory()))
        port = _free_port()
        command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.headless", "true"]
        command += ["--server.port", str(port)]
        base = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
        base |= {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        base["LLMSELECT_DATABASE_URL"] = f"sqlite:///{folder / 'llmselect.db'}"
        log = folder / f"dashboard-{port}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=folder, env=base | dict(environ or {}), stdout=out, stderr=subprocess.STDOUT
            )
        try:
            _until_healthy(port, process, log)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            _end(process)
        if "Traceback" in (said := log.read_text(errors="replace")):
            raise RuntimeError(said)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def _until_healthy(port: int, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if _healthy(port):
            return
        time.sleep(0.02)
    raise RuntimeError(f"the dashboard did not start:\n{log.read_text(errors='replace')}")


def _healthy(port: int) -> bool:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        with contextlib.suppress(OSError):
            connection.request("GET", "/_stcore/health")
            return connection.getresponse().status == 200
    return False


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def cpu_s(pid: int) -> float:
    """Processor seconds that the process has used so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
