"""Play: a person thinks of something, the agent asks.  Role card: the same with a memory that was dealt."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from agents.play.game import Session
from agents.play.mind import GameWorld
from agents.play.standins import RoleCard, Simulated, role_card
from agents.play.views import GameView, Mode
from screens.choices import Choices
from screens.draw import MUTED, Row, clean, lines
from screens.finish import FinishScreen, Outcome
from screens.game import GameScreen
from screens.search import SearchBox
from sim.users.simulated import Corruption


class PlayScreen(GameScreen):
    """The person is the user.

    Args:
        opening: (facet, option) pairs that he says up front.
    """

    mode = Mode.PLAY

    def __init__(self, world: GameWorld, opening: tuple[tuple[int, int], ...] = ()) -> None:
        super().__init__(world)
        self.opening = opening
        self.number = 0
        """Which game of this run, for the file it is saved in."""

    def start(self) -> None:
        self.number = self.app.next_game()
        self.session = session = Session(self.world)
        self.move(lambda: session.begin(self.opening))

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        if event.choices.id == "choices":
            self.take(event.choice.value)

    def on_search_box_picked(self, event: SearchBox.Picked) -> None:
        value: Any = event.choice.value
        self.take(0 if event.choice in event.box.fixed else value + 1)

    def take(self, value: Any) -> None:
        """The answer to what is on the card."""
        session, view = self.session, self.view
        if session is None or view is None:
            return
        if view.phase == "guess":
            self.move(lambda: session.judge(bool(value)))
        elif view.phase == "ask":
            self.move(lambda: session.answer(int(value)))

    def action_skip(self) -> None:
        if self.session is not None and self.view is not None and self.view.phase == "ask":
            self.move(self.session.skip)

    def action_guess(self) -> None:
        if self.session is not None and self.view is not None and self.view.phase == "ask":
            self.move(self.session.ask_for_guess)

    # -- the end --------------------------------------------------------------------------------------------------

    def truth(self) -> int | None:
        """What it is, where that is known without asking."""
        if self.view is not None and self.view.phase == "right" and self.view.guess is not None:
            return self.view.guess.intent
        return None

    def show_end(self, view: GameView) -> None:
        assert self.session is not None
        screen = FinishScreen(self.world, self.session, view, self.number, mode=self.mode, truth=self.truth(),
                              corruptions=self.corruptions())  # fmt: skip
        self.app.push_screen(screen, self.after)

    def corruptions(self) -> tuple[Corruption, ...]:
        """What is wrong in the memory that is played; nobody knows it of a person's own."""
        return ()

    def after(self, outcome: Outcome | None) -> None:
        """What is to be done after the end."""
        if outcome == "undo":
            self.app.unscore(self.number)
            self.action_undo()
        elif outcome == "on" and self.session is not None:
            self.move(self.session.play_on)
        elif outcome == "again":
            self.opening = ()
            self.view = None
            self.start()
        elif outcome == "menu":
            self.app.to_menu()
        elif outcome == "quit":
            self.app.exit()


class CardScreen(PlayScreen):
    """The person plays a user with a dealt, flawed memory."""

    DEFAULT_CSS = """
    CardScreen #rolecard { height: auto; }
    CardScreen.peek #rolecard { display: none; }
    CardScreen #side Panel { display: none; }
    CardScreen.peek #side Panel { display: block; }
    """
    mode = Mode.CARD

    def __init__(self, world: GameWorld) -> None:
        super().__init__(world)
        self.dealt: Simulated | None = None
        self.card: RoleCard | None = None

    def side(self) -> ComposeResult:
        yield Static("", id="rolecard", markup=False)
        yield from super().side()

    def start(self) -> None:
        self.number = self.app.next_game()
        seed = self.app.next_seed()

        def deal() -> GameView:
            self.dealt = Simulated(self.world, seed)
            self.card = role_card(self.dealt)
            self.session = Session(self.world, seed=seed)
            return self.session.begin()

        def then(view: GameView) -> None:
            self.remove_class("bare", "peek")
            self.query_one("#rolecard", Static).update(self._drawn())
            self.show(view)

        self.move(deal, then)

    def _drawn(self) -> Content:
        assert self.card is not None
        noun = self.world.catalogue.noun
        rows: list[Row] = [
            [("YOUR ROLE", "bold $primary")],
            [f"Your {noun}: ", (clean(self.card.name), "bold $accent")],
            [("Answer from this memory, right or wrong:", MUTED)],
        ]
        rows += [[(f"{noun_}: ", MUTED), clean(believed)] for noun_, believed in self.card.remembered]
        if self.card.forgotten:
            rows.append([("You have forgotten: ", "bold $warning"), ", ".join(self.card.forgotten)])
        return lines(rows)

    def action_card(self) -> None:
        self.toggle_class("peek")

    def truth(self) -> int | None:
        return self.dealt.intent if self.dealt is not None else None

    def corruptions(self) -> tuple[Corruption, ...]:
        return self.dealt.corruptions if self.dealt is not None else ()
