"""A catalogue of one's own: where its file is."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class FileScreen(ModalScreen[str]):
    """The path of a catalogue."""

    DEFAULT_CSS = """
    FileScreen { align: center middle; }
    FileScreen #file {
        width: 70; max-width: 96%; height: auto; padding: 1 2; background: $surface; border: round $primary;
    }
    FileScreen #trouble { color: $warning; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Back")]

    def compose(self) -> ComposeResult:
        with Vertical(id="file"):
            yield Static("A catalogue of your own: CSV, Parquet or JSONL, one thing a row", markup=False)
            yield Input(placeholder="path/to/things.csv")
            yield Static("", id="trouble", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        path = Path(event.value.strip()).expanduser()
        if path.is_file():
            self.dismiss(str(path))
        else:
            self.query_one("#trouble", Static).update(f"there is no file {path}")
