"""Times the log's queries on a million calls: python benchmarks/log_million.py [DATABASE_URL] [CALLS].

Fills the database through the log's own writer unless it holds calls already; without a URL it uses a new SQLite file.
"""

import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta

from llm_backends.store.call_log import CallLog, Filter
from llm_backends.types import CallResult, Target, Usage

MODELS = [(p, f"{p}-model-{n}") for p in ("openai", "anthropic", "gemini", "mistral") for n in range(4)][:14]
DAYS = 90
START = datetime.now(UTC) - timedelta(days=DAYS)
WORDS = "the answer to this question depends on what is meant by latency and by cost in a given setting ".split()


def call(rng: random.Random, at: datetime) -> CallResult:
    """A call such as a provider might answer: log-normal times, a few errors, unknown costs and simulated rows."""
    provider, model = rng.choice(MODELS)
    ok = rng.random() < 0.97
    usage = Usage(rng.randint(20, 2000), rng.randint(5, 900)) if ok else None
    ttft, tpot = rng.lognormvariate(6, 0.6), rng.lognormvariate(2.8, 0.4)
    return CallResult(
        Target(provider, model, rng.choice(("direct", "direct", "azure")), simulated=rng.random() < 0.05),
        "ok" if ok else rng.choice(("error", "stopped")),
        at.isoformat(timespec="milliseconds"),
        answer=" ".join(rng.choices(WORDS, k=rng.randint(20, 200))),
        usage=usage,
        ttft_ms=ttft if ok else None,
        total_ms=ttft + tpot * usage.output_tokens if usage else None,
        tpot_ms=tpot if ok else None,
        cost_usd=usage.output_tokens * 1e-5 if usage and rng.random() < 0.9 else None,
    )


def fill(log: CallLog, count: int) -> None:
    """Write `count` calls in comparisons of four, spread over the days."""
    rng, began = random.Random(7), time.perf_counter()
    for n in range(0, count, 4):
        comparison = log.open_comparison(f"Question {n}: what is latency?", None, {"max_tokens": 1024}, slots=4)
        at = START + timedelta(days=DAYS) * (n / count)
        for slot in range(4):
            log.record(comparison, slot, call(rng, at))
        if n % 10_000 == 0 and not log.flush(60):
            sys.exit(log.problem)
    log.flush(60)
    seconds = time.perf_counter() - began
    print(f"written: {count} calls in {seconds:.0f} s, {count / seconds:.0f} a second, answers made up meanwhile")


def main() -> None:
    """Fill the log and time each question five times."""
    url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{tempfile.mkdtemp()}/million.db"
    log = CallLog(url)
    log.check()
    if not log.calls(limit=1):
        fill(log, int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
    newest = datetime.fromisoformat(log.calls(limit=1)[0].result.started_at)
    recent = log.recent_comparisons(50)

    def last(days: float, **more) -> Filter:
        return Filter(since=newest - timedelta(days=days), **more)

    questions = {
        "by_model, all time": lambda: log.by_model(),
        "by_model, last 45 of 90 days": lambda: log.by_model(last(45)),
        "by_model, last 7 days": lambda: log.by_model(last(7)),
        "by_model, last day": lambda: log.by_model(last(1)),
        "by_model, last 45 days, azure": lambda: log.by_model(last(45, routes=("azure",))),
        "by_model, all time, simulated too": lambda: log.by_model(Filter(include_simulated=True)),
        "by_model, two models": lambda: log.by_model(Filter(models=tuple("/".join(m) for m in MODELS[:2]))),
        "calls, newest 200": lambda: log.calls(),
        "calls, newest 200 errors": lambda: log.calls(Filter(statuses=("error",))),
        "calls, newest 200 of one model": lambda: log.calls(Filter(models=("/".join(MODELS[5]),))),
        "calls, first week, newest 200": lambda: log.calls(Filter(until=START + timedelta(days=7))),
        "recent_comparisons, 50": lambda: log.recent_comparisons(50),
        "recent_comparisons, next 50": lambda: log.recent_comparisons(50, before=recent[-1].id),
        "search, found at once": lambda: log.recent_comparisons(50, search="LATENCY"),
        "search, found nowhere": lambda: log.recent_comparisons(50, search="elephant"),
        "comparison": lambda: log.comparison(recent[0].id),
        "interrupted": lambda: log.interrupted(),
    }
    for name, ask in questions.items():
        times = []
        for _ in range(5):
            began = time.perf_counter()
            ask()
            times.append((time.perf_counter() - began) * 1000)
        print(f"{name:36} first {times[0]:6.0f} ms, best {min(times):6.0f}, median {sorted(times)[2]:6.0f}", flush=True)
    log.close()


if __name__ == "__main__":
    main()
