"""Runs the benchmarks named on the command line, or all, and fails where a figure is above its limit."""

import sys
from importlib import import_module

SUITES = (
    *("streams", "fresh", "startup", "browser", "faults", "failover", "statistics", "verdicts", "experiments"),
    *("route_lab", "kills", "on_record", "insights", "ratings", "search", "history", "judge"),
)


def main(names: list[str]) -> int:
    """Print every figure as it is measured; 1 where one is above its limit, 2 for an unknown suite."""
    if unknown := set(names) - set(SUITES):
        print(f"no benchmark {', '.join(sorted(unknown))}: choose among {', '.join(SUITES)}", file=sys.stderr)
        return 2
    over = 0
    for name in names or SUITES:
        for figure in import_module(f"benchmarks.{name}").figures():
            print(f"{name:11} {figure}", flush=True)
            over += not figure.within
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
