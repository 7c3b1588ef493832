"""The command `sandbox`: serves until interrupted, alone or with the dashboard on top."""

import shlex
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack

from ..settings import inherited
from . import Sandbox, serve
from .answer import Answers


def run(
    *,
    port: int,
    canned: bool,
    dashboard: bool,
    azure_delay_ms: float = 0.0,
    second_azure_delay_ms: float | None = None,
    jitter_ms: float = 0.0,
    seed: int = 0,
) -> int:
    """Serve on `port` (0: any free one) and print how to use it; the dashboard's exit code, or 0.

    With `second_azure_delay_ms`, a second Azure endpoint answers on another port, later by that much.
    """
    words = None if canned else _embedded()
    with ExitStack() as servers:

        def started(port: int, azure_delay_ms: float, seed: int) -> Sandbox:
            return servers.enter_context(
                serve(port, answers=words, azure_delay_ms=azure_delay_ms, jitter_ms=jitter_ms, seed=seed)
            )

        sandbox = started(port, azure_delay_ms, seed)
        further = {} if second_azure_delay_ms is None else started(0, second_azure_delay_ms, seed + 1).region(2)
        environment = further | sandbox.environment()
        print(f"Simulated providers at {sandbox.url}. Nothing here is a real model's latency or price.", flush=True)
        if dashboard:
            return _dashboard(environment)
        stop = threading.Event()
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, lambda *_: stop.set())
        for name, value in environment.items():
            print(f"export {name}={shlex.quote(value)}", flush=True)
        stop.wait()
    return 0


def _embedded() -> Answers:
    from .embedded import answers

    return answers


def _dashboard(environment: dict[str, str]) -> int:
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    process = subprocess.Popen(command, env=inherited() | environment)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        return process.wait()
    except KeyboardInterrupt:
        return process.wait()
