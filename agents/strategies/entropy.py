"""`entropy`: the question whose answer is most uncertain, as if every answer were the truth.

The classical splitting rule.  It knows the belief (the exact one, so that only its choice is on trial) but not the
noise: it takes the answer to "is it V?" for the fact, and the answer to an open question for one of the intent's
values.  So it is drawn to questions that split well and are answered badly: facets that this user has forgotten,
obscure names.  It costs one sparse product a turn for the whole bank.
"""

from __future__ import annotations

import numpy as np

from agents.setting import Setting
from agents.strategies.belief_agent import BeliefAgent
from sim.ask.ranking import NOTHING, TIE
from sim.facts import NoiselessAnswers


class Entropy(BeliefAgent):
    """Greedy on the entropy of the noiseless answer."""

    def __init__(self, setting: Setting):
        super().__init__(setting, setting.posterior())
        self._facts = NoiselessAnswers(setting.bank)

    def begin(self, seeds: np.ndarray) -> None:
        self._asked: list[list[int]] = [[] for _ in seeds]

    def choose(self, rows: np.ndarray, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        entropy = self._facts.entropies_nats(belief)
        for k, b in enumerate(rows.tolist()):
            entropy[k, self._asked[b]] = 0.0
        best = np.round(entropy / TIE).argmax(axis=1)  # ties go to the lowest id
        gain = entropy[np.arange(len(rows)), best]
        return np.where(gain > TIE, best, NOTHING), gain

    def note(self, rows: np.ndarray, question: np.ndarray) -> None:
        for b, q in zip(rows.tolist(), question.tolist(), strict=True):
            self._asked[b].append(q)


def entropy(setting: Setting) -> Entropy:
    return Entropy(setting)
