"""Which models nobody beats in everything: the Pareto front of rating, cost and latency."""

from collections.abc import Sequence


def front(points: Sequence[Sequence[float]]) -> list[bool]:
    """For each point, whether no other is at least as good in everything and better in something. Less is better."""

    def beaten(point: Sequence[float]) -> bool:
        return any(
            all(a <= b for a, b in zip(other, point, strict=True)) and tuple(other) != tuple(point) for other in points
        )

    return [not beaten(point) for point in points]
