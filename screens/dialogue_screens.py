"""What the table of `clarigym view` opens: one dialogue turn by turn, and two agents with the same user.

What could be known is worked out on the thread that thinks.  Texts of files are only ever put into `Content`, which
reads no markup (`screens.draw`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Footer

from agents.results.dialogue_index import DialogueIndex, Entry
from agents.results.second_look import SecondLook, SecondLooks
from screens.dialogue_panels import MomentPanel, TurnList, TurnText
from screens.dialogue_table import DialogueTable
from screens.draw import clean, short
from screens.endings import EndedApp
from screens.engine import Engine
from screens.panels import TopBar
from sim.dialogue import Dialogue

WHERE_WIDTH = 50
"""Cells of the top line for where a dialogue comes from."""


class ViewerHost(EndedApp):
    """The app as its screens see it."""

    looks: SecondLooks
    reading: Engine
    """Where files are read."""
    thinking: Engine
    """Where it is worked out what could be known."""

    def made(self, make: Callable[[], Screen[None]]) -> Screen[None] | None:
        """A screen; None, and the reason is said, where its dialogues can't be read."""
        try:
            return make()
        except (ValueError, OSError) as error:
            self.notify(clean(str(error)), severity="error", timeout=10, markup=False)
            return None


class DialogueScreen(Screen[None]):
    """One dialogue, turn by turn.

    Args:
        entry: which one.
        table: where it was chosen, which knows the next one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Turn", key_display="↑↓"),
        Binding("down,j", "move(1)", "Next turn", show=False),
        Binding("home", "move(-9999)", "Start", show=False),
        Binding("end", "move(9999)", "End", show=False),
        Binding("right,n", "step(1)", "Next dialogue", key_display="→"),
        Binding("left,b", "step(-1)", "The one before", show=False),
        Binding("c", "compare", "Other agent"),
        Binding("escape", "app.back", "Back", show=False),
    ]
    app: ViewerHost

    def __init__(self, index: DialogueIndex, entry: Entry, table: DialogueTable) -> None:
        super().__init__()
        self.index, self.entry, self.table = index, entry, table
        self.dialogue = index.dialogue(entry)

    def compose(self) -> ComposeResult:
        yield TopBar()
        with Horizontal():
            yield TurnList(self.dialogue)
            yield MomentPanel()
        yield TurnText(self.dialogue)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        d = self.dialogue
        bar = self.query_one(TopBar)
        bar.title = f"{self.entry.agent}: {self.entry.outcome}"
        bar.where = short(f"{d.catalogue}, {d.noise}, seed {d.seed}, episode {d.episode}", WHERE_WIDTH)
        self._go(len(d.turns))
        look_into(self, self.dialogue, self.index.opened(self.entry), self._known, self._unknown)

    def _known(self, look: SecondLook) -> None:
        self.index.note_lost(self.entry, look.lost_at)
        self.query_one(TurnList).look = look
        self.query_one(MomentPanel).look = look
        if look.lost_at is not None:
            self._go(look.lost_at)

    def _unknown(self, why: str) -> None:
        self.query_one(MomentPanel).note = why

    @property
    def at(self) -> int:
        return self.query_one(TurnList).at

    def _go(self, at: int) -> None:
        at = min(max(0, at), len(self.dialogue.turns))
        for kind in (TurnList, MomentPanel, TurnText):
            self.query_one(kind).at = at

    def action_move(self, by: int) -> None:
        self._go(self.at + by)

    def action_step(self, by: int) -> None:
        before = self.table.at
        self.table.action_move(by)
        chosen = self.table.chosen
        if self.table.at != before and chosen is not None:
            screen = self.app.made(lambda: DialogueScreen(self.index, chosen, self.table))
            if screen is not None:
                self.app.switch_screen(screen)

    def action_compare(self) -> None:
        others = self.index.others(self.entry)
        if others:
            screen = self.app.made(lambda: SideBySideScreen(self.index, self.entry, others))
            if screen is not None:
                self.app.push_screen(screen)
        else:
            more = "" if self.index.share_read >= 1 else " among those read so far"
            self.notify(f"no other agent met this user{more}", timeout=3)


class SideBySideScreen(Screen[None]):
    """Two agents with the same user.

    Args:
        entry: on the left.
        others: the first of them on the right; Tab goes on to the next.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Turn", key_display="↑↓"),
        Binding("down,j", "move(1)", "Next turn", show=False),
        Binding("tab", "other", "Next agent"),
        Binding("escape", "app.back", "Back", show=False),
    ]
    DEFAULT_CSS = """
    SideBySideScreen .right { border-left: solid $panel; }
    """
    app: ViewerHost

    def __init__(self, index: DialogueIndex, entry: Entry, others: Sequence[Entry]) -> None:
        super().__init__()
        self.index, self.entry, self.others = index, entry, list(others)
        self.dialogues = [index.dialogue(e) for e in (entry, self.others[0])]

    def compose(self) -> ComposeResult:
        yield TopBar()
        left, right = (TurnList(d, beliefs=True) for d in self.dialogues)
        with Horizontal():
            yield left
            yield right.add_class("right")
        yield from (TurnText(d) for d in self.dialogues)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        entries = (self.entry, self.others[0])
        bar = self.query_one(TopBar)
        bar.title = "   |   ".join(f"{e.agent}: {e.outcome} after {e.turns}" for e in entries)
        bar.where = f"% is p(truth), episode {self.entry.episode}"
        for panel, dialogue, entry in zip(self.query(TurnList), self.dialogues, entries, strict=True):
            opened = self.index.opened(entry)
            look_into(self, dialogue, opened, lambda look, panel=panel: setattr(panel, "look", look), self._unknown)
        self.action_move(1)

    def _unknown(self, why: str) -> None:
        self.notify(clean(why), severity="warning", timeout=6, markup=False)

    def action_move(self, by: int) -> None:
        at = self.query(TurnList).first().at + by
        at = min(max(0, at), max(len(d.turns) for d in self.dialogues))
        for panel, dialogue in zip([*self.query(TurnList), *self.query(TurnText)], self.dialogues * 2, strict=True):
            panel.at = min(at, len(dialogue.turns))

    def action_other(self) -> None:
        if len(self.others) > 1:
            others = [*self.others[1:], self.others[0]]
            screen = self.app.made(lambda: SideBySideScreen(self.index, self.entry, others))
            if screen is not None:
                self.app.switch_screen(screen)


def look_into(
    screen: Screen[None],
    dialogue: Dialogue,
    opened: bool,
    then: Callable[[SecondLook], None],
    failed: Callable[[str], None],
) -> None:
    """Work a second look out on the thread that thinks; `then` gets it, `failed` the sentence why there is none."""
    app = screen.app
    assert isinstance(app, ViewerHost)

    def done(look: SecondLook) -> None:
        if screen.is_mounted:
            then(look)

    def not_done(error: Exception) -> None:
        if not isinstance(error, ValueError | OSError):
            raise error
        if screen.is_mounted:
            failed(str(error))

    looks = app.looks
    app.thinking.submit(lambda: looks.look(dialogue, opened), done, not_done)
