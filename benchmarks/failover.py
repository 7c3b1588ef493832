"""How long until the first token where the first Azure endpoint fails and the second answers."""

import socket
from collections.abc import Iterator
from itertools import count

from llm_backends import CallResult, Catalog, Message, race, settings
from llm_backends.sandbox import serve
from llm_backends.stats.percentiles import percentile

from .report import Figure

ROUNDS = 20
TTFT_MS = 300
SLOW_MS = 1000
_numbers = count()


def figures() -> Iterator[Figure]:
    """Medians: the second endpoint alone, then with a first that refuses, answers 429, or fails after SLOW_MS."""
    with serve(canned=True) as second:
        alone = _median([_call(second.url) for _ in range(ROUNDS)])
        yield Figure(f"TTFT of the second endpoint alone ({TTFT_MS} ms of its own)", alone)
        yield from _figures("refuses", alone, [_call(_closed(), second.url) for _ in range(ROUNDS)])
        yield from _figures("answers 429", alone, _failing("429", second.url))
        # The script's time is both endpoints' own: the second also takes SLOW_MS to its first token.
        slow = _median([_call(second.url, ttft_ms=SLOW_MS) for _ in range(3)])
        yield from _figures(f"fails after {SLOW_MS} ms", slow, _failing("slow503", second.url, SLOW_MS, 5))
        spared = _spared(second.url)
        yield Figure("TTFT while the first cools down, longer than alone", _median(spared) - alone, 5)


def _figures(how: str, alone: float, results: list[CallResult]) -> Iterator[Figure]:
    detour = percentile([result.detour_ms for result in results], 0.5)
    yield Figure(f"TTFT where the first {how}", _median(results))
    yield Figure("  its detour_ms, as the log says", detour)
    yield Figure("  TTFT beyond the second's own and the detour", _median(results) - alone - detour, 10)


def _failing(fault: str, second: str, ttft_ms: int = TTFT_MS, rounds: int = ROUNDS) -> list[CallResult]:
    """Calls over a first endpoint that fails, each a new one: the last one is cooling."""
    results = []
    for _ in range(rounds):
        with serve(canned=True, fault=fault) as first:
            results.append(_call(first.url, second, ttft_ms=ttft_ms))
    return results


def _spared(second: str) -> list[CallResult]:
    with serve(canned=True, fault="503") as first:
        return [_call(first.url, second) for _ in range(ROUNDS)][1:]


def _call(*urls: str, ttft_ms: int = TTFT_MS) -> CallResult:
    script = f"sandbox.canned.ttft-{ttft_ms}.rate-2000.tokens-5.retry-{1000 + next(_numbers)}"
    environ = {"AZURE_DEPLOYMENTS": f"openai/model={script}", "LLMSELECT_SANDBOX": "1"}
    for suffix, url in zip(("", "_2"), urls, strict=False):
        environ |= {
            f"AZURE_AI_FOUNDRY_ENDPOINT{suffix}": f"{url}/azure",
            f"AZURE_AI_FOUNDRY_KEY{suffix}": "sandbox-key",
        }
    slot = Catalog(settings.load(environ, None)).slot("openai/model", "azure", (Message("user", "Hello"),))
    *_, (_, result) = race([slot])
    if result.status != "ok":
        raise SystemExit(f"a benchmark call failed: {result.error_message}")
    return result


def _closed() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _median(results: list[CallResult]) -> float:
    return percentile([result.ttft_ms for result in results], 0.5)
