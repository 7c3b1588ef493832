"""Whether the intervals hold the truth as often as they say, and how often chance passes for a difference: seeded."""

from collections.abc import Iterator

import numpy

from llm_backends.stats.bootstrap import bootstrap_interval
from llm_backends.stats.differences import Difference, Pairs, mean_difference, median_difference, share_difference
from llm_backends.stats.means import mean_of_clusters, mean_of_sums
from llm_backends.stats.power import more_pairs
from llm_backends.stats.shares import share_interval
from llm_backends.stats.verdict import verdicts

from .report import Figure

DRAWS = 1_000
MEAN_DRAWS = 300
COUNTS = (20, 40, 100, 200)
# Prompts differ from each other, and each call has latency noise of its own: log-normal around e^5, about 150 ms.
NOISE = {"even": (0.5, 0.5), "heavy": (1.2, 1.2), "uneven": (0.3, 1.0)}
SHIFT_MS = 10.0


def figures() -> Iterator[Figure]:
    """In 100 draws: how far coverage is from 95, and how often "real difference" is said where there is none."""
    for noise in NOISE:
        yield from _medians(noise)
    yield from _means()
    yield from _families()
    yield from _power()
    yield from _shares()
    yield from _sums()


def _medians(noise: str) -> Iterator[Figure]:
    for count in COUNTS:
        rng = numpy.random.default_rng([count, *noise.encode()])
        found = [median_difference(_latencies(rng, noise, count, SHIFT_MS)) for _ in range(DRAWS)]
        none = [median_difference(_latencies(rng, noise, count, 0)) for _ in range(DRAWS)]
        name = f"{noise} noise, {count} pairs"
        held = _share(f.interval.holds(SHIFT_MS) for f in found)
        yield Figure(f"{name}: median's interval off 95 of 100 ({held:.1f})", abs(held - 95), 2)
        bias = float(numpy.mean([f.estimate for f in found])) - SHIFT_MS
        width = numpy.mean([f.interval.high - f.interval.low for f in found])
        yield Figure("  bias of the median, ms", bias)
        yield Figure("  bias of the median, % of the interval's width", 100 * abs(bias) / width, 5)
        yield Figure('  "real difference" said at 0 ms, of 100', _said(none), 5)


def _means() -> Iterator[Figure]:
    """Of skewed noise, the hardest for a mean: its interval, and that of the BCa bootstrap for comparison."""
    for noise in ("even", "uneven"):
        for count in COUNTS[:2]:
            rng = numpy.random.default_rng(count)
            truth = numpy.diff([numpy.exp(5 + sigma**2 / 2) for sigma in NOISE[noise]])[0]
            pairs = [_latencies(rng, noise, count, -truth) for _ in range(MEAN_DRAWS)]
            found = [mean_difference(p) for p in pairs]
            held = _share(f.interval.holds(0) for f in found)
            yield Figure(f"{noise} noise, {count} pairs: mean's interval holds, of 100", held)
            yield Figure('  "real difference" said at 0, of 100', _said(found))
            for of, zero in (("mean", 0.0), ("median", -truth)):
                held = _share(bootstrap_interval(p.differences, of).holds(zero) for p in pairs)
                yield Figure(f"  the BCa bootstrap's of the {of} would hold, of 100", held)


def _families() -> Iterator[Figure]:
    """Eight comparisons with one baseline at once, corrected by Holm: any false one counts."""
    rng, false = numpy.random.default_rng(8), 0
    for _ in range(DRAWS):
        baseline = rng.lognormal(5, 0.5, 50)
        family = [median_difference(_pairs(baseline, rng.lognormal(5, 0.5, 50))) for _ in range(8)]
        false += any(v.kind == "real difference" for v in verdicts(family, [SHIFT_MS] * 8))
    yield Figure("8 comparisons: families with a false difference, of 100", 100 * false / DRAWS, 5)


def _power() -> Iterator[Figure]:
    """As many more pairs as a first 40 say are needed for 30 ms, and how often they then show it."""
    rng, needed = numpy.random.default_rng(9), []
    for _ in range(DRAWS):
        interval = median_difference(_latencies(rng, "even", 40, 0)).interval
        needed.append(40 + more_pairs(interval, 30))
    yield Figure("pairs that settle 30 ms, as 40 pairs say: median", float(numpy.median(needed)))
    found = [median_difference(_latencies(rng, "even", int(numpy.median(needed)), 30)) for _ in range(DRAWS)]
    yield Figure("  with so many, 30 ms not found, of 100", 100 - _said(found), 25)


def _shares() -> Iterator[Figure]:
    """Wilson's interval where the pass rate itself is drawn, and paired shares of two models on the same prompts."""
    for count in COUNTS:
        rng = numpy.random.default_rng(count)
        rates = rng.uniform(0.02, 0.98, DRAWS)
        held = _share(share_interval(float(rng.binomial(count, r)), count).holds(r) for r in rates)
        yield Figure(f"{count} prompts: pass rate's interval off 95 of 100 ({held:.1f})", abs(held - 95), 2)
        found, true = zip(*(_passes(rng, count, 0.1) for _ in range(DRAWS)), strict=True)
        held = _share(f.interval.holds(t) for f, t in zip(found, true, strict=True))
        yield Figure(f"  paired difference's interval off 95 of 100 ({held:.1f})", abs(held - 95), 2)
        none = [_passes(rng, count, 0)[0] for _ in range(DRAWS)]
        yield Figure('  "real difference" said at 0, of 100', _said(none), 5)


def _sums() -> Iterator[Figure]:
    """The mean of costs of which only sums by day are known, the wider of both intervals.

    Days differ by 0 or 30 %, with as many calls each or not; a cost's spread is half the mean or more than it. Of 50
    such costs of one day the sums can't tell how skewed they are: a figure without a limit.
    """
    for days in (1, 8, 30):
        for apart, uneven, sigma in ((0, 0, 0.5), (0.3, 0, 0.5), (0.3, 0.8, 0.5), (0, 0, 1.0), (0.3, 0.8, 1.0)):
            if days > 1 or not apart:
                rng = numpy.random.default_rng([days, round(100 * apart), round(10 * sigma)])
                held = _share(_held(rng, days, apart, uneven, sigma) for _ in range(DRAWS))
                name = f"costs of {days} days, {apart:.0%} apart, calls a day uneven by {uneven:g}, costs by {sigma:g}"
                limit = None if days == 1 and sigma == 1 else 3
                yield Figure(f"{name}: interval off 95 of 100 ({held:.1f})", abs(held - 95), limit)


def _held(rng: numpy.random.Generator, days: int, apart: float, uneven: float, sigma: float) -> bool:
    """Whether the interval of one draw holds the truth, 1."""
    counts = numpy.maximum(1, rng.poisson(50 * rng.lognormal(0, uneven, days)))
    means = rng.lognormal(-(apart**2) / 2, apart, days)
    costs = [mean * rng.lognormal(-(sigma**2) / 2, sigma, n) for n, mean in zip(counts, means, strict=True)]
    totals, squares = [float(cost.sum()) for cost in costs], sum(float((cost**2).sum()) for cost in costs)
    found = mean_of_sums(int(counts.sum()), sum(totals), squares), mean_of_clusters([*map(float, counts)], totals)
    return max((one for one in found if one), key=lambda one: one.high - one.low).holds(1.0)


def _latencies(rng: numpy.random.Generator, noise: str, count: int, shift: float) -> Pairs:
    """Both routes put the same prompts, each with noise around the same median; the other is later by `shift`.

    Also of uneven noise that is the median of the differences: the two logarithms differ evenly to both sides.
    """
    prompts = rng.lognormal(6, 0.5, count)
    first, second = (rng.lognormal(5, sigma, count) for sigma in NOISE[noise])
    return _pairs(prompts + first, prompts + second + shift)


def _passes(rng: numpy.random.Generator, count: int, better: float) -> tuple[Difference, float]:
    """Passes on prompts of unlike difficulty, and by how much the other's chance is higher in truth."""
    easy = rng.beta(3, 2, count) * (1 - better)
    pairs = _pairs(rng.random(count) < easy, rng.random(count) < easy + better)
    return share_difference(pairs), better


def _pairs(baseline: numpy.ndarray, other: numpy.ndarray) -> Pairs:
    return Pairs(tuple(map(float, baseline)), tuple(map(float, other)))


def _said(found: list[Difference]) -> float:
    """How many of 100, each looked at alone, are called real."""
    return _share(verdicts([f], [SHIFT_MS])[0].kind == "real difference" for f in found)


def _share(held) -> float:
    return 100 * float(numpy.mean([*held]))
