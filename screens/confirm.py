"""A question to the person before something is lost."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.choices import Choice, Choices


class ConfirmScreen(ModalScreen[bool]):
    """Yes or no."""

    DEFAULT_CSS = """
    ConfirmScreen { align: center middle; }
    ConfirmScreen #confirm { width: 52; height: auto; padding: 1 2; background: $surface; border: round $warning; }
    ConfirmScreen Choices { margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "no", "Stay")]

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        with Vertical(id="confirm"):
            yield Static(self.text, markup=False)
            yield Choices()

    def on_mount(self) -> None:
        choices = self.query_one(Choices)
        choices.offer((Choice("y", "leave", True), Choice("n", "stay", False)), at=1)
        choices.focus()

    def on_key(self, event: events.Key) -> None:
        if self.query_one(Choices).press(event.key):
            event.stop()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        self.dismiss(bool(event.choice.value))

    def action_no(self) -> None:
        self.dismiss(False)
