"""The app of `clarigym view` and its table of dialogues; `screens.dialogue_screens` has what the table opens.

One thread reads the files, another works out what could be known; both post messages.  Texts of files are only ever
put into `Content`, which reads no markup, and what is not printable is left out (`screens.draw`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Input

from agents.errors import InputError
from agents.results.dialogue_index import ORDERS, DialogueIndex, Entry, Filter, with_text
from agents.results.second_look import SecondLooks
from screens.dialogue_screens import DialogueScreen, ViewerHost
from screens.dialogue_table import DialogueTable
from screens.draw import clean
from screens.engine import Engine, JobDone, JobFailed
from screens.panels import TopBar
from screens.themes import DARK, LIGHT

PIECE = 1000
"""Dialogues that are read at a time, so that keys are heard in between."""
GROWTH = 4
"""The table is sorted again each time when so many times as many are there, and at the end."""
OUTCOME_FILTERS = ("", "not found", "wrong", "left", "none", "found")
IDLE_S = 0.2
"""So long after the last key the dialogues on the screen are looked at."""


@dataclass
class Order:
    """What the table shows, and in which order."""

    wanted: Filter = field(default_factory=Filter)
    order: str = ORDERS[0]
    backwards: bool = False

    def __str__(self) -> str:
        return f"{self.wanted} · by {self.order}{', reversed' if self.backwards else ''}"


class ViewerApp(ViewerHost):
    """The app.

    Args:
        index: the dialogues; what has been read of them is seen at once.
        catalogue: the file of a catalogue that isn't built in.
    """

    TITLE = "clarigym view"
    ENABLE_COMMAND_PALETTE = False
    CSS = "Screen { background: $background; } Footer { background: $panel; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "back", "Back"),
        Binding("ctrl+c,ctrl+q", "quit", "Quit", show=False, priority=True),
        Binding("ctrl+t", "dark", "Light or dark", show=False),
    ]

    def __init__(self, index: DialogueIndex, catalogue: str = "") -> None:
        super().__init__()
        self.index, self.looks = index, SecondLooks(catalogue)
        self.reading, self.thinking = Engine(self, "reading"), Engine(self, "thinking")
        self.table = TableScreen(index)

    def on_mount(self) -> None:
        self.leave_on_signals()
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name
        self.push_screen(self.table)

    def on_unmount(self) -> None:
        self.reading.stop()
        self.thinking.stop()

    def on_job_done(self, message: JobDone[Any]) -> None:
        message.deliver()

    def on_job_failed(self, message: JobFailed) -> None:
        message.deliver()

    def action_back(self) -> None:
        if self.screen is self.table:
            self.exit()
        else:
            self.pop_screen()

    def action_dark(self) -> None:
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name


class TableScreen(Screen[None]):
    """All dialogues, worst first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "agent", "Agent"),
        Binding("o", "outcome", "Outcome"),
        Binding("slash", "type", "Filter", key_display="/"),
        Binding("s", "sort", "Sort"),
        Binding("r", "reverse", "Reverse"),
        Binding("escape", "clear", "All", show=False),
    ]
    DEFAULT_CSS = """
    TableScreen Input { dock: bottom; height: 1; border: none; background: $surface; display: none; }
    TableScreen Input.shown { display: block; }
    """
    app: ViewerApp

    def __init__(self, index: DialogueIndex) -> None:
        super().__init__()
        self.index, self.order = index, Order()
        self.more = True
        self.trouble = ""
        self._sorted_at = 0
        self._looking = False
        self._unreadable: set[Entry] = set()

    def compose(self) -> ComposeResult:
        yield TopBar()
        yield DialogueTable(self.index.lost)
        yield Input(placeholder="part of a name, turns>8, lost, wrong, left, none, found", select_on_focus=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.dialogues.focus()
        self.app.reading.submit(self.index.read_rows, lambda _: self.sort(keep=True), self._broken)
        self.sort()
        self.read_on()

    @property
    def dialogues(self) -> DialogueTable:
        return self.query_one(DialogueTable)

    # -- reading --------------------------------------------------------------------------------------------------

    def read_on(self) -> None:
        self.app.reading.submit(lambda: self.index.read(PIECE), self._have_read, self._broken)

    def _have_read(self, more: bool) -> None:
        self.more = more
        if not more or len(self.index.entries) >= GROWTH * self._sorted_at:
            self.sort(keep=True)
        if more:
            self.read_on()
        self.say()

    def _broken(self, error: Exception) -> None:
        if not isinstance(error, ValueError | OSError):
            raise error
        self.more, self.trouble = False, clean(str(error))
        self.notify(self.trouble, severity="error", timeout=20, markup=False)
        self.sort(keep=True)

    def sort(self, keep: bool = False) -> None:
        """Choose and sort, on the thread that reads."""
        order = replace(self.order)
        self._sorted_at = max(len(self.index.entries), 1)

        def show(entries: Sequence[Entry]) -> None:
            if order == self.order and self.is_mounted:
                self.dialogues.show(entries, keep)
                self.say()

        self.app.reading.submit(
            lambda: self.index.chosen(order.wanted, order.order, order.backwards), show, self._broken
        )

    def say(self) -> None:
        """Where one is."""
        bar, shown = self.query_one(TopBar), len(self.dialogues.entries)
        bar.title = str(self.order)
        reading = f"{self.index.share_read:.0%} read, " if self.more else "stopped, " if self.trouble else ""
        place = self.dialogues.at + 1 if shown else 0
        bar.where = f"{reading}{place:,} of {shown:,}"

    # -- keys -----------------------------------------------------------------------------------------------------

    def action_agent(self) -> None:
        names = ["", *self.index.agents]
        at = names.index(self.order.wanted.agent)
        self._filter(replace(self.order.wanted, agent=names[(at + 1) % len(names)]))

    def action_outcome(self) -> None:
        at = OUTCOME_FILTERS.index(self.order.wanted.outcome)
        self._filter(replace(self.order.wanted, outcome=OUTCOME_FILTERS[(at + 1) % len(OUTCOME_FILTERS)]))

    def action_sort(self) -> None:
        self.order.order = ORDERS[(ORDERS.index(self.order.order) + 1) % len(ORDERS)]
        self.sort()

    def action_reverse(self) -> None:
        self.order.backwards = not self.order.backwards
        self.sort()

    def action_clear(self) -> None:
        self._hide_input()
        self._filter(Filter())

    def _filter(self, wanted: Filter) -> None:
        self.order.wanted = wanted
        self.sort()

    def action_type(self) -> None:
        field = self.query_one(Input)
        field.add_class("shown")
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._hide_input()
        self._filter(with_text(self.order.wanted, event.value))

    def _hide_input(self) -> None:
        self.query_one(Input).remove_class("shown")
        self.dialogues.focus()

    # -- looking --------------------------------------------------------------------------------------------------

    def on_dialogue_table_moved(self) -> None:
        self.say()
        if not self._looking:
            self._looking = True
            self.set_timer(IDLE_S, self._look)

    def _look(self) -> None:
        """Work out where the truth was lost in the next dialogue on the screen of which nobody knows."""
        self._looking = False
        seen = [entry for entry in self.dialogues.seen if entry not in self._unreadable]
        unknown = [entry for entry in seen if self.index.lost(entry) is None]
        if not unknown or self.app.screen is not self or not self.index.can_look:
            return
        entry = unknown[0]
        opened, looks = self.index.opened(entry), self.app.looks
        self._looking = True

        def known(lost: int | None) -> None:
            self.index.note_lost(entry, lost)
            self.dialogues.refresh()
            self._look()

        def cannot(error: Exception) -> None:
            if not isinstance(error, ValueError | OSError):
                raise error
            self.index.can_look = not isinstance(error, InputError)  # without a catalogue there is no other either
            self._unreadable.add(entry)
            self._look()

        self.app.thinking.submit(lambda: looks.lost(self.index.dialogue(entry), opened), known, cannot)

    def on_screen_resume(self) -> None:
        if self.is_mounted:
            self.on_dialogue_table_moved()

    def on_dialogue_table_opened(self, message: DialogueTable.Opened) -> None:
        screen = self.app.made(lambda: DialogueScreen(self.index, message.entry, self.dialogues))
        if screen is not None:
            self.app.push_screen(screen)
