"""While a catalogue is read: what is being done, and how far."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Footer, Static

from agents.play.views import Setup
from screens.draw import bar, clean

if TYPE_CHECKING:
    from agents.play.mind import GameWorld
    from screens.host import Host

USUAL_SECONDS = {"movies": 8.0, "movies-1k": 2.0}
WIDTH = 30


class LoadingScreen(Screen):
    """Loads a world on the engine, then hands it on.

    Args:
        then: what to do with the world.
    """

    DEFAULT_CSS = """
    LoadingScreen { align: center middle; }
    LoadingScreen #loading { width: 60; max-width: 96%; height: auto; }
    LoadingScreen Static { text-align: center; width: 1fr; }
    LoadingScreen #bar { color: $accent; }
    LoadingScreen #what { color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.to_menu", "Menu"),
        Binding("ctrl+q", "app.quit", "Quit"),
    ]
    app: Host

    def __init__(self, setup: Setup, then: Callable[[GameWorld], None]) -> None:
        super().__init__()
        self.setup, self.then = setup, then
        self._what, self._share, self._shown = "reading the catalogue", 0.0, 0.0
        self._began = time.monotonic()

    def compose(self) -> ComposeResult:
        with Vertical(id="loading"):
            yield Static(clean(f"Opening {self.setup.catalogue}"), markup=False)
            yield Static("", id="bar", markup=False)
            yield Static("", id="what", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        self.set_interval(1 / 15, self._draw)

        def progress(what: str, share: float) -> None:
            self._what, self._share = what, share  # read by the timer; a torn pair does no harm

        self.app.load(self.setup, progress, self._ready, self._failed)

    def on_key(self, event: events.Key) -> None:
        self.app.typed.keep(event)

    def _draw(self) -> None:
        usual = USUAL_SECONDS.get(self.setup.catalogue, 1.0)
        guess = min(0.95, (time.monotonic() - self._began) / usual)
        self._shown = max(self._shown, min(guess, self._share + 0.4), self._share)
        self.query_one("#bar", Static).update(bar(self._shown, WIDTH))
        self.query_one("#what", Static).update(self._what)

    def _ready(self, world: GameWorld) -> None:
        if self.is_attached and self.app.screen is self:
            self.then(world)

    def _failed(self, error: Exception) -> None:
        if self.is_attached:
            self.app.to_menu()
            self.app.explain(error)
