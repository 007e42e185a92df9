"""`clarigym benchmark SUITE`: named, versioned evaluations, whose scores are comparable with those of others.

The same command again goes on with what is there, cell by cell; once all is there it only prints the table.
"""

from __future__ import annotations

from dataclasses import dataclass

import tyro

from agents.commands.flags import parse
from agents.errors import MOST_WORKERS, Exit, InputError, at_least, at_most


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """What to run, or to check."""

    suites: tyro.conf.Positional[tuple[str, ...]] = ()
    """quick-1, core-1, robust-1, or TOML files of your own; none: a list of those that ship."""
    out: str = "scores"
    """A folder; the rows of each suite go to one of its own in it, and what is there is gone on with."""
    agents: str = ""
    """Who plays, with commas between; empty for those whom the suite names."""
    workers: int = 1
    """Processes; the rows don't depend on it."""

    def __post_init__(self) -> None:
        at_least("workers", self.workers, 1)
        at_most("workers", self.workers, MOST_WORKERS)


def main(arguments: list[str]) -> Exit:
    config = parse(Benchmark, arguments, "benchmark", "Named, versioned evaluations.")
    from pathlib import Path
    from agents.suites.suite import find_suite, check_agents
    from agents.commands.benchmark_run import run_suite
    for name in config.suites:
        suite = find_suite(name)
        given = tuple(n.strip() for n in config.agents.split(",") if n.strip())
        check_agents(given or suite.agents)
        run_suite(suite, given or suite.agents, Path(config.out) / suite.label, config.workers)
    return Exit.OK
