"""F1: what the keys do."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.draw import Row, lines
from sim.answers import ANSWER_KEYS, ANSWERS

KEYS: tuple[tuple[str, str], ...] = (
    ("", "Answering"),
    (" ".join(reversed(ANSWER_KEYS)), ", ".join(reversed(ANSWERS))),
    ("1 to 9", "an option of an open question"),
    ("↑ ↓ Enter", "move to an answer and take it; the mouse works too"),
    ("type", "in a field: names are suggested; Esc leaves it, i goes back"),
    ("i", "the line below the keys: answer in your own words"),
    ("t, Ctrl+T", "to what was understood; Backspace takes it back"),
    ("u", "undo, any number of times, a wrong guess too"),
    ("s", "skip: another question; it learns nothing from it"),
    ("g", "let it guess now"),
    ("Ctrl+Z, S, G", "undo, skip and guess from within a field"),
    ("", "Looking"),
    ("v", "no spoilers: hide or show what it thinks"),
    ("F2 F3 F4 F5", "likeliest, bits left, best questions, what it makes of you"),
    ("c", "role card: your card, or what the agent thinks"),
    ("", "Watching and asking"),
    ("Space, r", "one step, run; + and - change the speed"),
    ("n, b", "the next user, the one before"),
    ("Tab", "ask: from asking to naming it, and back"),
    ("", "Everywhere"),
    ("Ctrl+P", "command palette: themes, export and all else"),
    ("q, Ctrl+C", "leave"),
    ("", "What the figures mean"),
    ("bits left", "n bits: as open as among 2 to the n equally likely things"),
    ("bits of a question", "by how much its answer is expected to lower that"),
)


class HelpScreen(ModalScreen[None]):
    """Keys and figures."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen VerticalScroll {
        width: 76; max-width: 98%; height: auto; max-height: 96%; padding: 1 2; background: $surface;
        border: round $primary; scrollbar-size: 1 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,f1,enter,space", "dismiss", "Back")]

    def compose(self) -> ComposeResult:
        rows: list[Row] = []
        for key, what in KEYS:
            rows.append([(f"{key:19}", "bold $accent"), what] if key else [(what.upper(), "bold $primary")])
        with VerticalScroll():
            yield Static(lines(rows), markup=False)

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
