"""Dialogues in a table: it draws the lines that are seen, so that a million are as quick as ten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from agents.results.dialogue_index import Entry
from screens.draw import MUTED, Row, fit, lines

OUTCOME_STYLE = {"found": "$success", "wrong": "$error", "left": "$warning", "none": "$warning"}
COLUMNS = (("agent", 13), ("outcome", 8), ("turns", 6), ("lost", 5), ("episode", 8))
"""Name and width; what was wanted takes the rest."""


class DialogueTable(Widget, can_focus=True):
    """Entries in the order they are given, one of them chosen."""

    DEFAULT_CSS = """
    DialogueTable { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("home,g", "move_to(0)", "First", show=False),
        Binding("end,G", "move_to(-1)", "Last", show=False),
        Binding("enter", "open", "Open"),
    ]
    at: reactive[int] = reactive(0)

    class Moved(Message):
        """Another entry is chosen, or others are seen."""

    class Opened(Message):
        """An entry is to be looked at."""

        def __init__(self, entry: Entry) -> None:
            super().__init__()
            self.entry = entry

    def __init__(self, lost: Callable[[Entry], int | None]) -> None:
        super().__init__()
        self.lost = lost
        self.entries: Sequence[Entry] = ()
        self._top = 0

    def show(self, entries: Sequence[Entry], keep: bool = False) -> None:
        """Other entries.

        Args:
            keep: stay at the entry that is chosen, where it is among them; else go to the first.
        """
        chosen = self.chosen if keep else None
        self.entries = entries
        self._top = 0
        place = entries.index(chosen) if chosen is not None and self.at and chosen in entries else 0
        self.set_reactive(DialogueTable.at, place)
        self._into_view()

    @property
    def chosen(self) -> Entry | None:
        return self.entries[self.at] if self.entries else None

    @property
    def seen(self) -> Sequence[Entry]:
        """The entries on the screen."""
        return self.entries[self._top : self._top + self._height]

    @property
    def _height(self) -> int:
        return max(1, self.content_size.height - 1)

    def render(self) -> Content:
        width = max(40, self.content_size.width)
        head = "  " + "".join(f"{name:<{size}}" for name, size in COLUMNS) + "wanted"
        rows: list[Row] = [[(fit(head, width), "bold $primary")]]
        rows += [self._row(entry, k == self.at, width) for k, entry in enumerate(self.seen, self._top)]
        if not self.entries:
            rows.append([("  no dialogue fits; a, o and / choose others", MUTED)])
        return lines(rows)

    def _row(self, entry: Entry, chosen: bool, width: int) -> Row:
        lost = self.lost(entry)
        cells = (entry.agent, entry.outcome, str(entry.turns), "?" if lost is None else str(lost or "-"),
                 str(entry.episode))  # fmt: skip
        texts = [fit(text, size - 1) + " " for text, (_, size) in zip(cells, COLUMNS, strict=True)]
        wanted = fit(entry.wanted, width - 2 - sum(size for _, size in COLUMNS))
        if chosen:  # reversed, and marked for whoever sees no colours
            return [("▸ " + "".join(texts) + wanted, "reverse")]
        return ["  ", texts[0], (texts[1], OUTCOME_STYLE[entry.outcome]), *texts[2:], wanted]

    def watch_at(self) -> None:
        self._into_view()

    def on_resize(self) -> None:
        self._into_view()

    def _into_view(self) -> None:
        self._top = min(max(self._top, self.at - self._height + 1), self.at)
        self.refresh()
        self.post_message(self.Moved())

    def action_move(self, by: int) -> None:
        self.at = min(max(0, self.at + by), max(0, len(self.entries) - 1))

    def action_page(self, by: int) -> None:
        self.action_move(by * self._height)

    def action_move_to(self, place: int) -> None:
        self.at = 0 if place == 0 else max(0, len(self.entries) - 1)

    def action_open(self) -> None:
        if self.chosen is not None:
            self.post_message(self.Opened(self.chosen))

    def on_click(self, event: events.Click) -> None:
        place = self._top + event.y - 1
        if event.y >= 1 and place < len(self.entries):
            if place == self.at:
                self.action_open()
            self.at = place

    def on_mouse_scroll_down(self) -> None:
        self.action_move(3)

    def on_mouse_scroll_up(self) -> None:
        self.action_move(-3)
