"""One figure of a benchmark run, and how it is printed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured value, and the most that it may be where a limit is set."""

    name: str
    value: float
    limit: float | None = None

    @property
    def within(self) -> bool:
        return self.limit is None or self.value <= self.limit

    def __str__(self) -> str:
        limit = "" if self.limit is None else f"at most {self.limit:g}  {'ok' if self.within else 'TOO HIGH'}"
        return f"{self.name:62} {self.value:9.3f}  {limit}".rstrip()
