"""Play: a person thinks of something, the agent asks.  Role card: the same with a memory that was dealt."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from agents.play.game import Session
from agents.play.heard_log import HeardSentence
from agents.play.mind import GameWorld
from agents.play.standins import RoleCard, Simulated, role_card
from agents.play.views import GameView, Mode
from screens.choices import Choices
from screens.draw import MUTED, Row, clean, lines
from screens.finish import FinishScreen, NextStep
from screens.replying import Replying
from screens.search import SearchBox
from sim.questions import OPEN_DONT_KNOW
from sim.users.corruption import Corruption


class PlayScreen(Replying):
    """The person is the user.

    Args:
        opening: (facet, option) pairs that he says up front.
        sentences: what he says up front in words.
    """

    mode = Mode.PLAY

    def __init__(
        self,
        world: GameWorld,
        opening: tuple[tuple[int, int], ...] = (),
        sentences: tuple[HeardSentence, ...] = (),
    ) -> None:
        super().__init__(world)
        self.opening, self.sentences = opening, sentences
        self.number = 0
        """Which game of this run, for the file it is saved in."""

    def start(self) -> None:
        self.number = self.app.next_game()
        self.session = session = Session(self.world)
        opening, sentences = self.opening, self.sentences

        def begin() -> GameView:
            view = session.begin(opening)
            for sentence in sentences:
                view = session.hear(sentence)
            return view

        self.move(begin)

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        if event.choices.id == "choices":
            self.take(int(event.choice.value))

    def on_search_box_picked(self, event: SearchBox.Picked) -> None:
        key = event.choice.value
        self.take(key + 1 if isinstance(key, int) else OPEN_DONT_KNOW)

    def take(self, value: int) -> None:
        """The answer to what is on the card, or the judgement of a guess."""
        session, view = self.session, self.view
        if session is None or view is None:
            return
        if view.phase == "guess":
            self.move(lambda: session.judge(bool(value)))
        elif view.phase == "ask":
            self.move(lambda: session.answer(value))

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

    def after(self, outcome: NextStep | None) -> None:
        """What is to be done after the end."""
        if outcome is NextStep.UNDO:
            self.app.unscore(self.number)
            self.action_undo()
        elif outcome is NextStep.ON and self.session is not None:
            self.move(self.session.play_on)
        elif outcome is NextStep.AGAIN:
            self.opening, self.sentences = (), ()
            self.view = None
            self.start()
        elif outcome is NextStep.MENU:
            self.app.to_menu()
        elif outcome is NextStep.QUIT:
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
    beginning = "Dealing a role …"

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

        self.work(deal, then)

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
