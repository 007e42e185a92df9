"""The rules of "ask", where roles are reversed: a simulated user has an intent in mind, and the person asks.

The coach compares the EIG of each question that was asked with the highest EIG that any question had at that moment.
The app and the plain mode both play by these rules.

Decisions that live here:

- A question that the person takes back still counts: its answer was seen.
- Nothing counts for a question that the user doesn't answer because he walks away.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.play.game import GameError, Session
from agents.play.mind import GameWorld
from agents.play.moments import LOG2
from agents.play.standins import Simulated
from agents.play.views import GameView


@dataclass(frozen=True, kw_only=True)
class Advice:
    """The question of highest EIG."""

    question: int
    text: str
    bits: float
    """Its EIG."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the question asked last was worth beside the best one."""

    asked_bits: float
    """EIG of the question that was asked."""
    best_bits: float
    """The highest EIG of any question then, never below `asked_bits`."""
    best_text: str


@dataclass(frozen=True, kw_only=True)
class CoachView:
    """What the coach has to say; frozen, so that a screen may read it while the next question is thought about."""

    last: Comparison | None = None
    asked_bits: float = 0.0
    """EIG of all questions that were asked, summed."""
    best_bits: float = 0.0
    """EIG of the best questions at the same moments, summed."""


class AskGame:
    """One game in which the person asks.

    Args:
        world: the catalogue, its questions and users.
        seed: the simulated user's.
    """

    def __init__(self, world: GameWorld, seed: int):
        self.world = world
        self.user = Simulated(world, seed)
        self.session = Session(world, seed=seed)
        self.coach = CoachView()

    def begin(self) -> GameView:
        return self.session.begin(decide=False)

    def advice(self) -> Advice | None:
        """What the coach would ask; None where no question tells anything."""
        best = self.session.now.mind.best(1)
        if not best:
            return None
        question, nats = best[0]
        return Advice(question=question, text=self.world.bank.text(question), bits=nats / LOG2)

    def ask(self, question: int | None = None) -> GameView:
        """Ask the user a question, or, given none, what the coach would ask.

        Raises:
            GameError: no question tells anything any more.
        """
        advice = self.advice()
        if advice is None:
            raise GameError("there is no question left that tells anything; name it")
        question = advice.question if question is None else question
        nats = self.session.now.mind.eig_nats(question)
        if self.user.leaves_at(self.session.view.turn + 1):
            return self.session.leave()
        self.session.put(question, nats)
        view = self.session.answer(self.user.answer(question), decide=False)
        bits = nats / LOG2
        last = Comparison(asked_bits=bits, best_bits=max(advice.bits, bits), best_text=advice.text)
        self.coach = CoachView(last=last, asked_bits=self.coach.asked_bits + last.asked_bits,
                               best_bits=self.coach.best_bits + last.best_bits)  # fmt: skip
        return view

    def name(self, intent: int) -> GameView:
        """Say which intent the user has in mind; the game is over, right or wrong."""
        self.session.put_guess(intent)
        return self.session.judge(intent == self.user.intent)

    def give_up(self) -> GameView:
        return self.session.leave()
