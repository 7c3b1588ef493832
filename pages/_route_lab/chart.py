"""The paired differences of one figure: a dot a pair, with the interval of their median or mean."""

import random

import streamlit as st

from llm_backends.results.differences import MEASURES
from llm_backends.route_lab.outcome import Outcome
from llm_backends.route_lab.sentences import CLAIMED_MS, CONNECTIONS, on, verdict
from pages._route_lab.figures import interval, scaled, signed, unit
from pages._shared.waterfall import PHASES

DOTS, INTERVAL, CLAIMED = PHASES["Answer"], "#e8590c", "#868e96"
MOST_DOTS = 1000
ROW = 92


def draw(told: Outcome, metric: str) -> None:
    """The chart, with what it shows in words for those who can't see it."""
    import altair as alt

    dots, spans, said = _data(told, metric)
    if not dots:
        st.caption("No pair has a value of this figure on both sides.")
        return
    lanes = list(dict.fromkeys(span["lane"] for span in spans))
    row = alt.Y("lane:N", title=None, sort=lanes, axis=alt.Axis(labelLimit=170, ticks=False, domain=False))
    least, most = _reach(dots, spans)
    layers = [
        *_behind(alt, told, metric),
        _dots(alt, dots, row).encode(x=_across(alt, told, metric, least, most)),
        *_intervals(alt, spans, row),
    ]
    st.altair_chart(alt.layer(*layers).properties(height=ROW * len(lanes) + 50), alt=" ".join(said))
    _legend(told, metric)
    if far := sum(not least <= dot["value"] <= most for dot in dots):
        st.caption(f"{far} {'pair lies' if far == 1 else 'pairs lie'} farther out, drawn at the edge.")
    if len(dots) >= MOST_DOTS:
        st.caption(f"{MOST_DOTS:,} of each row's pairs are drawn, chosen at random; all of them count.")


def _across(alt, told: Outcome, metric: str, least: float, most: float):
    a, b = told.labels
    scale = alt.Scale(domain=[least, most], clamp=True, nice=False)
    return alt.X("value:Q", title=f"{b} less {a} ({unit(metric)})", axis=alt.Axis(tickCount=6), scale=scale)


def _dots(alt, dots: list[dict], row):
    tooltips = [("lane:N", "Pairs of"), ("prompt:Q", "Prompt"), ("repeat:Q", "Repeat"), ("said:N", "Difference")]
    return (
        alt.Chart(alt.Data(values=dots))
        .mark_circle(size=40, opacity=0.75, color=DOTS)
        .encode(
            y=row,
            yOffset=alt.YOffset("offset:Q", scale=alt.Scale(domain=[-1, 1])),
            tooltip=[alt.Tooltip(name, title=title) for name, title in tooltips],
        )
    )


def _intervals(alt, spans: list[dict], row) -> list:
    base = alt.Chart(alt.Data(values=spans)).encode(
        y=row, tooltip=[alt.Tooltip("lane:N", title="Pairs of"), alt.Tooltip("said:N", title="95 % interval")]
    )
    reach = base.mark_rule(color=INTERVAL, strokeWidth=4).encode(x="low:Q", x2="high:Q")
    middle = base.mark_tick(color=INTERVAL, thickness=4, height=26).encode(x="middle:Q")
    return [reach, middle]


def _behind(alt, told: Outcome, metric: str) -> list:
    zero = alt.Chart(alt.Data(values=[{"x": 0}])).mark_rule(color="gray", strokeDash=[4, 3]).encode(x="x:Q")
    if not _has_claim(told, metric):
        return [zero]
    band = alt.Chart(alt.Data(values=[dict(zip(("from", "to"), CLAIMED_MS, strict=True))]))
    return [band.mark_rect(color=CLAIMED, opacity=0.22).encode(x="from:Q", x2="to:Q"), zero]


def _has_claim(told: Outcome, metric: str) -> bool:
    return metric == "ttft_ms" and told.labels == ("Direct", "Azure")


def _legend(told: Outcome, metric: str) -> None:
    of = {"median": "median", "mean": "mean"}.get(MEASURES[metric].of, "difference")
    entries = [(DOTS, "50%", "a pair"), (INTERVAL, "2px", f"{of} and its 95 % interval")]
    if _has_claim(told, metric):
        low, high = CLAIMED_MS
        entries.append((CLAIMED, "2px", f"claimed: +{low} to {high} ms"))
    drawn = "".join(
        f'<span><i style="background:{colour};border-radius:{radius}"></i>{words}</span>'
        for colour, radius, words in entries
    )
    st.html(f'<div class="waterfall"><div class="legend">{drawn}</div></div>')


def _reach(dots: list[dict], spans: list[dict]) -> tuple[float, float]:
    """From where to where the chart goes: some pairs far out must not squeeze all others together."""
    values = sorted(dot["value"] for dot in dots)
    low, high = values[len(values) // 4], values[(3 * len(values)) // 4]
    ends = [0.0, *(span[end] for span in spans for end in ("low", "high") if end in span)]
    ends += [max(values[0], low - 3 * (high - low)), min(values[-1], high + 3 * (high - low))]
    room = 0.05 * (max(ends) - min(ends)) or 1.0
    return min(ends) - room, max(ends) + room


def _data(told: Outcome, metric: str) -> tuple[list[dict], list[dict], list[str]]:
    """The dots, the intervals, and the verdicts in words."""
    dots, spans, said = [], [], []
    several = len({match.model for match in told.matches}) > 1
    for match in told.matches:
        one = next((one for one in match.differences if one.measure.metric == metric), None)
        if one is None or not one.pairs.other:
            continue
        kind = CONNECTIONS[match.connection]
        lane = f"{match.connection} · {match.model}" if several else kind.capitalize()
        chance = random.Random(match.connection)
        pairs = told.pairs(one)
        if len(pairs) > MOST_DOTS:
            pairs = tuple(chance.sample(pairs, MOST_DOTS))
        dots += [
            {
                "lane": lane,
                "value": scaled(metric, pair.difference),
                "offset": chance.uniform(-0.7, 0.7),
                "prompt": pair.prompt,
                "repeat": pair.repeat + 1,
                "said": signed(metric, pair.difference),
            }
            for pair in pairs
        ]
        found = one.verdict.difference.interval
        ends = {"low": found.low, "high": found.high, "middle": found.estimate} if found else {}
        spans.append({"lane": lane, "said": interval(metric, found)} | {k: scaled(metric, v) for k, v in ends.items()})
        said.append(f"{match.model}, {kind}: {verdict(told, one)}.")
    return dots, spans, [f"Paired differences, {on(told.labels[1])} less {on(told.labels[0])}.", *said]
