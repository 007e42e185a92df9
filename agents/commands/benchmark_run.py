"""Playing the cells of a suite that are not there yet, and saying on stderr how long it will take."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from agents.commands.evaluate import Evaluate, header, plan_of
from agents.commands.progress import RunProgress
from agents.errors import printable
from agents.evaluation.kept_results import KeptResults
from agents.evaluation.resumable_rows import RowFile
from agents.evaluation.runner import run
from agents.setting import Setting, make_setting
from agents.strategies.registry import TRAINED, make_agent, parts_of
from agents.suites.cells import Cell, TimeLeft, cells_of
from agents.suites.suite import Suite, UserGroup, short
from envs.rules import Rules
from sim.catalogue.load import load
from sim.users.people import resolved
from sim.users.rates import load_rates


def run_suite(suite: Suite, agents: Sequence[str], folder: Path, workers: int) -> int:
    """Play what is missing; gives how many rows are new.

    Raises:
        InputError: a file in the folder is of another suite or run, a catalogue or an agent can't be used.
        KeyboardInterrupt: with the way to go on.
    """
    every = cells_of(suite, agents, folder)
    missing = {cell.path: cell.episodes - cell.rows_there() for cells in every for cell in cells}
    left: dict[tuple[str, str], int] = {}
    for cell in (cell for cells in every for cell in cells):
        key = cell.agent, cell.condition.catalogue.name
        left[key] = left.get(key, 0) + missing[cell.path]
    new = sum(missing.values())
    if not new:
        return 0
    for condition in suite.conditions():
        check_world(condition)  # before hours pass
    folder.mkdir(parents=True, exist_ok=True)
    with SuiteProgress(suite, TimeLeft(left), sum(len(cells) for cells in every)) as progress:
        try:
            for cells in every:
                if any(missing[cell.path] for cell in cells):
                    _run_condition(cells, workers, progress)
                progress.cells_done += len(cells)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"what is done is in {folder}, the same command goes on with it") from None
    return new


def check_world(condition: UserGroup) -> None:
    """That there are such a catalogue and such users, and that they are those of the suite.

    Raises:
        InputError: they have changed since the suite was made.
        ValueError: a catalogue or rates that can't be used.
    """
    catalogue = load(condition.path)
    condition.check_made_with(catalogue.fingerprint, resolved(load_rates(condition.noise), catalogue).digest)


def setting_of(condition: UserGroup) -> Setting:
    """The world of a condition; raises as `check_world`."""
    check_world(condition)
    how = condition.options()
    rules = Rules(budget=how["budget"], opening=how["opening"])
    return make_setting(how["catalogue"], how["questions"], how["noise"], rules, max_questions=how["max_questions"])


def _run_condition(cells: Sequence[Cell], workers: int, progress: SuiteProgress) -> None:
    """All cells of the same users at once, so that workers are started once; each cell's rows go to its own file."""
    setting = setting_of(cells[0].condition)
    for cell in cells:
        if set(parts_of(cell.agent)) & set(TRAINED) or ":" in cell.agent:
            make_agent(cell.agent, setting)  # one that can't be used is said before anybody plays
    with contextlib.ExitStack() as stack:
        kept: dict[str, KeptResults] = {}
        tasks = []
        for cell in cells:
            config = Evaluate(agents=cell.agent, episodes=cell.episodes, **cell.condition.options())
            told = {"suite": cell.condition.suite.provenance()} | header(config, setting)
            rows = stack.enter_context(RowFile(cell.path, told, resume=True))
            kept[cell.agent] = KeptResults(plan_of(config), rows, None)
            tasks += kept[cell.agent].tasks()
        # A task is played by its agent and its episodes alone, so one plan serves the tasks of all cells.
        for result in run(plan_of(config), tasks, workers, setting):
            new = kept[result.agent].keep(result)
            progress(cells[0].condition, result.agent, len(new.rows), result.seconds)


class SuiteProgress:
    """Says how far a run is: a bar, or a line for each tenth where stderr is no terminal."""

    def __init__(self, suite: Suite, time_left: TimeLeft, cells: int):
        self.suite, self.time_left, self.cells = suite, time_left, cells
        self.cells_done = 0
        self.rows = sum(time_left.left.values())
        self.begun = time.monotonic()
        self.bar = RunProgress(suite.label, with_time=False)

    def __enter__(self) -> SuiteProgress:
        if not sys.stderr.isatty():
            told = f", {self.suite.minutes:g} minutes on two quiet cores in all" if self.suite.minutes else ""
            print(f"{printable(self.suite.label)}: {self.rows:,} rows to play{told}", file=sys.stderr, flush=True)
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.__exit__(None, None, None)

    def __call__(self, condition: UserGroup, agent: str, rows: int, seconds: float) -> None:
        """Note rows that were played, and what they took in the agent."""
        self.time_left.add(agent, condition.catalogue.name, rows, seconds)
        done = self.rows - sum(self.time_left.left.values())
        left = self.time_left.estimate_s(time.monotonic() - self.begun)
        eta = "" if left is None else f", about {in_words(left)} left"
        at = f"{printable(condition.title)}, {short(agent)}{eta}"
        line = f"{self.suite.label}: {done:,} of {self.rows:,} rows, {at}"
        self.bar(done, self.rows, f"{self.suite.label}: {at}", line)


def in_words(seconds: float) -> str:
    """How long that is, to the minute where it is long.

    >>> in_words(12.3), in_words(200), in_words(8000)
    ('12 s', '3 min', '2 h 13 min')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
