"""Answers to choose from: by a single key, arrows and Enter, or the mouse."""

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

from screens.draw import MUTED, Row, fit, lines
from sim.answers import ANSWER_KEYS, ANSWERS, DONT_KNOW, NO, OPEN_DONT_KNOW, PROBABLY, PROBABLY_NOT, YES


@dataclass(frozen=True)
class Choice:
    """One line: its key, its label, what it stands for.

    A list that mixes names that were found with things to do gives names numbers and things to do words.
    """

    key: str
    label: str
    value: int | str
    note: str = ""


class Choices(Widget, can_focus=True):
    """A list of choices, one of them under the cursor."""

    DEFAULT_CSS = """
    Choices { height: auto; width: 1fr; min-height: 1; }
    Choices.off { opacity: 55%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,left", "move(-1)", "Up", show=False),
        Binding("down,right", "move(1)", "Down", show=False),
        Binding("enter,space", "choose", "Choose", show=False),
    ]
    at: reactive[int] = reactive(0)
    items: reactive[tuple[Choice, ...]] = reactive((), layout=True)
    beside_field = False
    """Its keys are letters of a field unless it has the focus itself."""

    class Chosen(Message):
        """A choice was made."""

        def __init__(self, sender: Choices, choice: Choice) -> None:
            super().__init__()
            self.choices, self.choice = sender, choice

        @property
        def control(self) -> Choices:
            return self.choices

    def offer(self, items: Sequence[Choice], at: int = 0) -> None:
        """Show these choices, the one at `at` marked, none for -1."""
        self.items = tuple(items)
        self.at = min(at, len(self.items) - 1)

    def render(self) -> Content:
        width = max(self.content_size.width, 12)
        rows: list[Row] = []
        for i, choice in enumerate(self.items):
            here = i == self.at
            cap = f" {choice.key} " if choice.key and (self.has_focus or not self.beside_field) else ""
            note = f" {choice.note}" if choice.note else ""
            room = width - 2 - len(cap) - (1 if cap else 0) - len(note)
            style = "bold $text on $primary-muted" if here and self.has_focus else "bold" if here else ""
            rows.append([
                ("▸ " if here else "  ", "bold $accent"), (cap, "reverse" if here else "$accent on $surface"),
                (" " if cap else "", style), (fit(choice.label, room), style), (note, MUTED),
            ])  # fmt: skip
        return lines(rows)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def action_move(self, by: int) -> None:
        if self.items:
            self.at = (self.at + by) % len(self.items) if self.at >= 0 else 0 if by > 0 else len(self.items) - 1

    def action_choose(self) -> None:
        if 0 <= self.at < len(self.items):
            self.post_message(self.Chosen(self, self.items[self.at]))

    def press(self, key: str) -> bool:
        """Choose by its key; whether there was one."""
        for i, choice in enumerate(self.items):
            if choice.key and choice.key == key:
                self.at = i
                self.action_choose()
                return True
        return False

    def on_click(self, event: events.Click) -> None:
        # Where a margin was hit, nothing was meant.
        if 0 <= event.y < len(self.items):
            self.focus()
            self.at = event.y
            self.action_choose()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if 0 <= event.y < len(self.items) and not self.has_class("off"):
            self.at = event.y


YESNO = tuple(
    Choice(ANSWER_KEYS[answer], ANSWERS[answer], answer) for answer in (YES, PROBABLY, DONT_KNOW, PROBABLY_NOT, NO)
)
OPEN_UNKNOWN = Choice(ANSWER_KEYS[DONT_KNOW], ANSWERS[DONT_KNOW], OPEN_DONT_KNOW)
