"""The simulated providers in their own process, as every benchmark uses them."""

import contextlib
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from itertools import cycle

from llm_backends import Catalog, Message, Slot, settings

PROVIDERS = ("openai", "anthropic", "gemini", "mistral")


@contextlib.contextmanager
def sandbox(*options: str) -> Iterator[dict[str, str]]:
    """Start `python -m llm_backends sandbox --canned`; yields the variables that it prints, and its URL as `url`."""
    command = [sys.executable, "-m", "llm_backends", "sandbox", "--canned", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        environ = {}
        for line in process.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                environ[name] = value
            if line.startswith("export IDENTITY_HEADER"):  # the last one
                break
        environ["url"] = environ["OPENAI_BASE_URL"].removesuffix("/openai/v1")
        yield environ
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def records(environ: dict[str, str]) -> dict[str, dict]:
    """The providers' own records by model name, the latest for each."""
    with urllib.request.urlopen(f"{environ['url']}/sandbox/records") as answer:
        return {record["model"]: record for record in json.load(answer)}


def eight(environ: dict[str, str], *scripts: str) -> list[Slot]:
    """Two scripted slots at each provider, all of one script or each of its own; their names end in a number."""
    catalog = Catalog(settings.load(environ=environ, dotenv_path=None))
    now = time.perf_counter_ns()
    each = zip(range(8), cycle(scripts), strict=False)
    refs = (f"{PROVIDERS[n % 4]}/sandbox.canned.{script}.retry-{now + n}" for n, script in each)
    return [catalog.slot(ref, "direct", (Message("user", "Hello"),)) for ref in refs]
