"""What a month would cost with each model, from the tokens that were measured, and which cheaper one is not slower."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import streamlit as st

from llm_backends.catalog.prices import PerMtok, price_per_mtok
from llm_backends.insights.assumed import assumed
from llm_backends.insights.projection import Model, Projected, mixes, projection
from llm_backends.insights.provenance import of_row
from llm_backends.insights.ranking import against
from llm_backends.insights.series import MODEL, busiest
from llm_backends.insights.summary import Row, named, summary
from llm_backends.insights.view import View
from llm_backends.stats.unpaired.standings import Compared
from pages._insights import behind, download
from pages._insights.filters import Chosen
from pages._shared.format import dollars, duration, plain
from pages._shared.session import App

TABLE = "insights_costs"
TIMES = {"First token": "ttft_p50_ms", "First visible": "ttfat_p50_ms", "Total": "total_p50_ms"}
OWN = "Each model's own calls"
USUAL = 10_000
_KINDS = {"own": "own", "list": "list", "borrowed": "borrowed", "unbilled": "not billed", "unknown": "unknown"}


def draw(app: App, view: View, chosen: Chosen) -> None:
    """The question, its answer in a sentence, and the table behind it."""
    known = {named(key): key for key in view.codes(*MODEL)[1]}
    month, first, mix, time, others = _asked(app, view, known)

    def price_of(provider: str, model: str, route: str) -> PerMtok:
        return price_per_mtok(provider, model, route, app.settings.prices)

    found = list(projection(view, month, price_of, mix))
    asked = [key for key in others if key not in known.values()]
    found += [one for one in projection(view, month, price_of, mix or first, asked) if one.model in asked]
    found.sort(key=lambda one: (one.usd is None, one.usd or 0.0, one.model))
    compared = against(view, TIMES[time], first)
    _answer(found, compared, first, month, time)
    rows = [_row(one, compared.get(one.model), first, month, time) for one in found]
    _table(rows, found, view, chosen, time, first)
    download.below(_METHOD, "cost-a-month", rows, key="costs_file")
    st.page_link("pages/settings.py", label="Own prices and discounts", icon=":material/sell:")


_METHOD = (
    "Cost a month = calls a month × the mean cost of a call: its tokens in, out and cached, as the provider counted "
    "them, at today's price. The interval is for the mean of such calls; it knows nothing of months that ask longer "
    "questions. Own prices and discounts are set on the Settings page; calls that are logged already keep theirs."
)

_AGAINST = (
    "The difference of the medians, and its 95 % interval over all models together. Calls of everyday use are not "
    "paired: each model answered its own prompts."
)
MOST_NAMED = 6


def _asked(app: App, view: View, known: Mapping[str, Model]) -> tuple[int, Model, Model | None, str, list[Model]]:
    names = list(known)
    counted = {model for model, mix in mixes(view).items() if mix.counted}
    asked = (key for key in busiest(view, len(names)) if key in counted)
    priced = [key for key in asked if price_per_mtok(*key, app.settings.prices).known]
    usual = names.index(named((priced or list(known.values()))[0]))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="costs_asked"):
        month = st.number_input(
            "Calls a month", 1, 10**10, USUAL, step=1000, key="monthly", bind="query-params", width=180
        )
        first = st.selectbox(
            "Compared with",
            names,
            index=usual,
            key="against",
            bind="query-params",
            width=300,
            help="The others are dearer or cheaper, slower or faster than this one.",
        )
        mix = st.selectbox(
            "Tokens of",
            [OWN, *names],
            key="mix",
            bind="query-params",
            width=300,
            help="With one model's tokens all are asked the same. An assumption: each counts tokens in its own way, "
            "and may answer at another length.",
        )
        time = st.selectbox("Slower by", list(TIMES), key="slower_by", bind="query-params", width=160)
        others = st.multiselect(
            "Models without calls",
            [entry.ref for entry in app.catalog.models("direct") if entry.price_source and entry.provider != "local"],
            key="also",
            bind="query-params",
            placeholder="none",
            width=300,
            help="What models that nobody has asked yet would cost, at the direct route's price. They get the tokens "
            "of the model that is compared with, or of the one chosen before.",
        )
    refs = [(*ref.split("/", 1), "direct") for ref in others]
    return int(month), known[first], known.get(mix), time, refs


def _answer(
    found: Sequence[Projected], compared: Mapping[Model, Compared], first: Model, month: int, time: str
) -> None:
    """The question of a month's cost, answered in words."""
    one = next(one for one in found if one.model == first)
    name = f"**{plain(named(first))}**"
    if one.usd is None:
        st.info(plain(f"What {named(first)} would cost is unknown. {' '.join(assumed(one))}"), icon=":material/help:")
        return
    words = f"At {month:,} calls a month {name} would cost {plain(dollars(one.usd))}{_span(one)}."
    cheaper = [other for other in found if other.usd is not None and other.usd < one.usd]
    if not cheaper:
        words += " None of the others is cheaper."
    told = {"lower": "faster", "can't be told apart": "as fast, as far as can be told"}
    for kind, said in told.items():
        of = [other for other in cheaper if other.model in compared and compared[other.model].kind == kind]
        if of:
            names = [f"{plain(named(other.model))} ({plain(dollars(other.usd))})" for other in of]
            more = [f"and {len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
            words += f"\n- Cheaper and {said} ({time.lower()}): {', '.join([*names[:MOST_NAMED], *more])}."
    if cheaper and not any(other.model in compared and compared[other.model].kind in told for other in cheaper):
        words += f" {len(cheaper)} others are cheaper, but slower or of too few calls to tell ({time.lower()})."
    st.markdown(words)
    if taken := " ".join(assumed(one)):
        st.caption(plain(f"{named(first)}: {taken}"))


def _span(one: Projected) -> str:
    if one.interval is None:
        return " (too few calls for an interval)"
    return plain(f" (95 % interval {dollars(one.interval.low)} to {dollars(one.interval.high)})")


def _row(one: Projected, compared: Compared | None, first: Model, month: int, time: str) -> dict[str, Any]:
    """A row of the table and the file."""
    means = one.mix.means or (None, None, None)
    between = compared.difference if compared else None
    stem = TIMES[time].removesuffix("_ms")
    return {
        **dict(zip(MODEL, one.model, strict=True)),
        "cost_a_month_usd": one.usd,
        "cost_a_month_95_low_usd": one.interval.low if one.interval else None,
        "cost_a_month_95_high_usd": one.interval.high if one.interval else None,
        "calls_a_month": month,
        "cost_per_call_usd": one.usd_a_call,
        "calls_counted": one.mix.counted,
        "calls": one.mix.calls,
        "tokens_of": named(one.of),
        "mean_input_tokens": means[0],
        "mean_output_tokens": means[1],
        "mean_cached_input_tokens": means[2],
        "input_usd_per_mtok": one.price.input_usd,
        "output_usd_per_mtok": one.price.output_usd,
        "cached_input_usd_per_mtok": one.price.cached_input_usd,
        "price": _KINDS[one.price.kind],
        "price_since": str(one.price.since) if one.price.since else None,
        "price_source": one.price.said,
        "against": named(first),
        f"{stem}_difference_ms": between.estimate if between else None,
        "slower": _slower(one, compared, first),
        "assumed": " ".join(assumed(one)),
    }


def _slower(one: Projected, compared: Compared | None, first: Model) -> str:
    """Against the chosen model, in words."""
    if one.model == first:
        return "compared with"
    if compared is None or compared.kind == "too few calls":
        return "? too few calls to tell"
    between = compared.difference
    if between is None:
        return "? unknown"
    span = f"{_signed(between.low)} to {_signed(between.high)}"
    if compared.kind == "can't be told apart":
        return f"≈ can't be told apart, {span}"
    return f"{'▼ slower' if compared.kind == 'higher' else '▲ faster'} by {duration(abs(between.estimate))}, {span}"


def _signed(ms: float) -> str:
    """An end that so few values do not have is infinite."""
    return f"{'−' if ms < 0 else '+'}{duration(abs(ms)) if isfinite(ms) else '∞'}"


def _table(
    rows: Sequence[dict[str, Any]], found: Sequence[Projected], view: View, chosen: Chosen, time: str, first: Model
) -> None:
    import pandas as pd

    frame = pd.DataFrame([{"name": named(one.model)} | row for one, row in zip(found, rows, strict=True)])
    of_model = {tuple(row.key.values()): row for row in summary(view, "model")}
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    st.dataframe(
        frame.astype(dict.fromkeys(_NUMBERS, float)),
        hide_index=True,
        placeholder="—",
        height=min(36 * len(frame) + 38, 420),
        key=behind.key(TABLE),
        on_select=lambda: _open([of_model.get(one.model) for one in found], chosen),
        selection_mode="single-cell",
        column_order=[
            "name",
            *_NUMBERS[:3],
            "slower",
            *_NUMBERS[3:],
            "price",
            "price_since",
            "price_source",
            "assumed",
        ],
        column_config={
            "name": text("Model", pinned=True, width=250),
            "cost_a_month_usd": number("Cost a month (USD)", format="dollar", help=_METHOD),
            "cost_a_month_95_low_usd": number("95 % from", format="dollar"),
            "cost_a_month_95_high_usd": number("to", format="dollar"),
            "slower": text(f"{time} against {named(first)}", width=300, help=_AGAINST),
            "cost_per_call_usd": number("Cost a call (USD)", format="%.6f"),
            "calls_counted": number("Calls counted", format="localized", help="Calls with token counts."),
            "mean_input_tokens": number("Tokens in, mean", format="%.0f"),
            "mean_output_tokens": number("Tokens out, mean", format="%.0f"),
            "mean_cached_input_tokens": number("Cached in, mean", format="%.0f"),
            "input_usd_per_mtok": number("In (USD/M)", format="%.4g", help="USD for a million tokens in."),
            "output_usd_per_mtok": number("Out (USD/M)", format="%.4g", help="USD for a million tokens out."),
            "cached_input_usd_per_mtok": number(
                "Cached (USD/M)", format="%.4g", help="— is priced as other tokens in."
            ),
            "price": text("Price", help="Own, the list's, or borrowed: the vendor's list where Azure has none."),
            "price_since": text("Since", help="From which day (UTC) the price holds; — is since ever."),
            "price_source": text("Source", width=420),
            "assumed": text("What it takes for granted", width=700),
        },
        alt=f"What a month costs with each of {len(frame)} models, the cheapest first.",
    )


_NUMBERS = (
    *("cost_a_month_usd", "cost_a_month_95_low_usd", "cost_a_month_95_high_usd", "cost_per_call_usd"),
    *("calls_counted", "mean_input_tokens", "mean_output_tokens", "mean_cached_input_tokens"),
    *("input_usd_per_mtok", "output_usd_per_mtok", "cached_input_usd_per_mtok"),
)


def _open(rows: Sequence[Row | None], chosen: Chosen) -> None:
    cell = behind.chosen_cell(TABLE)
    row = rows[cell[0]] if cell and cell[0] < len(rows) else None
    if row:
        behind.open(of_row(row, "cost_per_call_usd", chosen.filter), chosen.time)
