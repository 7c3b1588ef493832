"""The first comparison of a fresh process: do all slots start together, and are their first tokens timed truly?"""

import json
import subprocess
import sys
from collections.abc import Iterator

from llm_backends.stats.percentiles import percentile

from .loopback import records, sandbox
from .report import Figure

ROUNDS = 20


def figures() -> Iterator[Figure]:
    """Start spread and lateness of first tokens, over processes that do one comparison each."""
    spreads, late, connected = [], [], []
    with sandbox() as environ:
        for _ in range(ROUNDS):
            command = [sys.executable, "-m", "benchmarks.fresh", json.dumps(environ)]
            measured = json.loads(subprocess.check_output(command, text=True))
            truth = records(environ)
            received = [truth[model]["received_at"] for model in measured]
            spreads.append((max(received) - min(received)) * 1000)
            for model, (ttft_ms, connect_ms) in measured.items():
                record = truth[model]
                over = ttft_ms - (record["first_token_at"] - record["received_at"]) * 1000
                late.append(over - connect_ms)
                connected.append(connect_ms)
    yield Figure("fresh process: first to last request received, median, ms", percentile(spreads, 0.5), 30)
    yield Figure("fresh process: the same, worst of all, ms", max(spreads))
    yield Figure("fresh process: TTFT too long (connecting taken out), median, ms", percentile(late, 0.5), 1)
    yield Figure("fresh process: TTFT too long (connecting taken out), p99, ms", percentile(late, 0.99), 5)
    yield Figure("fresh process: connecting, median, ms", percentile(connected, 0.5))


def _once(environ: dict[str, str]) -> dict[str, tuple[float, float]]:
    """One comparison; by model the time to first token and the part of it that the connecting took."""
    from .loopback import eight
    from .streams import SHORT, run

    results, _ = run(eight(environ, SHORT))
    return {result.target.model: (result.ttft_ms, result.connect_ms or 0.0) for result in results}


if __name__ == "__main__":
    print(json.dumps(_once(json.loads(sys.argv[1]))))
