"""100,000 calls on record: how soon is their experiment opened, gone on with and seen, and what does the browser get?

Fewer prompts than 12,500, for a look: python -m benchmarks.on_record 500
"""

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

from llm_backends import Catalog, settings
from llm_backends.checks.checks import Judgement, checks_id, to_json
from llm_backends.checks.criteria import CheckResult, Contains, Longest
from llm_backends.experiments.asking import call_id
from llm_backends.experiments.live import Experiments
from llm_backends.experiments.plan import ExperimentPlan, RoutedSlot
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.results.columns import read
from llm_backends.results.differences import against_baseline
from llm_backends.results.matrix import page as matrix_page
from llm_backends.results.summary import summaries
from llm_backends.store import calls, experiments, judgements, tables
from llm_backends.store.call_log import CallLog, Place
from llm_backends.types import CallResult, Target, Usage

from .dashboard import APP, chromium, served
from .loopback import PROVIDERS, records, sandbox
from .report import Figure

PROMPTS, SLOTS = 12_500, 8
LEFT = 2  # prompts that are still to be asked
CHECKS = (Contains("word"), Longest(2000))
WORDS = "the answer to this question depends on what is meant by latency and by cost in a given setting word ".split()


def figures(prompts: int = PROMPTS) -> Iterator[Figure]:
    """Opening, going on and the first view, each in seconds; paging; bytes."""
    with sandbox() as environ, tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'llmselect.db'}"
        id = _filled(url, prompts)
        name = f"{prompts * SLOTS:,} calls on record"
        for what, seconds in _in_python(url, id).items():
            yield Figure(f"{name}: {what}, s", seconds, 2)
        yield from _in_the_browser(environ | {"LLMSELECT_DATABASE_URL": url}, Path(folder), id, name)
        yield Figure(f"{name}: gone on with, to the first request, s", _gone_on_with(url, environ, id), 2)


def _plan() -> ExperimentPlan:
    refs = (f"{PROVIDERS[n % 4]}/sandbox.canned.ttft-1.rate-2000.tokens-3.retry-{77_000 + n}" for n in range(SLOTS))
    return ExperimentPlan("On record", "none", tuple(map(RoutedSlot, refs)), warm_up=0, checks=CHECKS)


def _filled(url: str, prompts: int) -> str:
    """Write the experiment as if it had been paused shortly before its end; its id."""
    rng, plan = random.Random(3), _plan()
    rows = [
        Row(n, f"Question {n}: {' '.join(rng.choices(WORDS, k=30))}?", tags=(f"t{n % 7}",))
        for n in range(1, prompts + 1)
    ]
    log = CallLog(url)
    live = Experiments(log)
    id = live.add(plan, PromptSet.of("On record", rows))
    asked = rng.sample(rows, prompts - LEFT)
    checks = checks_id([to_json(check) for check in plan.checks])
    for start in range(0, len(asked), 500):
        made = [
            (row, slot, _call(rng, plan.slots[slot].ref))
            for row, slot in product(asked[start : start + 500], range(SLOTS))
        ]
        with log.database.writing() as connection:
            places = [(Place(id, row.number, 0), slot, result) for row, slot, result in made]
            connection.execute(
                tables.calls.insert(),
                [calls.row(None, slot, None, result, call_id(place, slot), place) for place, slot, result in places],
            )
            judgements.keep(
                connection,
                [
                    judgements.row(call_id(place, slot), place, slot, checks, _judged(rng, result, slot))
                    for place, slot, result in places
                ],
            )
    with log.database.writing() as connection:
        connection.execute(tables.experiments.update().values(state="paused", reason="asked", ended=len(asked) * SLOTS))
    live.close()
    log.close()
    return id


def _row(rng: random.Random, number: int) -> Row:
    return Row(number, f"Question {number}: {' '.join(rng.choices(WORDS, k=30))}?", tags=(f"t{number % 7}",))


def _call(rng: random.Random, ref: str) -> CallResult:
    provider, _, model = ref.partition("/")
    target = Target(provider, model, "direct", simulated=True)
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    if rng.random() < 0.01:
        return CallResult(target, "error", at, error_type="ProviderDown", error_message="503")
    ttft, tpot, usage = rng.lognormvariate(5, 0.3), rng.gauss(10, 1), Usage(40, rng.randint(20, 200))
    times = {"headers_ms": ttft - 1, "ttft_ms": ttft, "ttfat_ms": ttft, "tpot_ms": tpot}
    total = ttft + tpot * usage.output_tokens
    answer = " ".join(rng.choices(WORDS, k=150))
    return CallResult(
        target, "ok", at, answer, usage=usage, total_ms=total, chunks=20, cost_usd=rng.random() / 1000, **times
    )


def _judged(rng: random.Random, result: CallResult, slot: int) -> Judgement:
    if result.status != "ok":
        return Judgement((CheckResult(None, "no whole answer"),) * 2)
    passed = rng.random() < 0.7 + slot / 50
    return Judgement((CheckResult(passed, "held" if passed else "lacks it"), CheckResult(True, "held", 800.0)))


def _in_python(url: str, id: str) -> dict[str, float]:
    """Opening the experiment, and what the first view is worked out from, without a page."""
    started = time.perf_counter()
    log = CallLog(url)
    with log.database.reading() as connection:
        found = experiments.one(connection, id)
    opened = time.perf_counter()
    columns = read(log.database, found)
    summaries(columns)
    against_baseline(columns)
    matrix_page(columns, log.database, order="disagreement")
    seen = time.perf_counter()
    log.close()
    return {"opened": opened - started, "the first view worked out": seen - opened}


def _gone_on_with(url: str, environ: dict[str, str], id: str) -> float:
    log = CallLog(url)
    live = Experiments(log)
    catalog = Catalog(settings.load(environ=environ, dotenv_path=None))
    for slot in _plan().slots:
        catalog.backend(slot.ref, "direct").prepare()  # the SDKs' imports are told by `startup`
    wall, started = time.time(), time.perf_counter()
    engine = live.resume(id, catalog)
    resumed = time.perf_counter() - started
    engine.wait()
    first = min(record["received_at"] for record in records(environ).values() if "retry-77" in (record["model"] or ""))
    if engine.progress.state != "done":
        raise SystemExit(f"the experiment did not end well: {engine.progress}")
    live.close()
    log.close()
    return max(resumed, first - wall)


def _in_the_browser(environ: dict[str, str], folder: Path, id: str, name: str) -> Iterator[Figure]:
    """On a server that has shown its first page: the first view, the next page of the matrix, and what was sent."""
    with served(APP, environ, folder) as (url, _), chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(60_000)
        page.goto(f"{url}/prompt_sets")
        page.get_by_role("button", name="Start").wait_for()
        received = [0]
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: _count(received, frame)))
        for visit in ("first view", "seen again"):
            received[0], started = 0, time.perf_counter()
            page.goto(f"{url}/prompt_sets?experiment={id}")
            page.get_by_text("Prompts 1 to 25 of").wait_for()
            yield Figure(f"{name}: {visit} in the browser, s", time.perf_counter() - started, 2)
            page.get_by_role("button", name="Page to mail").wait_for()
            yield Figure(f"{name}: {visit}, verdicts and all, s", time.perf_counter() - started, 2)
            yield Figure(f"{name}: {visit}, sent to the browser, kB", received[0] / 1000, 300)
        received[0] = 0
        number = page.get_by_role("spinbutton", name="Page, of")
        number.fill("2")
        started = time.perf_counter()
        number.press("Enter")
        page.get_by_text("Prompts 26 to 50 of").wait_for()
        yield Figure(f"{name}: the next page of the matrix, s", time.perf_counter() - started, 0.5)
        yield Figure(f"{name}: the next page of the matrix, sent, kB", received[0] / 1000)


def _count(received: list[int], frame: str | bytes) -> None:
    received[0] += len(frame)


if __name__ == "__main__":
    for figure in figures(int(sys.argv[1]) if len(sys.argv) > 1 else PROMPTS):
        print(figure, flush=True)
