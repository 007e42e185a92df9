"""A suite's scores as tables: one line an agent over all of its cells, and one line for each kind of users.

An agent's figure over the suite is the plain mean of its cells, each counting alike; the mean's interval joins those of
the cells by the square-and-add rule (Zou and Donner, 2008), for cells have users of their own.  Agents that met fewer
users than others are marked: their regret is comparable, being against `exact` with the same users, their shares less.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.errors import InputError, printable
from agents.results.report_data import Condition as Met
from agents.results.report_data import read_report
from agents.suites.cells import Cell, cells_of
from agents.suites.suite import Suite, short
from sim.files import read_text

FIGURES = (("success", 100, 1), ("turns_all", 1, 2), ("reward", 1, 3), ("regret", 1, 3), ("nll_nats", 1, 2))
"""What is averaged over cells: the name, what it is multiplied by, and decimals."""
MARKS = re.compile(r"(<!-- benchmark: ([\w.-]+) (agents|users) -->\n).*?(<!-- end -->)", re.DOTALL)
"""Between the first and the last a table is written; what stands elsewhere on a page stays."""
PAGE = """# Scoreboard

{sections}"""
SECTION = """## {label}

{about}

<!-- benchmark: {label} agents -->
<!-- end -->

<!-- benchmark: {label} users -->
<!-- end -->
"""


@dataclass(frozen=True, kw_only=True)
class Score:
    """What an agent came to over the cells of a suite that it has finished."""

    agent: str
    cells: int
    users: int
    """Met in all."""
    fewer: bool
    """It met fewer users than others did."""
    figures: Mapping[str, tuple[float, float, float] | None]
    """Name to mean, low and high; None where a cell has none."""


@dataclass(frozen=True, kw_only=True)
class Scoreboard:
    """The scores of a suite."""

    suite: Suite
    agents: tuple[str, ...]
    cells: Mapping[tuple[str, str], Mapping[str, Any]]
    """(title of the condition, agent) to `agents.evaluation.metrics.summary`."""

    def scores(self) -> list[Score]:
        """One an agent, the least regret first; those without regret by their reward."""
        found = [self._score(agent) for agent in self.agents]
        most = max((score.cells for score in found), default=0)

        def place(score: Score) -> tuple[bool, float]:
            regret, reward = score.figures["regret"], score.figures["reward"]
            return score.cells < most, regret[0] if regret else -reward[0] if reward else math.inf

        return sorted(found, key=place)

    def to_json(self) -> dict[str, Any]:
        """The scores for machines."""
        scores = [
            {"agent": score.agent, "cells": score.cells, "users": score.users, "fewer": score.fewer}
            | {name: ends and {"value": ends[0], "ci": ends[1:]} for name, ends in score.figures.items()}
            for score in self.scores()
        ]
        return {"suite": self.suite.provenance(), "scores": scores}

    def _score(self, agent: str) -> Score:
        mine = [self.cells[c.title, agent] for c in self.suite.conditions() if (c.title, agent) in self.cells]
        full = sum(c.episodes("") for c in self.suite.conditions() if (c.title, agent) in self.cells)
        users = sum(figures["episodes"] for figures in mine)
        return Score(agent=agent, cells=len(mine), users=users, fewer=users < full,
                     figures={name: mean_of_cells(mine, name) for name, _, _ in FIGURES})  # fmt: skip


def mean_of_cells(cells: Sequence[Mapping[str, Any]], name: str) -> tuple[float, float, float] | None:
    """The mean of a figure and its interval; None where a cell lacks the figure or its interval.

    >>> mean, low, high = mean_of_cells([{"x": 0.5, "x_ci": [0.2, 0.8]}, {"x": 0.7, "x_ci": [0.3, 1.1]}], "x")
    >>> f"{mean:.2f}, {low:.2f} to {high:.2f}"
    '0.60, 0.35 to 0.85'
    """
    ends = [cell[f"{name}_ci"] for cell in cells]
    if not cells or any(end is None for end in ends):
        return None
    values = [cell[name] for cell in cells]
    mean, n = math.fsum(values) / len(cells), len(cells)
    low = math.hypot(*(value - end[0] for value, end in zip(values, ends, strict=True))) / n
    high = math.hypot(*(end[1] - value for value, end in zip(values, ends, strict=True))) / n
    return mean, mean - low, mean + high


def read_scoreboard(suite: Suite, agents: Sequence[str], folder: Path) -> Scoreboard:
    """The scores of the cells that are finished.

    Raises:
        InputError: a file is of another suite, or none is finished.
    """
    done = finished(suite, agents, folder)
    if not done:
        raise InputError(f"{folder} has no finished cell of {suite.label}; run clarigym benchmark {suite.label}")
    cells = {}
    for cells_here in cells_of(suite, agents, folder):
        here = [cell for cell in cells_here if cell in done]
        for met in _met(here):
            figures = met.figures()
            cells |= {(cells_here[0].condition.title, met.names[label]): figures[label] for label in figures}
    return Scoreboard(suite=suite, agents=tuple(agents), cells=cells)


def finished(suite: Suite, agents: Sequence[str], folder: Path) -> list[Cell]:
    """The cells whose rows are all there."""
    every = [cell for cells in cells_of(suite, agents, folder) for cell in cells]
    return [cell for cell in every if cell.rows_there() == cell.episodes]


def _met(cells: Sequence[Cell]) -> list[Met]:
    return read_report([str(cell.path) for cell in cells], 0).conditions if cells else []


def agents_table(board: Scoreboard) -> list[str]:
    """Markdown: one line an agent."""
    out = ["| agent | users | success, % | questions | reward | regret | NLL |", "|---|---:|---:|---:|---:|---:|---:|"]
    for score in board.scores():
        cells = [
            "" if (ends := score.figures[name]) is None else _with_ends([times * x for x in ends], places)
            for name, times, places in FIGURES
        ]
        mark = " *" if score.fewer else ""
        missing = len(board.suite.conditions()) - score.cells
        users = f"{score.users:,}{f', {missing} cells missing' if missing else ''}"
        out.append(f"| {in_markdown(short(score.agent))}{mark} | {users} | {' | '.join(cells)} |")
    return out


def users_table(board: Scoreboard) -> list[str]:
    """Markdown: one line for each kind of users, success and questions of each agent."""
    names = " | ".join(in_markdown(short(agent)) for agent in board.agents)
    out = [f"| users | {names} |", "|---|" + "---:|" * len(board.agents)]
    for condition in board.suite.conditions():
        shown = [_found(board.cells.get((condition.title, agent))) for agent in board.agents]
        out.append(f"| {in_markdown(condition.title)} | " + " | ".join(shown) + " |")
    return out


def _found(figures: Mapping[str, Any] | None) -> str:
    if figures is None:
        return ""
    turns = figures["turns_success"]
    return f"{100 * figures['success']:.1f} in {'-' if turns is None else format(turns, '.1f')}"


def _with_ends(ends: Sequence[float], places: int) -> str:
    value, low, high = (f"{x:.{places}f}" for x in ends)
    return f"{value} ({low} to {high})"


def in_markdown(text: str) -> str:
    r"""Text in a cell of a table: it can be neither markup nor HTML.

    >>> in_markdown("<b>a|b*")
    '&lt;b&gt;a\\|b\\*'
    """
    return re.sub(r"([\\`*_\[\]|~])", r"\\\1", html.escape(printable(text), quote=False))


def with_tables(page: str, boards: Sequence[Scoreboard]) -> str:
    """The page with the tables of these suites between its marks, and those of others as they are."""
    by_label = {board.suite.label: board for board in boards}

    def written(found: re.Match[str]) -> str:
        begin, label, kind, end = found.groups()
        if label not in by_label:
            return found[0]
        table = agents_table(by_label[label]) if kind == "agents" else users_table(by_label[label])
        return "\n".join([begin, *table, "", end])

    return MARKS.sub(written, page)


def new_page(boards: Sequence[Scoreboard]) -> str:
    """A page with every table."""
    sections = [SECTION.format(label=b.suite.label, about=in_markdown(b.suite.about)) for b in boards]
    return with_tables(PAGE.format(sections="\n".join(sections)), boards)


def page_of(path: Path, boards: Sequence[Scoreboard]) -> str:
    """What a file of tables is to hold.

    Raises:
        InputError: it is there, and has no marks for any of these suites.
    """
    if not path.exists():
        return new_page(boards)
    page = read_text(path, InputError)
    labels = {board.suite.label for board in boards}
    if not labels & {label for _, label, _, _ in MARKS.findall(page)}:
        mark = f"<!-- benchmark: {boards[0].suite.label} agents -->"
        raise InputError(f"{path} has no place for a table; put the lines {mark} and <!-- end --> where it is to stand")
    return with_tables(page, boards)
