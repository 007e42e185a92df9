"""`fixed`: the same questions of everybody, those first that tell most before anything was answered.

What adapting is worth is measured from here: the questionnaire against the conversation.  It believes exactly, and
expects of each question what it would have told at the start.
"""

from __future__ import annotations

import numpy as np

from agents.setting import Setting
from agents.strategies.belief_agent import BeliefAgent
from sim.ask.ranking import NOTHING


class Fixed(BeliefAgent):
    """Question by question down one list."""

    def begin(self, seeds: np.ndarray) -> None:
        first = self.posterior.take(np.array([0]))
        first.reset(1)
        self._order, self._gain = (x[0] for x in first.choose(min(self.setting.rules.budget, len(self.bank))))
        self._next = np.zeros(len(seeds), dtype=np.int64)

    def choose(self, rows: np.ndarray, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        at = self._next[rows]
        there = at < len(self._order)
        at = np.minimum(at, len(self._order) - 1)
        return np.where(there, self._order[at], NOTHING), np.where(there, self._gain[at], 0.0)

    def note(self, rows: np.ndarray, question: np.ndarray) -> None:
        self._next[rows] += 1


def fixed(setting: Setting) -> Fixed:
    return Fixed(setting, setting.posterior())
