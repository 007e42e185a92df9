"""What screens may ask of the app that holds them: types only, so that no screen knows `screens.app`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from agents.play.saves import Saver
from agents.play.views import Mode, Review, Setup
from screens.endings import EndedApp
from screens.engine import Engine
from screens.kept_keys import KeptKeys
from screens.listening import Listening

if TYPE_CHECKING:
    from agents.play.mind import GameWorld
    from sim.dialogue import Dialogue


class Host(EndedApp):
    """The app as its screens see it."""

    engine: Engine
    """Where thinking is done."""
    search_engine: Engine
    """Where suggestions are looked up, beside the thinking."""
    listening: Listening
    """What understands sentences."""
    saver: Saver
    setup: Setup
    hidden: set[str]
    """Names of the panels that are hidden."""
    typed: KeptKeys
    """What was typed before there was anything to type into."""

    @property
    @abstractmethod
    def played(self) -> int:
        """Games that were scored."""

    @property
    @abstractmethod
    def won(self) -> int:
        """Games in which the thing was found."""

    @abstractmethod
    def enter(self, mode: Mode, setup: Setup) -> None:
        """Start a mode."""

    @abstractmethod
    def load(
        self,
        setup: Setup,
        progress: Callable[[str, float], None],
        then: Callable[[GameWorld], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Make the world of a setup in a thread."""

    @abstractmethod
    def to_menu(self) -> None:
        """Back to the first screen."""

    @abstractmethod
    def leave(self, unfinished: bool) -> None:
        """Leave a game; ask first where it is unfinished, for its answers would be lost."""

    @abstractmethod
    def score_game(self, number: int, right: bool) -> None:
        """Count a game, or correct how it was counted."""

    @abstractmethod
    def unscore(self, number: int) -> None:
        """A game goes on: it is not over after all."""

    @abstractmethod
    def next_game(self) -> int:
        """A number for a new game."""

    @abstractmethod
    def next_seed(self) -> int:
        """Another seed each time, from the chosen one on."""

    @abstractmethod
    def keep_hidden(self, name: str, hidden: bool) -> None:
        """Remember which panels are hidden."""

    @abstractmethod
    def explain(self, error: Exception) -> None:
        """An error as a sentence."""

    @abstractmethod
    def export(self, record: Dialogue, review: Review | None, beside: Path | None) -> None:
        """A dialogue as Markdown."""
