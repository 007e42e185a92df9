"""Ask: roles reversed.  A simulated user has something in mind and a flawed memory; the person asks.

After each question the coach says what it was worth beside the best one that could have been asked, and at the end how
many bits were given away.  The agent's own guesses at the intent stay hidden (v shows them): they are the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from agents.play import lookups
from agents.play.asking import question_meant
from agents.play.coach import AskGame, CoachView
from agents.play.mind import GameWorld
from agents.play.views import GameView, Mode
from screens.choices import Choice
from screens.draw import MUTED, Row, bar, clean, fit, lines
from screens.finish import FinishScreen, NextStep
from screens.game import GameScreen
from screens.panels import MARK
from screens.search import SearchBox

if TYPE_CHECKING:
    from agents.play.listener import SentenceListener

GIVE_UP, NAME_IT, ASK_ON, COACH = "give up", "name it", "ask on", "coach"


class AskScreen(GameScreen):
    """The person asks."""

    DEFAULT_CSS = """
    AskScreen #side Panel { display: none; }
    AskScreen #side #bits { display: block; }
    AskScreen.peek #side Panel { display: block; }
    AskScreen #coach { height: auto; margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "switch", "Ask/name it", priority=True)]
    mode = Mode.ASK
    beginning = "Thinking of something …"

    def __init__(self, world: GameWorld) -> None:
        super().__init__(world)
        self.asking: AskGame | None = None
        self.number = 0
        self.naming = False

    def side(self) -> ComposeResult:
        yield Static("", id="coach", markup=False)
        yield from super().side()

    def start(self) -> None:
        self.number = self.app.next_game()
        self.naming = False
        seed = self.app.next_seed()

        def begin() -> GameView:
            self.asking = AskGame(self.world, seed)
            self.session = self.asking.session
            return self.asking.begin()

        self.move(begin)

    # -- showing --------------------------------------------------------------------------------------------------

    def show(self, view: GameView) -> None:
        super().show(view)
        self.query_one("#coach", Static).update(self._coach(max(self.query_one("#side").content_size.width, 24)))

    def show_question(self, view: GameView) -> None:
        noun = self.world.catalogue.noun
        if view.history:
            last = view.history[-1]
            said = Content.assemble(clean(last.text), "\n", (f"“{answer(last.answer_text)}”", "$accent"))
            self.say(f"Question {view.turn}", said)
        else:
            self.say("I have one in mind, as well as I remember it.", f"Which {noun} is it? Ask me.")
        self._fields(view)

    def _fields(self, view: GameView) -> None:
        noun = self.world.catalogue.noun
        left = view.budget - view.turn
        if self.naming or left <= 0:
            fixed = [Choice("", "ask on", ASK_ON)] if left > 0 else []
            self.search(
                lambda: lookups.intents(self.world), [*fixed, Choice("", "give up", GIVE_UP)], f"name the {noun}"
            )
        else:
            fixed = [Choice("", "ask what the coach would ask", COACH), Choice("", f"name the {noun}", NAME_IT)]
            self.search(lambda: lookups.questions(self.world), fixed, "ask in words, or search: a name, a year")
        hint = "Tab: ask on" if self.naming else f"Tab: name the {noun}"
        self.query_one("#hint", Static).update(f"Enter takes ▸ · {hint}")

    def _coach(self, width: int) -> Content:
        rows: list[Row] = [[("COACH", "bold $primary")]]
        coach = CoachView() if self.asking is None else self.asking.coach
        if coach.last is None:
            rows.append([("a question is worth what its answer is expected to tell", MUTED)])
            return lines(rows)
        mine, best, text = coach.last.asked_bits, coach.last.best_bits, coach.last.best_text
        size = max(4, width - 16)
        share = mine / best if best > 0 else 1.0
        rows.append(["yours ", (bar(share, size), "$accent"), f"{mine:5.2f} bits"])
        rows.append(["best  ", (bar(1.0, size), "$primary"), f"{best:5.2f} bits"])
        if share > 0.95:
            rows.append([("Couldn't be better.", "bold $success")])
        elif best - mine > 0:
            rows.append([("Better: ", MUTED), fit(text, width - 8)])
        rows.append([(f"given away so far: {coach.best_bits - coach.asked_bits:.1f} bits", MUTED)])
        return lines(rows)

    # -- moves ----------------------------------------------------------------------------------------------------

    def on_search_box_picked(self, event: SearchBox.Picked) -> None:
        value = event.choice.value
        if isinstance(value, int):
            if self.naming or (self.view is not None and self.view.turn >= self.view.budget):
                self.settle_on(value)
            else:
                self._ask(value)
        elif value == GIVE_UP:
            self.settle_on(None)
        elif value == COACH:
            self._ask(None)
        else:
            self.action_switch()

    def on_search_box_worded(self, event: SearchBox.Worded) -> None:
        """A question in words; a name that is not surely meant is looked for in the list."""
        if self.naming or self.view is None or self.view.turn >= self.view.budget:
            return
        text, asked = event.text, self.view
        self.app.listening.when_ready(lambda listener: self._in_words(listener, text, asked))

    def _in_words(self, listener: SentenceListener, text: str, asked: GameView) -> None:
        if not self.is_attached or self.view is not asked:
            return

        def then(question: int | None) -> None:
            if question is None:
                self.notify("I understood no question in that; try other words", timeout=4, markup=False)
            else:
                self._ask(question)

        self.work(lambda: question_meant(self.world, listener, text), then)

    def action_spoilers(self) -> None:
        self.toggle_class("peek")

    def action_switch(self) -> None:
        if self.view is not None and not self.view.over:
            self.naming = not self.naming
            self._fields(self.view)

    def _ask(self, question: int | None) -> None:
        asking = self.asking
        if asking is not None:
            self.move(lambda: asking.ask(question))

    def settle_on(self, intent: int | None) -> None:
        """Name an intent, or give up."""
        asking = self.asking
        if asking is not None:
            self.move(lambda: asking.give_up() if intent is None else asking.name(intent))

    # -- the end --------------------------------------------------------------------------------------------------

    def show_guess(self, view: GameView) -> None:
        """The person names it himself; there is nothing to confirm."""

    def show_end(self, view: GameView) -> None:
        assert self.asking is not None
        user, coach = self.asking.user, self.asking.coach
        remark = f"You asked {coach.asked_bits:.1f} bits' worth; the best questions were worth {coach.best_bits:.1f}."
        screen = FinishScreen(self.world, self.asking.session, view, self.number, mode=Mode.ASK, truth=user.intent,
                              corruptions=user.corruptions, remark=remark)  # fmt: skip
        self.app.push_screen(screen, self.after)

    def after(self, outcome: NextStep | None) -> None:
        if outcome is NextStep.UNDO:
            self.action_undo()
        elif outcome is NextStep.AGAIN:
            self.start()
        elif outcome is NextStep.QUIT:
            self.app.exit()
        else:
            self.app.to_menu()


def answer(text: str) -> str:
    """An answer with its mark."""
    return f"{MARK[text]} {text}" if text in MARK else clean(text)
