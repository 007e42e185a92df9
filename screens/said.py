"""A line to answer in one's own words, and what sentences were understood to say, which can be taken back.

What was understood stands in rows of its own, each behind a tick, the newest shown where there is no room for all.
The rows take the focus: up and down choose one, Backspace takes it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input

from screens.draw import MUTED, Row, clean, fit, lines

ROWS = 3
"""Rows of what was understood that are shown at a time."""
INVITATION = "or in your own words (i)"
"""What the empty line says."""


class SaidLine(Input):
    """One row to type a sentence in."""

    DEFAULT_CSS = """
    SaidLine { border: none; height: 1; padding: 0 1; margin: 1 0 0 1; background: $surface; }
    SaidLine:focus { border: none; background: $primary-muted; }
    SaidLine.hidden { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave the line")]

    class Typed(Message):
        """A sentence was typed."""

        def __init__(self, line: SaidLine, text: str) -> None:
            super().__init__()
            self.line, self.text = line, text

        @property
        def control(self) -> SaidLine:
            return self.line

    class Left(Message):
        """The line is left for the keys."""

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.value.strip():
            self.post_message(self.Typed(self, self.value))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()

    def action_leave(self) -> None:
        self.post_message(self.Left())


@dataclass(frozen=True)
class Chip:
    """Something that was understood or chosen: its words, and what it is for whoever shows it."""

    label: str
    of: tuple[int, int]


class Chips(Widget, can_focus=True):
    """What was understood, a row for each."""

    DEFAULT_CSS = """
    Chips { height: auto; width: 1fr; margin: 0 0 0 1; }
    Chips.hidden { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,left", "move(-1)", "Up", show=False),
        Binding("down,right", "move(1)", "Down", show=False),
        Binding("backspace,delete,x,enter", "take_back", "Take back", key_display="⌫"),
        Binding("escape", "leave", "Leave", show=False),
    ]
    items: reactive[tuple[Chip, ...]] = reactive((), layout=True)
    at: reactive[int] = reactive(0)

    class TakenBack(Message):
        """One is to go."""

        def __init__(self, sender: Chips, chip: Chip) -> None:
            super().__init__()
            self.chips, self.chip = sender, chip

        @property
        def control(self) -> Chips:
            return self.chips

    def show(self, items: Sequence[Chip]) -> None:
        """Show these, the last one chosen."""
        self.items = tuple(items)
        self.at = len(self.items) - 1
        self.set_class(not self.items, "hidden")

    def render(self) -> Content:
        width = max(self.content_size.width, 12)
        first = max(0, min(self.at - ROWS + 1, len(self.items) - ROWS))
        rows: list[Row] = []
        for k, chip in list(enumerate(self.items))[first : first + ROWS]:
            here = self.has_focus and k == self.at
            more = f" +{first} above" if first and k == first else ""
            tail = " ⌫" if here else more
            label = fit(clean(chip.label), max(1, width - 2 - len(tail)))
            rows.append([("▸ " if here else "✓ ", "bold $accent"), (label, "reverse" if here else ""), (tail, MUTED)])
        return lines(rows)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def action_move(self, by: int) -> None:
        if self.items:
            self.at = (self.at + by) % len(self.items)

    def action_take_back(self) -> None:
        if 0 <= self.at < len(self.items):
            self.post_message(self.TakenBack(self, self.items[self.at]))

    def action_leave(self) -> None:
        self.post_message(SaidLine.Left())

    def on_click(self, event: events.Click) -> None:
        first = max(0, min(self.at - ROWS + 1, len(self.items) - ROWS))
        if 0 <= event.y < min(ROWS, len(self.items)):
            self.at = first + event.y
            self.focus()
