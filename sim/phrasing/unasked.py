"""Facts that nobody asked for: what a user adds behind an answer.

Decisions that live here:

- Whether something is added, and of which facet, follows from seed, manner and question (`Voice.topics`) and from what
  everybody has heard before, never from what is wanted or remembered.  What is added is the user's own answer to that
  facet's open question, slips and all.  So a belief that takes it for an answer to that question is exact.
- A facet is weighed by the share of people who state it in an opening.  It is the share over all types, for one that
  went by the user's own type would tell of the type.
- Where nothing comes to mind, nothing is added.  Beliefs take no notice of that silence, as nobody who listens knows
  that there was something to say.
- A facet that was stated, added or openly asked about before is passed over for the next one.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sim.answers import OPEN_DONT_KNOW
from sim.phrasing.voice import Voice
from sim.questions import OPEN, QuestionBank
from sim.users.memory import Population
from sim.users.simulated import SimulatedUsers


def readiness(population: Population) -> np.ndarray:
    """(F,) the share of people who state a facet in an opening; 0 where the bank has no open question about it."""
    channel = population.channel
    shares = np.array([facet.opening @ channel.shares for facet in channel.facets], dtype=np.float64)
    return np.where(population.bank.open_question >= 0, shares, 0.0)


class Unasked:
    """What one user adds in the course of a dialogue.

    Args:
        users: the user is among these.
        b: at this place, for as long as the dialogue goes on.
        weights: `readiness` of their population, where somebody has it.
    """

    def __init__(self, users: SimulatedUsers, b: int = 0, weights: np.ndarray | None = None) -> None:
        self.users, self.b = users, b
        self.bank: QuestionBank = users.population.bank
        self._weights = readiness(users.population) if weights is None else weights
        self._told: set[int] = set()

    def told(self, questions: Iterable[int]) -> None:
        """What the dialogue has heard of without this: the answers to these open questions."""
        self._told |= {int(self.bank.facet[question]) for question in questions}

    def behind(self, voice: Voice, question: int) -> tuple[tuple[int, int], ...]:
        """What is added behind the answer to a question, as (open question, answer) pairs: one or none."""
        if self.bank.kind[question] == OPEN:
            self.told([question])
        facet = next((f for f in voice.topics(question, self._weights) if f not in self._told), None)
        if facet is None:
            return ()
        asked = int(self.bank.open_question[facet])
        answer = int(self.users.answer(np.array([asked]), np.array([self.b]))[0])
        if answer == OPEN_DONT_KNOW:
            return ()
        self.told([asked])
        return ((asked, answer),)
