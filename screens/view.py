"""`clarigym view`: dialogues in the terminal, worst first.

Through a pipe it prints the table as plain text.  The command stands here and not beside the others, for what it opens
are screens; `agents.cli` knows it by name.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import tyro

from agents.commands.console import console
from agents.commands.flags import parse
from agents.errors import Exit, InputError, at_least

FIRST_PAGE = 200
"""Dialogues that are read before anything is shown."""
SWITCH_INTERVAL = 0.001
"""Seconds; a key waits so long for the thread that reads."""


@dataclass(frozen=True, kw_only=True)
class ViewDialogues:
    """What to look at."""

    files: tyro.conf.Positional[tuple[str, ...]]
    """Files of dialogues (`evaluate --dialogues`, `simulate`), and of rows beside them."""
    catalogue: str = ""
    """The file of the catalogue that they are about, where it isn't built in."""
    plain: tyro.conf.FlagCreatePairsOff[bool] = False
    """A table as text; also what a pipe gets."""
    first: int = 50
    """The most lines of that table."""

    def __post_init__(self) -> None:
        at_least("first", self.first, 1)
        if not self.files:
            raise InputError("name a file of dialogues")
        if len(set(self.files)) < len(self.files):
            raise InputError("a file is named twice; name each once")


def main(arguments: list[str]) -> Exit:
    config = parse(ViewDialogues, arguments, "view", "Dialogues in the terminal, worst first.")
    from agents.results.dialogue_index import DialogueIndex

    index = DialogueIndex(config.files)
    index.read(FIRST_PAGE)
    streams = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
    if config.plain or not all(stream is not None and stream.isatty() for stream in streams):
        print_table(config, index)
        return Exit.OK
    from screens.endings import run_app
    from screens.viewer import ViewerApp

    sys.setswitchinterval(SWITCH_INTERVAL)
    run_app(ViewerApp(index, config.catalogue))
    return Exit.OK


def print_table(config: ViewDialogues, index: object) -> None:
    """All dialogues are read, the worst are printed."""
    from rich.table import Table

    from agents.results.dialogue_index import DialogueIndex, Filter

    assert isinstance(index, DialogueIndex)
    index.read_rows()
    while index.read(FIRST_PAGE):
        pass
    chosen = index.chosen(Filter(), "worst")
    out = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name, side in (("agent", "left"), ("outcome", "left"), ("turns", "right"), ("lost", "right"),
                       ("episode", "right"), ("wanted", "left")):  # fmt: skip
        out.add_column(name, justify=side)  # type: ignore[arg-type]
    for entry in chosen[: config.first]:
        lost = index.lost(entry)
        out.add_row(entry.agent, entry.outcome, str(entry.turns), "?" if lost is None else str(lost or "-"),
                    str(entry.episode), entry.wanted)  # fmt: skip
    console().print(out)
    if len(chosen) > config.first:
        print(f"\nthe worst {config.first:,} of {len(chosen):,}; --first shows more")
