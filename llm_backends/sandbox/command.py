"""The command `sandbox`: serves until interrupted, alone or with the dashboard on top."""

import shlex
import signal
import subprocess
import sys
import threading

from ..settings import inherited
from . import serve


def run(*, port: int, canned: bool, dashboard: bool) -> int:
    """Serve on `port` (0: any free one) and print how to use it; the dashboard's exit code, or 0."""
    if not canned:
        from .embedded import answers
    with serve(port, canned=canned, answers=None if canned else answers) as sandbox:
        environment = sandbox.environment()
        print(f"Simulated providers at {sandbox.url}. Nothing here is a real model's latency or price.", flush=True)
        if dashboard:
            return _dashboard(environment)
        for name, value in environment.items():
            print(f"export {name}={shlex.quote(value)}", flush=True)
        stop = threading.Event()
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, lambda *_: stop.set())
        stop.wait()
    return 0


def _dashboard(environment: dict[str, str]) -> int:
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    process = subprocess.Popen(command, env=inherited() | environment)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        return process.wait()
    except KeyboardInterrupt:
        return process.wait()
