"""The cells of a suite, agent by catalogue and users, and how far each of them is.

A cell's rows stand in a file of their own, which is what `clarigym evaluate` writes, with the suite named in its
header.  So a run that is killed goes on in the cell that it was in, and a cell can be made anew by deleting its file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.errors import InputError
from agents.evaluation.resumable_rows import read_rows
from agents.suites.suite import Suite, UserGroup


@dataclass(frozen=True, kw_only=True)
class Cell:
    """An agent and the users that it meets."""

    condition: UserGroup
    agent: str
    path: Path
    """The file of its rows."""

    @property
    def episodes(self) -> int:
        return self.condition.episodes(self.agent)

    def rows_there(self) -> int:
        """How many rows its file holds.

        Raises:
            InputError: it is no file of rows, or of another suite.
        """
        if not self.path.exists() or not self.path.stat().st_size:
            return 0
        header, rows = read_rows(self.path)
        check_suite(self.path, header, self.condition.suite)
        return len(rows)


def cells_of(suite: Suite, agents: Sequence[str], folder: Path) -> list[list[Cell]]:
    """The cells of each condition, in order."""
    return [
        [Cell(condition=condition, agent=agent, path=folder / condition.file_name(agent)) for agent in agents]
        for condition in suite.conditions()
    ]


def check_suite(path: Path | str, header: Mapping[str, Any], suite: Suite) -> None:
    """Raises InputError where a file of rows is not of this suite."""
    found = header.get("suite")
    if not isinstance(found, dict):
        raise InputError(f"{path}: rows of no suite; clarigym benchmark {suite.label} makes those that count")
    wanted = suite.provenance()
    if found == wanted:
        return
    if found.get("name") != wanted["name"]:
        raise InputError(f"{path}: rows of {str(found.get('name'))!r}, not of {suite.label}; their scores are not "
                         "comparable")  # fmt: skip
    raise InputError(f"{path}: rows of another {suite.label}, its users, rules or episodes differ (digest "
                     f"{str(found.get('digest'))!r} there, {suite.digest!r} here); their scores are not "
                     "comparable")  # fmt: skip


@dataclass
class TimeLeft:
    """How long a run will take yet, from what each agent took with each catalogue so far.

    Agents differ a thousandfold, so episodes by themselves say nothing.  What hasn't been measured is taken to be as
    dear as the same agent was elsewhere, or as all were on average.
    """

    left: dict[tuple[str, str], int]
    """(agent, catalogue) to the episodes that are to be played."""
    seconds: dict[tuple[str, str], float] = field(default_factory=dict)
    """What those took that were played, in the agent."""
    played: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, agent: str, catalogue: str, episodes: int, seconds: float) -> None:
        """Note what some episodes took."""
        key = agent, catalogue
        self.left[key] -= episodes
        self.played[key] = self.played.get(key, 0) + episodes
        self.seconds[key] = self.seconds.get(key, 0.0) + seconds

    def estimate_s(self, elapsed_s: float) -> float | None:
        """Seconds that remain, at the pace of the `elapsed_s` so far; None where nothing was measured."""
        spent = sum(self.seconds.values())
        if not spent:
            return None
        return sum(n * self._each(*key) for key, n in self.left.items()) * elapsed_s / spent

    def _each(self, agent: str, catalogue: str) -> float:
        for keys in ([(agent, catalogue)], [key for key in self.played if key[0] == agent], list(self.played)):
            played = sum(self.played.get(key, 0) for key in keys)
            if played:
                return sum(self.seconds.get(key, 0.0) for key in keys) / played
        return 0.0
