"""One figure of a benchmark run, measured or not, and how it is printed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured value, and the most and the least that it may be where limits are set."""

    name: str
    value: float
    limit: float | None = None
    least: float | None = None

    @property
    def within(self) -> bool:
        return (self.least or self.value) <= self.value <= (self.value if self.limit is None else self.limit)

    def __str__(self) -> str:
        limit = "" if self.limit is None else f"at most {self.limit:g}"
        limit = limit if self.least is None else f"{self.least:g} to {self.limit:g}"
        limit += "" if self.limit is None else f"  {'ok' if self.within else 'OUTSIDE' if self.least else 'TOO HIGH'}"
        return f"{self.name:62} {self.value:9.3f}  {limit}".rstrip()


@dataclass(frozen=True)
class Unmeasured:
    """A figure that could not be measured here, and why."""

    name: str
    why: str
    within: bool = True

    def __str__(self) -> str:
        return f"{self.name:62} {self.why}"
