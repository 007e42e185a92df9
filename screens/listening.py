"""`Listening`: what understands sentences, loaded on a thread of its own while the first screen of a game is up.

Loading takes seconds, for the text encoder is a neural network.  A sentence that is typed before that waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import App

from screens.engine import Engine

if TYPE_CHECKING:
    from agents.play.listener import SentenceListener
    from agents.play.mind import GameWorld


class Listening:
    """The listener of the world that is played on.

    Args:
        encoder: as `agents.play.listener.SentenceListener` takes it.
        ready: called on the app's thread with what is missing, or "", once sentences can be understood.
        failed: called there with what went wrong.
    """

    def __init__(
        self, app: App[None], encoder: str, ready: Callable[[str], None], failed: Callable[[Exception], None]
    ) -> None:
        self.encoder, self._ready, self._failed = encoder, ready, failed
        self.engine = Engine(app, "listening")
        self._world: GameWorld | None = None
        self._listener: SentenceListener | None = None
        self._waiting: list[Callable[[SentenceListener], None]] = []

    @property
    def loading(self) -> bool:
        """Sentences that are typed now have to wait."""
        return self._world is not None and self._listener is None

    def prepare(self, world: GameWorld) -> None:
        """Load what understands sentences about a world, where it isn't there yet."""
        if self._world is world:
            return
        self._world, self._listener, self._waiting = world, None, []
        encoder = self.encoder

        def job() -> SentenceListener:
            from agents.play.listener import SentenceListener

            return SentenceListener(world, encoder)

        self.engine.submit(job, lambda listener: self._loaded(world, listener), lambda error: self._gone(world, error))

    def when_ready(self, then: Callable[[SentenceListener], None]) -> None:
        """Do something with the listener, now or once it is there."""
        if self._listener is not None:
            then(self._listener)
        else:
            self._waiting.append(then)

    def _loaded(self, world: GameWorld, listener: SentenceListener) -> None:
        if world is not self._world:
            return
        self._listener = listener
        waiting, self._waiting = self._waiting, []
        self._ready(listener.note)
        for then in waiting:
            then(listener)

    def _gone(self, world: GameWorld, error: Exception) -> None:
        if world is self._world:
            self._world, self._waiting = None, []
            self._failed(error)
