"""Every figure of an answer, once: what it is called and means. Log, pages, CSV, terminal and README draw on it."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from .types import CallResult

Unit = Literal["ms", "tokens", "tokens/s", "USD", "count", "share", "text"]
Statistic = Literal["p50", "p95", "p99", "max"]

_DIGITS: dict[Unit, int] = {"ms": 0, "tokens": 0, "tokens/s": 1, "USD": 6, "count": 0, "share": 3}
_SAID: dict[Statistic, str] = {
    "p50": "Half of {over} are no higher.",
    "p95": "95 % of {over} are no higher.",
    "p99": "99 % of {over} are no higher.",
    "max": "The highest of {over}.",
}


@dataclass(frozen=True)
class Metric:
    """A figure. `name` is its column in the log, the CSV and the JSON; `definition` and `unknown` are Markdown.

    `unit` also says how it is written: see `digits`. `unknown` says what it means that there is no value, "" where
    there always is one. `logged` is False for what follows from other columns: it is no column of the log.
    """

    name: str
    label: str
    unit: Unit
    definition: str
    unknown: str = ""
    logged: bool = True

    @property
    def heading(self) -> str:
        """The label over a column of bare numbers: with the unit, unless the label says it."""
        return f"{self.label} ({self.unit})" if self.unit in ("ms", "USD") else self.label

    @property
    def digits(self) -> int:
        """Decimal places in a table."""
        return _DIGITS[self.unit]

    @property
    def help(self) -> str:
        """The definition, and what it means that the value is unknown."""
        return f"{self.definition} Unknown: {self.unknown}." if self.unknown else self.definition

    def of(self, result: CallResult) -> Any:
        """The value of this figure in a result: a number, text where the unit is "text", None where unknown."""
        source = result.usage if self.unit == "tokens" else result
        return None if source is None else getattr(source, self.name)

    def at(self, statistic: Statistic, over: str) -> "Metric":
        """This figure's percentile or maximum over several values: `ttft_ms` becomes `ttft_p50_ms`."""
        stem = self.name.removesuffix("_ms")
        name = f"{stem}_{statistic}" + ("_ms" if stem != self.name else "")
        said = _SAID[statistic].format(over=over)
        return replace(self, name=name, label=f"{self.label} {statistic}", definition=f"{self.definition} {said}")


_NEVER = "the request was never sent"
_NO_TOKEN = "no token arrived, or the answer came in one piece"
_NO_USAGE = "the provider sent no token counts"
_NO_PACE = "it takes a provider's token count and at least two chunks"
_GAP = Metric(
    "gap_ms", "Chunk gap", "ms", "Between two chunks, which may hold several tokens each.", "there were fewer than two"
)

METRICS = (
    Metric(
        "load_ms",
        "Load",
        "ms",
        "Importing an SDK or loading a local model, before the request; in no other figure.",
        "it could not be loaded",
    ),
    Metric(
        "build_ms",
        "Build",
        "ms",
        "What the SDK needed to build the request, before the request; in no other figure.",
        f"{_NEVER}, or its SDK does not let us see when",
    ),
    Metric("connect_ms", "Connect", "ms", "TCP and TLS.", "the connection was open already, or can't be seen"),
    Metric("headers_ms", "Headers", "ms", "From the request to the response's headers.", "none arrived"),
    Metric("ttft_ms", "First token", "ms", "From the request to the first token of any kind.", _NO_TOKEN),
    Metric(
        "ttft_open_ms",
        "First token without connecting",
        "ms",
        "`ttft_ms` less `connect_ms`: comparable between an opened and an open connection.",
        _NO_TOKEN,
        logged=False,
    ),
    Metric(
        "ttfat_ms",
        "First visible",
        "ms",
        "From the request to the first token of the visible answer, which reasoning models send later.",
        _NO_TOKEN,
    ),
    Metric("total_ms", "Total", "ms", "From the request to the last byte.", _NEVER),
    Metric(
        "tpot_ms",
        "Time per token",
        "ms",
        "(last token - first token) / (n - 1), n as the provider counts the output tokens that it sent.",
        _NO_PACE,
    ),
    Metric(
        "tokens_per_s",
        "Tokens / s",
        "tokens/s",
        "1000 / `tpot_ms`: the pace after the first token, in tokens as the provider counts them.",
        _NO_PACE,
        logged=False,
    ),
    Metric("chunks", "Chunks", "count", "Pieces in which the answer arrived; one may hold several tokens."),
    *(_GAP.at(statistic, "an answer's gaps") for statistic in ("p50", "p95", "max")),
    Metric("attempts", "Attempts", "count", "How often the call was tried before its first token."),
    Metric("retry_wait_ms", "Retry wait", "ms", "Waiting between the attempts; it is part of the times above."),
    Metric(
        "failed_over_from",
        "Left",
        "text",
        "Azure endpoints that failed before another answered.",
        "none was left for another",
    ),
    Metric(
        "detour_ms",
        "Detour",
        "ms",
        "From the request to the start of the attempt that answered, at another endpoint than the first.",
        "no endpoint was left for another",
    ),
    Metric("input_tokens", "Tokens in", "tokens", "As the provider counts them, cached ones included.", _NO_USAGE),
    Metric("output_tokens", "Tokens out", "tokens", "As the provider counts them, reasoning included.", _NO_USAGE),
    Metric(
        "cached_input_tokens",
        "Cached in",
        "tokens",
        "Input tokens that the provider took from its cache, as it counts them; part of `input_tokens`.",
        _NO_USAGE,
    ),
    Metric(
        "reasoning_tokens",
        "Reasoning",
        "tokens",
        "Tokens of reasoning, as the provider counts them; part of `output_tokens`.",
        _NO_USAGE,
    ),
    Metric(
        "cost_usd",
        "Cost",
        "USD",
        "Tokens as the provider counts them, at own prices, else the dated list prices of "
        "[genai-prices](https://pypi.org/project/genai-prices/).",
        "the reason is in `price_source`",
    ),
    Metric(
        "timed_from",
        "Timed from",
        "text",
        "What the times count from: `socket`, the request's first byte or its connecting; `sdk`, the call of an SDK "
        "whose socket can't be seen.",
        _NEVER,
    ),
)

METRIC = {metric.name: metric for metric in METRICS}
"""The same by name."""

_CALLS = "the calls that ended well"

MODEL_METRICS = (
    Metric("calls", "Calls", "count", "All calls, also stopped and failed ones."),
    Metric("ok", "Done", "count", "Calls that ended well."),
    Metric("errors", "Failed", "count", "Calls that failed."),
    Metric("stopped", "Stopped", "count", "Calls that somebody stopped."),
    *(
        METRIC[name].at(statistic, _CALLS)
        for name in ("ttft_ms", "total_ms", "tokens_per_s")
        for statistic in ("p50", "p95")
    ),
    Metric("cost_usd", "Cost", "USD", "The sum of the costs that are known."),
    Metric("cost_per_call_usd", "Cost a call", "USD", "The mean of the costs that are known."),
    Metric(
        "cost_unknown", "Cost unknown", "count", "Calls without a price or without a token count; they are in no sum."
    ),
    Metric("input_tokens", "Tokens in", "tokens", "Summed over the calls whose provider counted them."),
    Metric("output_tokens", "Tokens out", "tokens", "Summed over the calls whose provider counted them."),
)
"""The figures of one model over many calls: `store.figures.ModelStats`."""

MODEL_METRIC = {metric.name: metric for metric in MODEL_METRICS}
"""The same by name."""

_JUDGED = "of the calls that ended well"

RESULT_METRICS = (
    Metric("calls", "Calls", "count", "What the plan has, without warm-ups."),
    Metric(
        "ended", "Ended", "count", "Calls that have ended, failed ones too; those that were stopped are made again."
    ),
    Metric("ok", "Done", "count", "Calls that ended well."),
    Metric("failed", "Failed", "count", "Calls that failed. They are in no pass rate, time or token count."),
    Metric(
        "pass_rate",
        "Pass rate",
        "share",
        "Passed / (passed + not passed), from 0 to 1, each prompt once with the mean of its repeats.",
        "no call was judged",
    ),
    *(
        Metric(
            f"pass_rate_{end}",
            f"Pass rate, {said}",
            "share",
            "An end of the 95 % interval (Wilson), which holds the rate over all such prompts 95 times in 100.",
            "no call was judged",
        )
        for end, said in (("low", "lower end"), ("high", "upper end"))
    ),
    Metric("pass_rate_prompts", "Prompts judged", "count", "Prompts that the pass rate is over."),
    Metric("passed", "Passed", "count", f"Calls, {_JUDGED}, that passed every check."),
    Metric("not_passed", "Not passed", "count", f"Calls, {_JUDGED}, that a check failed."),
    Metric("open", "Open", "count", f"Calls, {_JUDGED}, of which the checks can't tell; they are in no pass rate."),
    Metric("unjudged", "Not judged yet", "count", f"Calls, {_JUDGED}, that the present checks have not seen."),
    *(
        metric
        for name in ("ttft_ms", "ttfat_ms", "tpot_ms", "total_ms")
        for metric in (
            METRIC[name].at("p50", _CALLS),
            replace(
                METRIC[name].at("p95", _CALLS),
                unknown="fewer than 20 calls have a value: it would be little else than the highest",
            ),
            Metric(
                f"{name.removesuffix('_ms')}_n",
                f"{METRIC[name].label}, values",
                "count",
                f"Calls that `{name}` is known of.",
            ),
        )
    ),
    Metric("input_tokens", "Tokens in", "tokens", "Summed over the calls whose provider counted them.", _NO_USAGE),
    Metric("output_tokens", "Tokens out", "tokens", "Summed over the calls whose provider counted them.", _NO_USAGE),
    Metric("cost_usd", "Cost", "USD", "The sum of the costs that are known.", "no cost is known"),
    Metric("cost_per_call_usd", "Cost a call", "USD", "The mean of the costs that are known.", "no cost is known"),
    Metric("cost_unknown", "Cost unknown", "count", "Calls without a price or a token count; they are in no sum."),
)
"""The figures of one slot of an experiment: `results.summary.SlotSummary`."""

RESULT_METRIC = {metric.name: metric for metric in RESULT_METRICS}
"""The same by name."""

TOKENS_PER_CHUNK = Metric(
    "tokens_per_chunk",
    "Tokens a chunk",
    "tokens",
    "`output_tokens` / `chunks`: how many tokens the provider sends at once.",
    _NO_USAGE,
)
