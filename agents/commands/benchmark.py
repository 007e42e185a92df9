"""`clarigym benchmark SUITE`: named, versioned evaluations, whose scores are comparable with those of others.

The same command again goes on with what is there, cell by cell; once all is there it only makes the tables.  With
`--check` it plays nothing: it says whether files of rows are scores of a suite.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from agents.commands.flags import parse
from agents.commands.progress import RunProgress
from agents.errors import MOST_WORKERS, Exit, InputError, at_least, at_most, printable
from agents.files import check_output

if TYPE_CHECKING:
    from agents.suites.check import Submitted, Verdict
    from agents.suites.scoreboard import Scoreboard
    from agents.suites.suite import Suite

MOST_REPLAYED = 1000
"""Batches of a cell."""


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
    play: bool = True
    """Off: tables and reports of the cells that are finished, and nothing is played."""
    tables: tuple[str, ...] = ()
    """Markdown files; tables are written where a mark says so, and a file that isn't there is made."""
    report: tyro.conf.FlagCreatePairsOff[bool] = False
    """Also write report.html beside the rows of each suite, as `clarigym report` does."""
    check: tuple[str, ...] = ()
    """Play nothing; say whether these files or folders of rows are scores of the suite that they name."""
    replay: int = 0
    """With --check: so many batches of 25 dialogues of each cell are played again."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """One JSON object a suite on stdout instead of a table."""

    def __post_init__(self) -> None:
        at_least("workers", self.workers, 1)
        at_most("workers", self.workers, MOST_WORKERS)
        at_least("replay", self.replay, 0)
        at_most("replay", self.replay, MOST_REPLAYED)
        if len(set(self.suites)) < len(self.suites):
            raise InputError("a suite is named twice; name each once")
        if self.check and len(self.suites) > 1:
            raise InputError("--check takes one suite, or none: then the files say which")
        if self.replay and not self.check:
            raise InputError("--replay belongs to --check")
        for path in self.tables:
            check_output(path)
        if Path(self.out).exists() and not Path(self.out).is_dir():
            raise InputError(f"--out {self.out} is no folder; the rows of each suite go to a folder in it")

    @property
    def named(self) -> tuple[str, ...]:
        """The agents that were named."""
        return tuple(name.strip() for name in self.agents.split(",") if name.strip())


def main(arguments: list[str]) -> Exit:
    config = parse(Benchmark, arguments, "benchmark", "Named, versioned evaluations, and submissions by others.")
    from agents.suites.suite import check_agents, find_suite

    if config.check:
        return _check(config)
    if not config.suites:
        return _list()
    suites = [find_suite(name) for name in config.suites]
    labels = [suite.label for suite in suites]
    if len(set(labels)) < len(labels):
        raise InputError(f"two suites are called {labels[0]}; their rows would share a folder")
    if config.named:
        check_agents(config.named)
    return _run(config, suites)


def _run(config: Benchmark, suites: Sequence[Suite]) -> Exit:
    from agents.commands.benchmark_run import run_suite
    from agents.suites.scoreboard import page_of, read_scoreboard
    from sim.files import write_atomically

    for path in config.tables:
        if Path(path).exists():
            page_of(Path(path), [_empty(suite) for suite in suites])  # a page without a mark is said before hours pass
    boards = []
    for suite in suites:
        folder, agents = Path(config.out) / suite.label, config.named or suite.agents
        if config.play:
            run_suite(suite, agents, folder, config.workers)
        boards.append(read_scoreboard(suite, agents, folder))
        _show(config, boards[-1], folder)
        if config.report:
            _report(boards[-1], folder)
    for path in config.tables:
        write_atomically(Path(path), page_of(Path(path), boards).encode())
    return Exit.OK


def _empty(suite: Suite) -> Scoreboard:
    from agents.suites.scoreboard import Scoreboard

    return Scoreboard(suite=suite, agents=suite.agents, cells={})


def _list() -> Exit:
    from agents.suites.suite import read_suite, shipped

    for label, path in shipped().items():
        suite = read_suite(path)
        rows = sum(condition.episodes(agent) for condition in suite.conditions() for agent in suite.agents)
        cells = len(suite.conditions()) * len(suite.agents)
        took = f", about {suite.minutes:g} min on two cores" if suite.minutes else ""
        print(f"{label:<9} {suite.about}\n{'':<9} {cells} cells, {rows:,} rows{took}")
    return Exit.OK


def _show(config: Benchmark, board: Scoreboard, folder: Path) -> None:
    from agents.commands.console import console
    from agents.suites.scoreboard import FIGURES
    from agents.suites.suite import short

    if config.json:
        print(json.dumps(board.to_json() | {"rows": str(folder)}, ensure_ascii=False))
        return
    from rich.table import Table

    print(f"{board.suite.label}: {printable(board.suite.about)}\n")
    out = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    out.add_column("agent", style="bold", overflow="fold")
    for name in ("users", "success", "95 %", "turns", "reward", "regret", "95 %"):
        out.add_column(name, justify="right", no_wrap=True)
    places = {name: digits for name, _, digits in FIGURES}
    for score in board.scores():
        f = {name: found or (None,) * 3 for name, found in score.figures.items()}
        cells = [
            f"{score.users:,}", _shown(f["success"][:1], 100, 1), _shown(f["success"][1:], 100, 0),
            *(_shown(f[name][:1], 1, places[name]) for name in ("turns_all", "reward", "regret")),
            _shown(f["regret"][1:], 1, 2),
        ]  # fmt: skip
        out.add_row(short(score.agent) + " *" * score.fewer, *cells)
    console().print(out)
    if any(score.fewer for score in board.scores()):
        print("\n* met the first of these users alone: compare its regret, which is against exact on the same users.")


def _shown(values: Sequence[float | None], times: float, places: int) -> str:
    return " to ".join("-" if x is None else f"{times * x:.{places}f}" for x in values)


def _report(board: Scoreboard, folder: Path) -> None:
    from agents.results.page import rendered
    from agents.results.report_data import read_report
    from agents.suites.scoreboard import finished
    from sim.files import write_atomically

    paths = [str(cell.path) for cell in finished(board.suite, board.agents, folder)]
    page = rendered(read_report(paths, 0), title=f"{board.suite.label}: {board.suite.about}")
    write_atomically(folder / "report.html", page.encode())


def _check(config: Benchmark) -> Exit:
    from agents.commands.benchmark_run import setting_of
    from agents.suites.check import check, read_submission, to_json
    from agents.suites.suite import find_suite

    files = read_submission(_files(config.check))
    suite = find_suite(config.suites[0] if config.suites else _suite_of(files))
    with RunProgress("checking") as bar:

        def progress(done: int, of: int, what: str) -> None:
            bar(done, of, printable(what), f"checking {printable(what)}, {done} of {of}")

        verdict = check(suite, files, setting_of, config.replay, progress)
    if config.json:
        print(to_json(verdict))
    else:
        _say(verdict)
    return Exit.OK if verdict.accepted else Exit.FAILED


def _say(verdict: Verdict) -> None:
    for reason in verdict.reasons:
        print(f"refused: {printable(reason)}")
    if verdict.accepted:
        again = f", {verdict.replayed:,} of them played again" if verdict.replayed else ""
        print(f"accepted: {verdict.suite}, {printable(', '.join(verdict.agents))}: {verdict.cells} cells, "
              f"{verdict.rows:,} rows{again}")  # fmt: skip


def _files(paths: Sequence[str]) -> list[str]:
    """The files that were named, and those of rows in folders that were.

    Raises:
        InputError: a folder has none.
    """
    out: list[str] = []
    for path in paths:
        found = sorted(map(str, Path(path).glob("*.jsonl"))) if Path(path).is_dir() else [path]
        if not found:
            raise InputError(f"{path} has no files of rows (*.jsonl)")
        out += found
    return out


def _suite_of(files: Sequence[Submitted]) -> str:
    """The suite that files say they are of.

    Raises:
        InputError: they say none, or several.
    """
    told = {file.path: file.header.get("suite") for file in files}
    names = {path: suite.get("name") if isinstance(suite, dict) else None for path, suite in told.items()}
    for path, name in names.items():
        if not isinstance(name, str):
            raise InputError(f"{path}: rows of no suite; clarigym benchmark SUITE makes those that count")
        if name != names[files[0].path]:
            raise InputError(f"{files[0].path} is of {names[files[0].path]} and {path} of {name}: check each suite by "
                             "itself")  # fmt: skip
    return str(names[files[0].path])
