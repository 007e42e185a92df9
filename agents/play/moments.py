"""One moment of a game, and how it looks from outside.

A `Moment` holds what the game is played with: minds, beliefs as arrays, ids.  `view_of` makes a `GameView` of it: plain
Python values in words, which may go to any thread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from agents.play.heard_log import HeardLog, HeardSentence
from agents.play.mind import GameWorld, Mind
from agents.play.views import FEW, SOME, Asked, Exchange, GameView, Guessed, Phase, Understood
from sim.channel.opening import stated_answers
from sim.dialogue import Guess
from sim.phrasing import statement
from sim.questions import OPEN, QuestionBank

LOG2 = math.log(2.0)
SHOWN = 10
"""Intents that a view names."""
TWINS = 50
"""Intents that are looked through for some that no question tells from a guess."""


BLANK = GameView(phase="ask", noun="", turn=0, budget=0)


@dataclass(frozen=True, eq=False, kw_only=True)
class Moment:
    """All that a game is at one time."""

    minds: tuple[Mind, ...]
    """The mind at the start and after each answer."""
    exchanges: tuple[Exchange, ...] = ()
    bits: tuple[float, ...] = ()
    skipped: frozenset[int] = frozenset()
    guesses: tuple[Guess, ...] = ()
    budget: int
    phase: Phase = "ask"
    question: int = -1
    guess: int = -1
    best: tuple[tuple[int, float], ...] = ()
    belief: np.ndarray = field(default_factory=lambda: np.empty(0))
    """(N,); empty until the moment is reached."""
    view: GameView = BLANK
    """How it looks; blank until the moment is reached."""

    @property
    def mind(self) -> Mind:
        return self.minds[-1]

    @property
    def closed(self) -> frozenset[int]:
        """Questions that are not asked again: skipped ones, and those that sentences have answered."""
        return self.skipped | self.log.closed

    @property
    def log(self) -> HeardLog:
        """All that was said."""
        return self.mind.log


def view_of(world: GameWorld, m: Moment, *, undoable: bool) -> GameView:
    """The moment in words."""
    order = np.argsort(-m.belief, kind="stable")[:SHOWN]
    return GameView(
        phase=m.phase,
        noun=world.catalogue.noun,
        turn=len(m.exchanges),
        budget=m.budget,
        asked=asked_view(world.bank, m.question) if m.phase == "ask" and m.question >= 0 else None,
        guess=_guess_view(world, m) if m.guess >= 0 else None,
        top=tuple((world.label(int(i)), float(m.belief[i])) for i in order if m.belief[i] > 0),
        candidates=round(2 ** (m.bits[-1] if m.bits else 0.0)),
        bits=m.bits,
        best=tuple((world.bank.text(q), g / LOG2) for q, g in m.best),
        types=tuple(m.mind.types()),
        doubts=_doubts(world, m),
        history=m.exchanges,
        opening=_sentences(world.bank, m.log),
        understood=tuple(
            Understood(step=k, part=c.part, label=c.label, hedged=c.hedged, probability=c.probability)
            for k, sentence in m.log.sentences for c in sentence.kept_chips
        ),
        sentence=_last_sentence(m.log),
        undoable=undoable,
        wrong=tuple(world.label(g.intent) for g in m.guesses if not g.right),
    )  # fmt: skip


def asked_view(bank: QuestionBank, question: int) -> Asked:
    """A question of the bank as the screens see it."""
    f = int(bank.facet[question])
    facet = bank.catalogue.facets[f]
    is_open = int(bank.kind[question]) == OPEN
    number = is_open and facet.kind == "number"
    few = is_open and (number or len(facet.options) <= FEW)
    options = tuple(facet.label(o) for o in range(len(facet.options))) if few else ()
    return Asked(id=question, text=bank.text(question), facet=facet.wording.noun, facet_id=f, open=is_open,
                 options=options, number=number, browse=number or len(facet.options) <= SOME)  # fmt: skip


def _guess_view(world: GameWorld, m: Moment) -> Guessed:
    near = np.flatnonzero(np.abs(m.belief - m.belief[m.guess]) <= 1e-12 + 0.5 * m.belief[m.guess])[:TWINS]
    facets = world.catalogue.facets
    mine = [f.row(m.guess) for f in facets]
    twins = tuple(world.label(int(i)) for i in near if i != m.guess and [f.row(int(i)) for f in facets] == mine)
    return Guessed(intent=m.guess, name=world.label(m.guess), probability=float(m.belief[m.guess]), twins=twins)


def _doubts(world: GameWorld, m: Moment) -> tuple[tuple[str, float, float], ...]:
    """(noun, p(forgotten), p(muddled)) of each facet that was answered about, the most doubtful first."""
    states = m.mind.states().items()
    doubts = [(world.catalogue.facet(name).wording.noun, float(s[0]), float(s[2])) for name, s in states]
    return tuple(sorted(doubts, key=lambda doubt: -(doubt[1] + doubt[2])))


def _sentences(bank: QuestionBank, log: HeardLog) -> tuple[str, ...]:
    """What was said before the first question, as sentences."""
    stated = [statement(bank, question, answer) for question, answer in stated_answers(bank, log.said or ())]
    return (*stated, *(f"“{sentence.text}”" for _, sentence in log.sentences if sentence.evidence.opening))


def _last_sentence(log: HeardLog) -> str:
    last = log.steps[-1] if log.steps else None
    return last.text if isinstance(last, HeardSentence) and last.kept_chips else ""
