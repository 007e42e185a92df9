"""`Replying`: a game in which sentences are taken wherever a key is, and can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.widgets import Input

from agents.play.replies import reply
from agents.play.reworded import reworded
from agents.play.views import GameView
from screens.game import GameScreen
from screens.said import INVITATION, Chips, SaidLine
from screens.search import SearchBox

if TYPE_CHECKING:
    from agents.play.listener import SentenceListener

LOADING = "still loading what understands sentences …"
"""What is said while sentences have to wait."""
NOTHING = "I understood nothing of that. In other words:"


class Replying(GameScreen):
    """A game that takes sentences."""

    hears: ClassVar[bool] = True

    def on_mount(self, event: events.Mount) -> None:
        self.can_listen()

    def can_listen(self) -> None:
        """Say whether sentences are understood at once."""
        loading = self.app.listening.loading
        self.query_one("#line", SaidLine).placeholder = f"{INVITATION}; {LOADING}" if loading else INVITATION

    def on_said_line_typed(self, event: SaidLine.Typed) -> None:
        self.hear(event.text)

    def on_search_box_worded(self, event: SearchBox.Worded) -> None:
        self.hear(event.text)

    def hear(self, text: str) -> None:
        """A sentence; one that comes before sentences can be understood waits."""
        if self.thinking or self.view is None or self.view.over:
            return
        if self.app.listening.loading:
            self.notify(LOADING, timeout=4, markup=False)
        asked = self.view
        self.app.listening.when_ready(lambda listener: self._hear(listener, text, asked))

    def _hear(self, listener: SentenceListener, text: str, asked: GameView) -> None:
        session = self.session
        # An answer belongs to a question that was seen.
        if session is None or not self.is_attached or self.view is not asked:
            return
        self._by_line = isinstance(self.focused, SaidLine)
        self.work(lambda: reply(session, listener, text), self._heard)

    def _heard(self, view: GameView | None) -> None:
        if view is not None:
            self.show(view)
            return
        asked = self.view.asked if self.view is not None else None
        if asked is not None:
            self.say(NOTHING, reworded(self.world.bank, asked.id))
        else:
            self.query_one("#kicker").update("I understood nothing of that. Is it right, yes or no?")  # pyright: ignore
        field = self.focused
        if isinstance(field, Input):
            field.action_end()

    def on_chips_taken_back(self, event: Chips.TakenBack) -> None:
        session, (step, part) = self.session, event.chip.of
        if session is not None and self.view is not None and not self.view.over:
            self.move(lambda: session.take_back(step, part))
