"""What a projected month takes for granted, in English: said beside the figure."""

from collections.abc import Iterator

from ..stats.means import FEWEST_CLUSTERS
from .projection import Projected


def assumed(one: Projected) -> Iterator[str]:
    """Each in a sentence; of one that has no figure, why."""
    of, mix = "{}/{} ({})".format(*one.of), one.mix
    if one.why_not:
        yield {
            "no calls": f"There are no calls of {of} to take the tokens of.",
            "no token counts": f"The provider counted the tokens of none of the {mix.calls:,} calls of {of}.",
            "no price": f"The price is unknown: {one.price.source}.",
        }[one.why_not]
        return
    if one.of != one.model:
        yield (
            f"With the tokens of {of}, an assumption: another model's tokenizer counts the same text differently, and "
            "its answers may be longer or shorter."
        )
    if left_out := mix.calls - mix.counted:
        were = "was" if left_out == 1 else "were"
        yield (
            f"{left_out:,} of {mix.calls:,} calls {were} left out: their tokens are unknown. The month's calls are "
            "all of the other kind."
        )
    if mix.failed:
        yield f"{mix.failed:,} of {mix.calls:,} calls failed; those with known tokens cost what these cost."
    if one.interval is None:
        yield "One call has no interval."
    elif one.interval.method == "t" and len(mix.days) < FEWEST_CLUSTERS:
        yield f"From fewer than {FEWEST_CLUSTERS} days: how much days differ is not in the interval."
    if one.price.long_prompts_more:
        yield "Long prompts cost more; all are counted at the price of short ones."
