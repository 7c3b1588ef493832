"""Calls made up, many at once: which models are asked, how long each takes, what it costs and how it ends."""

from typing import Any

import numpy as np

# Provider, model, typical ms to the first token and between tokens, USD for a million tokens in and out (None: no
# price is known), and how often it fails, as a multiple of the others. The first is asked most.
MODELS = (
    ("openai", "gpt-5.2-mini", 380, 9, 0.25, 2, 1),
    ("anthropic", "claude-sonnet-4-5", 720, 15, 3, 15, 1),
    ("gemini", "gemini-3-flash", 410, 6, 0.3, 2.5, 1),
    ("openai", "gpt-5.2", 900, 17, 1.25, 10, 1),
    ("mistral", "mistral-large-3", 450, 14, 0.5, 1.5, 2),
    ("anthropic", "claude-haiku-4-5", 420, 8, 1, 5, 1),
    ("openai", "gpt-4.1", 520, 12, 2, 8, 1),
    ("gemini", "gemini-3-pro", 1900, 11, 2, 12, 3),
    ("openai", "gpt-oss-120b", 350, 5, None, None, 1),
    ("openai", "gpt-4.1-mini", 390, 9, 0.4, 1.6, 1),
    ("mistral", "mistral-small-3", 260, 7, 0.1, 0.3, 1),
    ("anthropic", "claude-opus-4-5", 1300, 21, 5, 25, 1),
    ("openai", "o4-mini", 2600, 8, 1.1, 4.4, 2),
    ("gemini", "gemini-2.5-flash-lite", 240, 4, 0.1, 0.4, 1),
    ("mistral", "magistral-medium", 1500, 12, 2, 5, 1),
    ("openai", "gpt-4.1-nano", 300, 6, 0.1, 0.4, 1),
    ("mistral", "codestral", 310, 8, 0.3, 0.9, 1),
    ("openai", "gpt-5.2-pro", 5200, 30, 15, 120, 6),
    ("anthropic", "claude-3-7-sonnet", 800, 16, 3, 15, 4),
    ("gemini", "gemini-2.5-pro", 2100, 12, 1.25, 10, 1),
)
SHARES = (1 / np.arange(1, len(MODELS) + 1)) / sum(1 / n for n in range(1, len(MODELS) + 1))
WORDS = (
    "the answer depends on what is meant by latency, by cost and by quality in a given setting; Größe, 東京, числа. "
)
HOSTS = np.array([f"contoso-{region}.services.ai.azure.com" for region in ("eastus2", "swedencentral", "westus3")])
ERRORS = ("RateLimited", "TimedOut", "ProviderDown", "RequestRejected", "ContentFiltered", "Truncated", "AuthError")
Columns = dict[str, list[Any]]

_PROVIDERS, _NAMES, _TTFT_MS, _TPOT_MS, _USD_IN, _USD_OUT, _FRAIL = (
    np.array(part, float if n > 1 else object) for n, part in enumerate(zip(*MODELS, strict=True))
)
_REASONING = np.array([name.endswith("-pro") or name.startswith(("o4", "magistral")) for name in _NAMES])
_ON_AZURE = _PROVIDERS != "gemini"
_AZURE = 0.35 / SHARES[_ON_AZURE].sum()
_ERROR = 0.03 / (SHARES * _FRAIL).sum()
_TEXT = WORDS * 200


def targets(count: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Models as places in MODELS, and whether each is reached through Azure; not every provider can be."""
    model = rng.choice(len(MODELS), count, p=SHARES)
    return model, _ON_AZURE[model] & (rng.random(count) < _AZURE)


def columns(model: Any, azure: Any, pace: Any, rng: np.random.Generator) -> Columns:
    """The columns of `calls` that don't say when and for what. `pace` is by how much each call is slower than usual."""
    count = len(model)
    chance = rng.random((6, count))
    failed = chance[0] < _ERROR * _FRAIL[model]
    stopped = ~failed & (chance[0] > 0.99)
    ok = ~failed & ~stopped
    counted, streamed = ok & (chance[1] > 0.011), chance[2] > 0.04
    tokens = _tokens(model, rng)
    cost = (tokens["input_tokens"] * _USD_IN[model] + tokens["output_tokens"] * _USD_OUT[model]) / 1e6
    priced = counted & ~np.isnan(cost)
    host = rng.choice(len(HOSTS), count, p=(0.6, 0.3, 0.1))
    found: Columns = {
        "provider": _PROVIDERS[model].tolist(),
        "model": _NAMES[model].tolist(),
        "route": np.where(azure, "azure", "direct").tolist(),
        "deployment": known(_NAMES[model], azure),
        "endpoint_host": known(HOSTS[host], azure),
        "status": np.where(ok, "ok", np.where(failed, "error", "stopped")).tolist(),
        "finish_reason": known(np.where(chance[3] < 0.03, "length", "stop"), ok),
        "chunks": np.where(failed, 0, np.where(streamed, tokens["output_tokens"] // 2 + 1, 1)).tolist(),
        "cost_usd": known(cost, priced),
        "price_source": known(np.where(priced, "made up", "no price or no token count"), ok),
        "simulated": (chance[4] < 0.02).tolist(),
        "request_id": [f"req_{part}" for part in ids(count, rng)],
        "streamed": streamed.tolist(),
    }
    found |= {name: known(values, counted) for name, values in tokens.items()}
    found |= _texts(failed, _REASONING[model] & ok, rng)
    slower = pace * np.where(azure, 1.08 + 0.1 * host, 1)
    return found | _times(model, slower, tokens["output_tokens"], failed, streamed, counted, rng)


def ids(count: int, rng: np.random.Generator) -> list[str]:
    """Ids such as uuid4().hex."""
    drawn = rng.bytes(16 * count).hex()
    return [drawn[start : start + 32] for start in range(0, len(drawn), 32)]


def known(values: Any, where: Any) -> list[Any]:
    """The values as Python's own, None elsewhere."""
    return list(np.where(where, np.asarray(values).astype(object), None))


def _tokens(model: Any, rng: np.random.Generator) -> dict[str, Any]:
    count = len(model)
    given = np.clip(rng.lognormal(6, 0.9, count), 8, 60_000).astype(int)
    thought = np.where(_REASONING[model], rng.lognormal(5.5, 0.7, count), 0).astype(int)
    made = np.clip(rng.lognormal(4.6, 0.8, count), 2, 4000).astype(int) + thought
    cached = np.where((given > 1024) & (rng.random(count) < 0.5), given // 128 * 64, 0)
    return {"input_tokens": given, "output_tokens": made, "cached_input_tokens": cached, "reasoning_tokens": thought}


def _times(
    model: Any, slower: Any, made: Any, failed: Any, streamed: Any, counted: Any, rng: np.random.Generator
) -> Columns:
    count = len(model)
    connect = rng.lognormal(4, 0.3, count)
    opened = rng.random(count) < 0.2
    ttft = _TTFT_MS[model] * slower * rng.lognormal(0, 0.45, count) + np.where(opened, connect, 0)
    tpot = _TPOT_MS[model] * slower * rng.lognormal(0, 0.25, count)
    total = np.where(failed, ttft * rng.lognormal(0, 1, count), ttft + tpot * (made - 1) + rng.exponential(3, count))
    arrived = streamed & ~failed
    # Where a model thinks, its first visible token comes after a part of the answer.
    ttfat = ttft + np.where(_REASONING[model], 0.6, 0) * tpot * (made - 1)
    again = rng.random(count) < 0.01
    return {
        "connect_ms": known(connect.round(3), opened),
        "headers_ms": known((ttft * rng.uniform(0.6, 0.98, count)).round(3), arrived),
        "ttft_ms": known(ttft.round(3), arrived),
        "ttfat_ms": known(ttfat.round(3), arrived),
        "total_ms": total.round(3).tolist(),
        "tpot_ms": known(tpot.round(4), arrived & counted & (made > 1)),
        **{f"gap_{part}_ms": known((tpot * by).round(3), arrived) for part, by in (("p50", 2), ("p95", 5), ("max", 9))},
        "load_ms": [0.0] * count,
        "build_ms": rng.uniform(0.3, 2, count).round(3).tolist(),
        "attempts": (1 + again).tolist(),
        "retry_wait_ms": np.where(again, 500.0, 0.0).tolist(),
        "timed_from": ["socket"] * count,
        "tries": ["[]"] * count,
    }


def _texts(failed: Any, thought: Any, rng: np.random.Generator) -> Columns:
    """Answers of about 200 characters, a few of some thousand."""
    count = len(failed)
    begins = rng.integers(0, len(WORDS), count).tolist()
    lengths = np.where(rng.random(count) < 0.005, rng.integers(2_000, 20_000, count), rng.poisson(200, count))
    lengths = np.where(failed, 0, lengths).tolist()
    kinds = rng.choice(np.array(ERRORS, object), count, p=(0.4, 0.2, 0.17, 0.1, 0.06, 0.04, 0.03))
    return {
        "answer": [_TEXT[begin : begin + length] for begin, length in zip(begins, lengths, strict=True)],
        "reasoning": np.where(thought, _TEXT[:150], "").tolist(),
        "error_type": known(kinds, failed),
        "error_message": known(kinds + ": the provider refused the call. Try it again later.", failed),
    }
