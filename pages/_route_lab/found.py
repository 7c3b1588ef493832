"""What a Route lab found: the verdicts first, then the differences by figure, the pairs, and the sources."""

import streamlit as st

from llm_backends.catalog.prices import price_per_mtok
from llm_backends.results.columns import read
from llm_backends.results.differences import Compared
from llm_backends.route_lab.outcome import Match, Outcome, outcome
from llm_backends.route_lab.plan import METRICS
from llm_backends.route_lab.sentences import (
    CONNECTIONS,
    against_claim,
    apart,
    claimed,
    definition,
    headline,
    markup,
)
from llm_backends.store.experiments import Experiment
from pages._route_lab import chart, exports, pairs
from pages._route_lab.figures import LABELS, interval, signed, typical
from pages._shared.format import plain
from pages._shared.session import App

ICONS = {
    "real difference": ":material/check_circle:",
    "can't be told apart": ":material/drag_handle:",
    "too few pairs": ":material/hourglass_empty:",
}


def draw(app: App, one: Experiment) -> None:
    """All of it, of one that has ended or rests."""
    told = _outcome(app, one)
    if app.settings.simulated:
        st.caption("Every provider here is simulated: no time or cost below is real.")
    _verdicts(app, told)
    st.subheader("Differences", anchor=False)
    _table(told)
    figure = _figure(told)
    st.caption(f"{LABELS[figure]}: {definition(figure)}")
    chart.draw(told, figure)
    pairs.draw(app, told, figure)
    _sources(app, told)
    exports.draw(app, one, told)


def _outcome(app: App, one: Experiment) -> Outcome:
    state, key = st.session_state, (one.id, one.counts.ended, one.state)
    if state.get("lab_outcome_of") != key:
        state.lab_outcome, state.lab_outcome_of = outcome(read(app.log.database, one)), key
    found: Outcome = state.lab_outcome
    return found


def _verdicts(app: App, told: Outcome) -> None:
    """A sentence for each model and kind of connection, what is in no pair, and what is claimed elsewhere."""
    for number, match in enumerate(told.matches):
        with st.container(border=True, key=f"lab_verdict_{number}", gap="small"):
            kind = match.of("ttft_ms").verdict.kind
            st.markdown(f"{ICONS[kind]} **{plain(headline(told, match))}**")
            if said := " ".join(filter(None, (against_claim(told, match), markup(told, match, app.settings.prices)))):
                st.caption(plain(said))
            for line in apart(told, match):
                st.markdown(f":material/error_outline: {plain(line)}")
    if claim := claimed(told):
        st.caption(plain(claim))


def _table(told: Outcome) -> None:
    """A line for each model, kind of connection and figure."""
    a, b = told.labels
    rows = [_row(told, match, one) for match in told.matches for one in match.differences]
    several = len({match.model for match in told.matches}) > 1
    columns = {
        "Model": st.column_config.TextColumn() if several else None,
        f"{b} less {a}": st.column_config.TextColumn(
            help="The median of the pairs' differences; of cost and tokens a chunk, their mean."
        ),
        "95 % interval": st.column_config.TextColumn(help="Where the true value lies, in 95 of 100 such experiments."),
        "Pairs": st.column_config.NumberColumn(help="Blocks with a value on both sides."),
        "p": st.column_config.NumberColumn(
            format="%.2g",
            help="How often chance alone makes such a difference, corrected for all lines together (Holm).",
        ),
    }
    st.dataframe(
        rows, hide_index=True, placeholder="—", column_config=columns, alt="Differences between the sides by figure"
    )


def _row(told: Outcome, match: Match, one: Compared) -> dict[str, object]:
    a, b = told.labels
    metric, difference = one.measure.metric, one.verdict.difference
    return {
        "Figure": LABELS[metric],
        "Connections": match.connection,
        "Model": match.model,
        f"{b} less {a}": signed(metric, difference.estimate),
        "95 % interval": interval(metric, difference.interval),
        "Verdict": one.verdict.kind,
        "Pairs": difference.pairs,
        "p": one.verdict.p,
        a: typical(metric, one.pairs.baseline),
        b: typical(metric, one.pairs.other),
        "What it is": definition(metric),
    }


def _figure(told: Outcome) -> str:
    shown = [
        metric for metric in METRICS if any(one.measure.metric == metric for m in told.matches for one in m.differences)
    ]
    chosen = st.segmented_control(
        "Figure of the chart and the pairs",
        shown,
        default=shown[0],
        required=True,
        key="lab_figure",
        persist_state="session",
        format_func=lambda metric: LABELS[metric],
    )
    return chosen if chosen in shown else shown[0]


def _sources(app: App, told: Outcome) -> None:
    """Prices, and how it was measured."""
    with st.expander("How it was measured", icon=":material/info:", key="lab_sources"):
        plan = told.columns.plan
        st.markdown(
            "A pair is two calls that put one prompt to both sides, in random order within a block; "
            f"{plan.concurrency} at once at each endpoint, and one block after the other. Times are read at this "
            "machine's socket and hold the network between it and the endpoint: they tell of this place and this "
            "time of day. A call that should have found a connection open and had to open one, was tried again, or "
            "failed is in no pair. Intervals and tests: order statistics and the sign test for medians, the "
            "studentised bootstrap and sign flips for means; all lines of the table are corrected together (Holm)."
        )
        rows = []
        for match in told.matches:
            for label, slot in zip(told.labels, match.slots, strict=True):
                one, (provider, _, model) = plan.slots[slot], plan.slots[slot].ref.partition("/")
                price = price_per_mtok(provider, model, one.route, app.settings.prices)
                row = {"Model": one.ref, "Side": label, "Endpoint": one.endpoint or "the vendor's own"}
                row |= {"USD per M tokens in": price.input_usd, "USD per M tokens out": price.output_usd}
                row |= {"Source": price.said}
                rows += [] if row in rows else [row]
        st.dataframe(rows, hide_index=True, placeholder="—", alt="Today's prices on both sides, and their sources")
        for line in dict.fromkeys(CONNECTIONS[match.connection] for match in told.matches):
            st.caption(_OF_CONNECTIONS[line])


_OF_CONNECTIONS = {
    CONNECTIONS["open"]: "Open connections: kept open between calls, as an application that is in use has them.",
    CONNECTIONS["new"]: "New connections: each call resolves the name, opens TCP and TLS, and closes them after it; "
    "every time but the time per token holds that.",
}
