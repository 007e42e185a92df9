"""A head start: what the person already knows, as chips, found by typing over the values of all facets."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from agents.play import lookups
from agents.play.mind import GameWorld
from screens.choices import Choice
from screens.draw import MUTED, Row, clean, lines
from screens.host import Host
from screens.play import PlayScreen
from screens.search import SearchBox

START = "start"


class OpeningScreen(Screen):
    """Chips, then the game."""

    DEFAULT_CSS = """
    OpeningScreen { align: center middle; }
    OpeningScreen #opening { width: 76; max-width: 98%; height: auto; padding: 1 2; }
    OpeningScreen #asks { text-style: bold; height: auto; }
    OpeningScreen #chips { height: auto; min-height: 3; margin: 1 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("backspace", "take_back", "Last chip away", priority=True),
        Binding("ctrl+g", "begin", "Start"),
        Binding("escape", "app.to_menu", "Menu"),
    ]
    app: Host

    def __init__(self, world: GameWorld) -> None:
        super().__init__()
        self.world = world
        self.chips: dict[int, tuple[int, str]] = {}
        """Facet to (option, label), in the order of adding."""

    def compose(self) -> ComposeResult:
        noun = self.world.catalogue.noun
        with Vertical(id="opening"):
            yield Static(f"Think of a {noun}. What do you know about it?", id="asks", markup=False)
            yield Static("", id="chips", markup=False)
            yield SearchBox(id="facts", placeholder="a name, a year, anything")
        yield Footer(show_command_palette=True)

    def on_mount(self) -> None:
        self._anew()
        self.call_after_refresh(self.app.typed.press_again, self.app)

    def _anew(self) -> None:
        box = self.query_one("#facts", SearchBox)
        start = Choice("", "start with this" if self.chips else "start: I'd rather say nothing", START)
        more = "and what else?" if self.chips else "a name, a year, anything"
        box.search_in(lambda: lookups.values(self.world), fixed=[start], placeholder=more, ready=True)
        box.field.focus()
        self.query_one("#chips", Static).update(self._drawn())

    def _drawn(self) -> Content:
        if not self.chips:
            return Content.styled("Nothing yet. It may be wrong: the agent knows that people err.", MUTED)
        rows: list[Row] = [[(f" {clean(label)} ", "$text on $primary-muted")] for _, label in self.chips.values()]
        return lines(rows)

    def on_search_box_picked(self, event: SearchBox.Picked) -> None:
        key = event.choice.value
        if not isinstance(key, int):
            self.action_begin()
            return
        facet, option = lookups.stated(self.world, key)
        self.chips.pop(facet, None)  # one thing of each kind is told; the last one counts
        self.chips[facet] = (option, event.choice.label)
        self._anew()

    def action_take_back(self) -> None:
        if self.chips:
            self.chips.popitem()
            self._anew()

    def action_begin(self) -> None:
        opening = tuple((facet, option) for facet, (option, _) in self.chips.items())
        self.app.switch_screen(PlayScreen(self.world, opening))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "take_back" and isinstance(self.focused, Input) and self.focused.value:
            return False
        return super().check_action(action, parameters)
