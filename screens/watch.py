"""Watch: a simulated user answers the agent, step by step or running, any seed; or an old dialogue is replayed."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.timer import Timer

from agents.play.game import Session
from agents.play.mind import GameWorld
from agents.play.replay import Recorded
from agents.play.standins import Simulated, StandIn
from agents.play.views import GameView, Mode
from screens.choices import Choice, Choices
from screens.finish import FinishScreen, NextStep
from screens.game import GameScreen
from screens.panels import TopBar
from sim.dialogue import Dialogue

SPEEDS = (3.0, 2.0, 1.2, 0.7, 0.35, 0.1)
"""Seconds between steps."""
STEP = (Choice("", "one step", "step"), Choice("r", "run", "run"), Choice("n", "the next user", "next"))


class WatchScreen(GameScreen):
    """Nobody to answer: one looks on.

    Args:
        dialogue: a record to replay; None for simulated users.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "previous", "The one before", show=False),
        Binding("plus,equals_sign", "speed(1)", "Faster", show=False),
        Binding("minus", "speed(-1)", "Slower", show=False),
    ]

    beginning = "The user thinks of something …"

    def __init__(self, world: GameWorld, dialogue: Dialogue | None = None) -> None:
        super().__init__(world)
        self.dialogue = dialogue
        self.mode = Mode.WATCH if dialogue is None else Mode.REPLAY
        self.seed = world.setup.seed
        self.user: StandIn | None = None
        self.speed = 2
        self.timer: Timer | None = None
        self.number = 0

    @property
    def running(self) -> bool:
        return self.timer is not None

    def start(self) -> None:
        self.number = self.app.next_game()
        seed = self.seed

        def begin() -> GameView:
            self.session = Session(self.world, seed=seed)
            self.user = Recorded(self.world, self.dialogue) if self.dialogue else Simulated(self.world, seed)
            return self.user.begin(self.session)

        self.move(begin)

    def show(self, view: GameView) -> None:
        super().show(view)
        if self.dialogue is None:
            bar = self.query_one(TopBar)
            bar.where = f"user {self.seed} · {bar.where}"

    def show_question(self, view: GameView) -> None:
        assert view.asked is not None
        last = view.history[-1] if view.history else None
        before = f"{last.answer_text}.  " if last else ""
        self.say(f"{before}Question {view.turn + 1}", view.asked.text)
        self._offer()

    def show_guess(self, view: GameView) -> None:
        super().show_guess(view)
        self._offer()

    def _offer(self) -> None:
        items = STEP if self.dialogue is None else STEP[:2]
        running = Choice("r", f"stop (every {SPEEDS[self.speed]:g} s, + and - change it)", "run")
        at = self.query_one("#choices", Choices).at
        self.offer([running if c.value == "run" and self.running else c for c in items], at=at)

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        if event.choices.id == "choices":
            getattr(self, f"action_{event.choice.value}")()

    def action_step(self) -> None:
        session, user = self.session, self.user
        if session is not None and user is not None and self.view is not None and not self.view.over:
            self.move(lambda: user.step(session))

    def action_run(self) -> None:
        if self.timer is not None:
            self.halt()
        else:
            self.timer = self.set_interval(SPEEDS[self.speed], self.action_step)
            self.action_step()
        self._offer()

    def halt(self) -> None:
        if self.timer is not None:
            self.timer.stop()
            self.timer = None

    def action_speed(self, by: int) -> None:
        self.speed = min(max(self.speed + by, 0), len(SPEEDS) - 1)
        if self.timer is not None:
            self.halt()
            self.action_run()

    def action_next(self) -> None:
        self._other(1)

    def action_previous(self) -> None:
        self._other(-1)

    def _other(self, by: int) -> None:
        if self.dialogue is None and not self.thinking:
            if self.seed + by < 0:
                self.notify("user 0 is the first one", timeout=2)
                return
            self.halt()
            self.seed += by
            self.start()

    @property
    def unfinished(self) -> bool:
        return False  # the same seed plays the same dialogue again

    def show_end(self, view: GameView) -> None:
        assert self.session is not None and self.user is not None
        self.halt()
        truth = self.user.intent if self.user.intent >= 0 else None
        screen = FinishScreen(self.world, self.session, view, self.number, mode=self.mode, truth=truth,
                              corruptions=self.user.corruptions)  # fmt: skip
        self.app.push_screen(screen, self.after)

    def after(self, outcome: NextStep | None) -> None:
        if outcome is NextStep.UNDO:
            self.action_undo()
        elif outcome is NextStep.AGAIN and self.dialogue is None:
            self._other(1)
        elif outcome is NextStep.AGAIN:
            self.start()
        elif outcome is NextStep.QUIT:
            self.app.exit()
        else:
            self.app.to_menu()
