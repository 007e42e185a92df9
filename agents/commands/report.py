"""`clarigym report`: rows and dialogues as one page of HTML that needs neither network nor script."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from agents.commands.flags import parse
from agents.commands.progress import RunProgress
from agents.errors import Exit, InputError, at_least, at_most, printable
from agents.files import check_output
from sim.files import write_atomically

MOST_SHOWN = 500
"""Dialogues on a page."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What to report on."""

    files: tyro.conf.Positional[tuple[str, ...]]
    """Files of rows (`evaluate --out`), and of dialogues (`--dialogues`) for the worst of them."""
    out: str
    """The page to write, HTML."""
    title: str = "Evaluation"
    """What stands on top."""
    baseline: str = ""
    """The agent that others are compared with; empty for the first."""
    worst: int = 20
    """How many of the worst dialogues stand on the page."""
    overwrite: tyro.conf.FlagCreatePairsOff[bool] = False
    """Replace a page that is there."""

    def __post_init__(self) -> None:
        if not self.files:
            raise InputError("name a file of rows")
        if len(set(self.files)) < len(self.files):
            raise InputError("a file is named twice; name each once")
        at_least("worst", self.worst, 0)
        at_most("worst", self.worst, MOST_SHOWN)
        check_output(self.out)
        if Path(self.out).exists() and not self.overwrite:
            raise InputError(f"{self.out} exists; replace it by --overwrite, or choose another --out")
        if any(Path(self.out).resolve() == Path(file).resolve() for file in self.files):
            raise InputError(f"--out {self.out} is one of the files to report on; choose another")


def main(arguments: list[str]) -> Exit:
    config = parse(Report, arguments, "report", "One page on an evaluation: figures, charts, the worst dialogues.")
    from agents.results.page import rendered
    from agents.results.report_data import read_report

    with RunProgress("reading") as bar:

        def progress(share: float, what: str) -> None:
            bar(round(100 * share), 100, what, f"{what}: {share:.0%}")

        data = read_report(config.files, config.worst, progress)
    page = rendered(data, title=config.title, baseline=config.baseline)
    write_atomically(Path(config.out), page.encode())
    agents = sum(len(condition.agents) for condition in data.conditions)
    print(f"{printable(config.out)}: {len(data.conditions)} condition{'s' * (len(data.conditions) != 1)}, "
          f"{agents} agent{'s' * (agents != 1)}, {len(data.worst)} dialogues")  # fmt: skip
    return Exit.OK
