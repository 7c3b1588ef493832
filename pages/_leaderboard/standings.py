"""The ratings: a table, their intervals as a picture, and how each did against each other."""

from collections.abc import Callable, Sequence

import streamlit as st

from llm_backends.stats.ratings.rating import Rating, Ratings
from pages._shared.format import plain
from pages._shared.picture.drawing import chart, frame

RATING = (
    "Bradley and Terry's strength with Davidson's ties, on the scale of chess: 400 points more is ten to one, and the "
    "middle of those rated is 1000."
)
INTERVAL = "Where the rating lies 95 times in 100: found by leaving out one vote at a time."
RANK = (
    "The ranks that it may have: only models that can be told apart from it, all pairs looked at together, stand "
    "surely above or below it."
)
WHY = "Why without a rating"


def draw(ratings: Ratings, bad: Callable[[str], int]) -> None:
    """Draw all three."""
    rated = ratings.ratings
    rows = [_row(rating, bad) for rating in rated]
    if not any(rating.open for rating in rated):
        rows = [{name: value for name, value in row.items() if name != WHY} for row in rows]
    st.dataframe(
        rows,
        hide_index=True,
        placeholder="—",
        alt="Rank, rating and votes of each model",
        column_config={
            "Rank": st.column_config.TextColumn(help=RANK),
            "Rating": st.column_config.NumberColumn(format="%.0f", help=RATING),
            "From": st.column_config.NumberColumn(format="%.0f", help=INTERVAL),
            "To": st.column_config.NumberColumn(format="%.0f", help=INTERVAL),
            "Votes": st.column_config.NumberColumn(help="Votes in which it stood beside another model."),
            "Better": st.column_config.NumberColumn(help="Pairs in which its answer was found better."),
            "As good": st.column_config.NumberColumn(help="Pairs in which both were as good, or as bad."),
            "Worse": st.column_config.NumberColumn(help="Pairs in which the other's was found better."),
            "None would do": st.column_config.NumberColumn(help="Votes that found all answers bad."),
        },
    )
    _picture(rated)
    _against(ratings)


def rank(rating: Rating) -> str:
    """1, or 2 to 4."""
    return str(rating.best) if rating.best == rating.worst else f"{rating.best} to {rating.worst}"


def _row(rating: Rating, bad: Callable[[str], int]) -> dict[str, object]:
    return {
        "Rank": rank(rating),
        "Model": rating.name,
        "Rating": rating.points if rating.interval else None,
        "From": rating.interval.low if rating.interval else None,
        "To": rating.interval.high if rating.interval else None,
        "Votes": rating.ballots,
        "Better": rating.tally.better,
        "As good": rating.tally.tied,
        "Worse": rating.tally.worse,
        "None would do": bad(rating.name),
        WHY: rating.open or "",
    }


def _picture(rated: Sequence[Rating]) -> None:
    import altair as alt

    rows = [
        {"name": one.name, "rating": one.points, "low": one.interval.low, "high": one.interval.high}
        for one in rated
        if one.interval
    ]
    if len(rows) < 2:
        return
    base = alt.Chart(frame(rows, "name", "rating", "low", "high")).encode(
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
        tooltip=[
            alt.Tooltip("name:N", title="Model"),
            alt.Tooltip("rating:Q", title="Rating", format=".0f"),
            alt.Tooltip("low:Q", title="From", format=".0f"),
            alt.Tooltip("high:Q", title="To", format=".0f"),
        ],
    )
    lines = base.mark_rule(strokeWidth=3, color="#2f7fd1", opacity=0.55).encode(
        x=alt.X("low:Q", title="Rating, with its 95 % interval", scale=alt.Scale(zero=False)), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=90, opacity=1, color="#2f7fd1").encode(x="rating:Q")
    said = "; ".join(f"{row['name']} {row['rating']:.0f}, {row['low']:.0f} to {row['high']:.0f}" for row in rows)
    chart(lines + points, 34 * len(rows) + 50, f"Ratings with intervals. {said}.")


def _against(ratings: Ratings) -> None:
    with st.expander("Wins against each other", icon=":material/grid_on:", key="against"):
        names = [rating.name for rating in ratings.ratings]
        rows = []
        for name in names:
            row: dict[str, str] = {"Model": name}
            for other in names:
                tally = ratings.versus.get((name, other))
                row[other] = (
                    ""
                    if tally is None
                    else f"{tally.better} : {tally.worse}" + (f" ({tally.tied} tied)" if tally.tied else "")
                )
            rows.append(row)
        st.dataframe(rows, hide_index=True, placeholder="—", alt="Wins of each model against each other")
        st.caption("In each line, how often its answer was found better, and how often the column's was.")


def told_apart(ratings: Ratings) -> str:
    """Who stands surely first, or who may."""
    firsts = [rating.name for rating in ratings.ratings if rating.best == 1 and rating.interval]
    if not firsts:
        return "Nobody can be ranked yet: there are too few votes that bound a rating on both sides."
    if len(firsts) == 1:
        return f"**{plain(firsts[0])}** is found better than every other, and the difference is real."
    return f"{' and '.join(f'**{plain(name)}**' for name in firsts[:6])} can't be told apart at the top yet."
