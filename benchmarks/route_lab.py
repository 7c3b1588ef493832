"""Does a Route lab find the delay that Azure has in the sandbox, and none where there is none?

For each delay so many experiments over the real engine, SDKs and loopback, each of PAIRS pairs on open connections. An
answer has its first token after TTFT_MS and a jitter that is distributed alike on both sides (exponentially, its mean
JITTER_MS, by a seed), Azure's the delay besides; so the delay is the true median of the pairs' differences. What the
sandbox really made of it, its own scheduling included, is in its records: the bias is the measured median less that of
the same calls at the provider, the mean over the experiments.

Fewer experiments, for a look: python -m benchmarks.route_lab 10
"""

import json
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from llm_backends import Catalog, settings
from llm_backends.experiments.live import Experiments
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.results.columns import read
from llm_backends.route_lab.outcome import outcome
from llm_backends.route_lab.plan import lab
from llm_backends.route_lab.sides import Side, sides
from llm_backends.store import experiments as kept
from llm_backends.store.call_log import CallLog
from llm_backends.store.tables import calls

from .loopback import sandbox
from .report import Figure

EXPERIMENTS, PAIRS = 100, 20
DELAYS_MS = (0, 10, 30, 100)
REGION_MS = 20
TTFT_MS, JITTER_MS = 5, 5
AT_ONCE = 3  # experiments, each with one call at a time
BATCH = 30  # experiments between two looks at the sandbox's records, of which it keeps 2,000
MODEL = f"sandbox.canned.ttft-{TTFT_MS}.rate-2000.tokens-3"
LEAST, MOST, FALSE = 93, 97, 5


@dataclass(frozen=True)
class Found:
    """What one experiment found, in ms; `true_ms` is the median of the same pairs at the provider."""

    estimate_ms: float
    low_ms: float
    high_ms: float
    true_ms: float
    real: bool


def figures(experiments: int = EXPERIMENTS) -> Iterator[Figure]:
    """For each delay: how often the interval holds it, the bias, and how often a difference is called real."""
    held = 0
    for delay_ms in DELAYS_MS:
        held += yield from _told(f"{delay_ms} ms added to Azure", delay_ms, experiments, "--azure-delay", str(delay_ms))
    options = ("--azure-delay", "0", "--second-azure-delay", str(REGION_MS))
    held += yield from _told(f"second region {REGION_MS} ms later", REGION_MS, experiments, *options)
    # Of 100 intervals at 95 % one run in four has fewer than 93 or more than 97 by chance alone; of 500 it is steadier.
    yield Figure("all together: intervals that hold it, of 100", 100 * held / experiments / (len(DELAYS_MS) + 1))


def _told(name: str, delay_ms: float, experiments: int, *options: str) -> Generator[Figure, None, int]:
    """The figures; returns how many intervals hold the delay."""
    started = time.perf_counter()
    with sandbox(*options, "--jitter", str(JITTER_MS)) as environ:
        found = list(_found(environ, name, experiments))
    held = sum(one.low_ms <= delay_ms <= one.high_ms for one in found)
    real = sum(one.real for one in found)
    least, most, false = (LEAST, MOST, FALSE) if experiments == EXPERIMENTS else (None, None, None)
    yield Figure(f"{name}: intervals of {experiments} that hold it", held, most, least)
    yield Figure("  interval's mean width, ms", fmean(one.high_ms - one.low_ms for one in found))
    yield Figure("  median's mean distance from the delay, ms", fmean(one.estimate_ms - delay_ms for one in found))
    biases = [one.estimate_ms - one.true_ms for one in found]
    yield Figure("  median's bias against the same calls at the provider, ms", fmean(biases))
    yield Figure("  the same, the farthest of all experiments, ms", max(map(abs, biases)))
    yield Figure(f"  called a real difference, of {experiments}", real, None if delay_ms else false)
    yield Figure("  seconds that it took", time.perf_counter() - started)
    return held


def _found(environ: dict[str, str], name: str, experiments: int) -> Iterator[Found]:
    environ |= {"AZURE_DEPLOYMENTS": f"openai/{MODEL}={MODEL}"}
    catalog = Catalog(settings.load(environ=environ, dotenv_path=None))
    direct, *azure = sides(catalog)
    both = (azure[0], azure[1]) if len(azure) > 1 else (direct, azure[0])
    with tempfile.TemporaryDirectory() as folder:
        log = CallLog(f"sqlite:///{Path(folder) / 'log.db'}")
        live = Experiments(log)
        _run(live, catalog, both, f"{name}, to warm up", 0)
        for first in range(0, experiments, BATCH):
            numbers = range(first, min(first + BATCH, experiments))
            with ThreadPoolExecutor(AT_ONCE) as pool:
                ids = list(pool.map(lambda n: _run(live, catalog, both, f"{name}, experiment {n}", n), numbers))
            first_token_ms = _first_tokens(environ)
            for id in ids:
                yield _outcome(log, id, first_token_ms)
        live.close()
        log.close()


def _run(live: Experiments, catalog: Catalog, both: tuple[Side, Side], name: str, seed: int) -> str:
    """One experiment to its end; its id. Its prompts are its own, and with them the jitter of its calls."""
    prompts = PromptSet.of(name, [Row(n, f"{name}, question {n}") for n in range(1, PAIRS + 1)])
    plan = lab([f"openai/{MODEL}"], both, repeats=1, connections=("open",), seed=seed)
    id = live.add(plan, prompts)
    engine = live.run(id, plan, prompts.rows, catalog)
    engine.wait()
    if engine.progress.state != "done" or engine.progress.failed:
        raise SystemExit(f"an experiment did not end well: {engine.progress}")
    return id


def _first_tokens(environ: dict[str, str]) -> dict[str, float]:
    """From request to first token at the providers, in ms, by request id."""
    found = []
    endpoints = {environ.get(name) for name in ("AZURE_AI_FOUNDRY_ENDPOINT", "AZURE_AI_FOUNDRY_ENDPOINT_2")} - {None}
    for endpoint in endpoints:
        with urllib.request.urlopen(f"{endpoint.removesuffix('/azure')}/sandbox/records") as answer:
            found += json.load(answer)
    return {
        one["request_id"]: 1000 * (one["first_token_at"] - one["received_at"]) for one in found if one["first_token_at"]
    }


def _outcome(log: CallLog, id: str, first_token_ms: dict[str, float]) -> Found:
    with log.database.reading() as connection:
        one = kept.one(connection, id)
        rows = connection.execute(calls.select().where(calls.c.experiment_id == id)).all()
    told = outcome(read(log.database, one))
    (match,) = told.matches
    compared = match.of("ttft_ms")
    at = {(row.prompt_number, row.slot): first_token_ms[row.request_id] for row in rows if row.prompt_number}
    counted = [told.block(number)[0] for number in compared.numbers]
    truths = [at[prompt, match.slots[1]] - at[prompt, match.slots[0]] for prompt in counted]
    interval = compared.verdict.difference.interval
    assert interval is not None
    real = compared.verdict.kind == "real difference"
    return Found(interval.estimate, interval.low, interval.high, median(truths), real)


if __name__ == "__main__":
    for figure in figures(int(sys.argv[1]) if len(sys.argv) > 1 else EXPERIMENTS):
        print(figure, flush=True)
