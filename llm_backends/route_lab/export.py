"""What a Route lab found, for other programs: a JSON object for each model and connection, and the pairs as CSV."""

import csv
import io
from dataclasses import asdict
from typing import Any

from ..files import spreadsheet
from .outcome import Match, Outcome
from .plan import METRICS
from .sentences import apart, headline, verdict


def summary(outcome: Outcome, match: Match) -> dict[str, Any]:
    """One model over one kind of connection. Times in milliseconds; null is unknown."""
    a, b = ({"side": label} | asdict(side) for label, side in zip(outcome.labels, match.sides, strict=True))
    return {
        "model": match.model,
        "connection": match.connection,
        "a": a,
        "b": b,
        "pairs": match.pairs,
        "headline": headline(outcome, match),
        "apart": list(apart(outcome, match)),
        "differences": [
            {
                "metric": one.measure.metric,
                "of": one.measure.of,
                "verdict": one.verdict.kind,
                "difference": one.verdict.difference.estimate,
                "interval": (interval := one.verdict.difference.interval) and [interval.low, interval.high],
                "pairs": one.verdict.difference.pairs,
                "p": one.verdict.p,
                "sentence": verdict(outcome, one),
            }
            for one in match.differences
        ],
    }


def pairs_csv(outcome: Outcome) -> str:
    """A line for each pair and metric."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("model", "connection", "prompt_number", "repeat", "metric", "a", "b", "difference"))
    for match in outcome.matches:
        for metric in METRICS:
            for one in match.differences:
                if one.measure.metric == metric:
                    for pair in outcome.pairs(one):
                        at = (spreadsheet.cell(match.model), match.connection, pair.prompt, pair.repeat, metric)
                        writer.writerow((*at, pair.a, pair.b, pair.difference))
    return out.getvalue()
