"""Charts of models beside each other: distribution, latency against cost, tokens per second, length of input."""

from llm_backends.insights.series import Records
from llm_backends.metrics import METRIC
from pages._shared.format import dollars, duration, number
from pages._shared.picture.drawing import (
    HEIGHT,
    chart,
    coloured,
    dashed,
    frame,
    legend,
    names,
    shaped,
    spread,
    with_names,
)
from pages._shared.picture.looks import looks

ROW = 34


def distribution(rows: Records, time: str) -> None:
    """The share of calls up to each time, a line a model."""
    import altair as alt

    found = with_names(rows)
    label, of = METRIC[time].label, names(found)
    legend(of)
    kind = spread(row[time] for row in found)
    base = alt.Chart(frame(found, "name", "share", time)).encode(
        x=alt.X(f"{time}:Q", title=f"{label} (ms)", scale=alt.Scale(type=kind, nice=False, zero=False, padding=10)),
        y=alt.Y("share:Q", title="Share of calls", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
        color=coloured(alt, of),
        tooltip=[
            alt.Tooltip("name:N", title="Model"),
            alt.Tooltip("share:Q", title="Share of calls", format=".0%"),
            alt.Tooltip(f"{time}:Q", title=f"{label} (ms)", format=",.1f"),
        ],
    )
    lines = base.mark_line(interpolate="monotone", strokeWidth=2.5).encode(strokeDash=dashed(alt, of), order="share:Q")
    middle = base.transform_filter("datum.share == 0.5").mark_point(filled=True, size=70, opacity=1)
    middles = {row["name"]: row[time] for row in found if row["share"] == 0.5}
    said = "; ".join(f"{name} median {duration(value)}" for name, value in middles.items())
    words = f"Distribution of {label.lower()} by model. {said}."
    chart(lines + middle.encode(shape=shaped(alt, of)), HEIGHT, words)


def trade_off(rows: Records, time: str) -> None:
    """A point a model, and the Pareto front."""
    import altair as alt

    found = with_names(rows)
    column, of = f"{time.removesuffix('_ms')}_p50_ms", names(found)
    label = METRIC[time].label
    data = frame(found, "name", column, "cost_per_call_usd", "calls", "best")
    x = alt.X(
        f"{column}:Q",
        title=f"{label} p50 (ms)",
        scale=alt.Scale(type=spread(row[column] for row in found), padding=40, nice=False),
    )
    costs = [row["cost_per_call_usd"] for row in found]
    y = alt.Y(
        "cost_per_call_usd:Q",
        title="Cost a call (USD)",
        scale=alt.Scale(type=spread(costs), padding=24, nice=False),
        axis=alt.Axis(format=",~r"),
    )
    base = alt.Chart(data).encode(x=x, y=y)
    front = (
        base.transform_filter("datum.best")
        .mark_line(interpolate="step-after", color="gray", strokeDash=[4, 3])
        .encode(order=f"{column}:Q")
    )
    points = base.mark_point(filled=True, size=110, opacity=1).encode(
        color=coloured(alt, of),
        shape=shaped(alt, of),
        tooltip=[
            alt.Tooltip("name:N", title="Model"),
            alt.Tooltip(f"{column}:Q", title=f"{label} p50 (ms)", format=",.1f"),
            alt.Tooltip("cost_per_call_usd:Q", title="Cost a call (USD)", format=".2~g"),
            alt.Tooltip("calls:Q", title="Calls", format=",d"),
            alt.Tooltip("best:N", title="On the front"),
        ],
    )
    legend(of, "point")
    said = "; ".join(
        f"{row['name']} {duration(row[column])}, {dollars(row['cost_per_call_usd'])}" for row in found if row["best"]
    )
    chart(front + points, HEIGHT + 60, f"{label} against cost a call. On the Pareto front: {said}.")


def speed(rows: Records) -> None:
    """The median pace of each model, and what nine of ten calls lie between."""
    import altair as alt

    found = with_names(rows)
    of = names(found)
    data = frame(found, "name", "tokens_per_s_p5", "tokens_per_s_p50", "tokens_per_s_p95", "calls")
    tooltip = [alt.Tooltip("name:N", title="Model")] + [
        alt.Tooltip(f"tokens_per_s_p{n}:Q", title=f"Tokens/s p{n}", format=",.1f") for n in (5, 50, 95)
    ]
    base = alt.Chart(data).encode(
        y=alt.Y("name:N", title=None, sort=of, axis=alt.Axis(labelLimit=260)),
        color=coloured(alt, of),
        tooltip=[*tooltip, alt.Tooltip("calls:Q", title="Calls", format=",d")],
    )
    line = base.mark_rule(strokeWidth=3, opacity=0.6).encode(
        x=alt.X("tokens_per_s_p5:Q", title="Tokens a second (point p50, line p5 to p95)"), x2="tokens_per_s_p95:Q"
    )
    middle = base.mark_point(filled=True, size=110, opacity=1).encode(x="tokens_per_s_p50:Q", shape=shaped(alt, of))
    said = "; ".join(f"{row['name']} {number(row['tokens_per_s_p50'], 1)}" for row in found)
    chart(line + middle, ROW * len(of) + 60, f"Tokens a second, median: {said}.")


def by_input(rows: Records) -> None:
    """A dot a call: how long its input was, and when its first token came."""
    import altair as alt

    found = with_names(rows)
    of = sorted(names(found))
    drawn = (
        alt.Chart(frame(found, "name", "input_tokens", "ttft_ms"))
        .mark_point(filled=True, size=36, opacity=0.6)
        .encode(
            x=alt.X("input_tokens:Q", title="Input (tokens)", scale=alt.Scale(type="log", nice=False, padding=8)),
            y=alt.Y("ttft_ms:Q", title="First token (ms)", scale=alt.Scale(type="log", nice=False, padding=8)),
            color=coloured(alt, of),
            shape=shaped(alt, of),
            tooltip=[
                alt.Tooltip("name:N", title="Model"),
                alt.Tooltip("input_tokens:Q", title="Input (tokens)", format=",d"),
                alt.Tooltip("ttft_ms:Q", title="First token (ms)", format=",.1f"),
            ],
        )
    )
    legend(of, "point")
    longest = max(row["input_tokens"] for row in found)
    said = f"{len(found):,} calls of {len(looks().of(of))} models, inputs of up to {longest:,} tokens"
    chart(drawn, HEIGHT, f"First token against input length: {said}. The table below holds each.")
