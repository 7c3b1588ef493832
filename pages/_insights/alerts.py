"""What has changed this week, on top: models whose latency or error rate differs from the weeks before."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import streamlit as st

from llm_backends.insights.alerts import DAYS, alerts
from llm_backends.insights.changed import Alert
from llm_backends.insights.view import View
from llm_backends.metrics import METRIC
from pages._insights import download, read
from pages._insights.filters import Chosen
from pages._shared.format import plain
from pages._shared.session import App

_ICONS = {True: ":material/trending_up:", False: ":material/trending_down:"}
MOST = 5


def draw(app: App, seen: View, chosen: Chosen) -> None:
    """The alerts over the calls that are chosen, whatever their time; `seen` is all that this holds."""
    today = datetime.now(UTC).date()
    since = datetime.combine(today, time(), UTC) - timedelta(days=DAYS)
    reached = chosen.filter.since is None or chosen.filter.since <= since
    if not reached or chosen.filter.until is not None:
        seen, _ = read.view(app, replace(chosen.filter, since=since, until=None))
    found = alerts(seen.chosen(chosen.filter), today)
    worse = [one for one in found.found if one.worse]
    better = [one for one in found.found if not one.worse]
    if worse:
        st.warning("\n".join(["**Worse this week**", "", *_lines(worse)]), icon=_ICONS[True])
    if better:
        st.success("\n".join(["**Better this week**", "", *_lines(better)]), icon=_ICONS[False])
    judged = f"{found.judged} of {found.judged + found.not_judged} series"
    if found.found:
        said = f"{_METHOD} {judged.capitalize()} had enough days and calls to be judged."
        download.below(said, "this-week", [_row(one) for one in found.found], key="alerts_file")
    elif found.judged:
        st.caption(
            f":material/check: Nothing unusual this week: no model's latency or error rate differs from the four weeks "
            f"before by more than chance ({judged} judged).",
            help=_METHOD,
        )
    else:
        st.caption(
            "Whether this week is unusual can't be told yet: it takes calls on at least 4 days of this week and 8 of "
            "the four weeks before.",
            help=_METHOD,
        )


_METHOD = (
    "The last 7 whole days against the 28 before, day by day, for each model and route: first token, time per output "
    "token or total time, and error rate. Corrected for all of them together (Holm), so that of 100 such views of "
    "unchanged models at most 5 show any alert."
)


def _lines(found: list[Alert]) -> list[str]:
    more = [f"- and {len(found) - MOST} more, in the file"] if len(found) > MOST else []
    return [f"- {plain(one.sentence)}." for one in found[:MOST]] + more


def _row(one: Alert) -> dict:
    unit = "share" if one.metric == "error_rate" else "ms"
    keys = dict(zip(("provider", "model", "route"), one.key, strict=True))
    return keys | {
        "metric": METRIC[one.metric].name if one.metric in METRIC else one.metric,
        "unit": unit,
        "this_week": one.now,
        "four_weeks_before": one.before,
        "days_this_week": one.days_now,
        "days_before": one.days_before,
        "p": one.p,
        "sentence": one.sentence,
    }
