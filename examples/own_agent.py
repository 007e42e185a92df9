"""An agent of one's own in twenty lines: asks what splits the belief best, and pays a person's attention to wording.

clarigym evaluate --catalogue animals --questions yesno --agents examples.own_agent:halves,exact --episodes 100
"""

import numpy as np

from agents import BeliefAgent, Setting
from sim import NoiselessAnswers


class Halves(BeliefAgent):
    """Asks a short question among the ten whose answer is most uncertain."""

    def __init__(self, setting: Setting):
        super().__init__(setting, setting.posterior())
        self.answers = NoiselessAnswers(setting.bank)
        self.length = np.array([len(setting.bank.text(q)) for q in range(len(setting.bank))])

    def begin(self, seeds: np.ndarray) -> None:
        self.asked = [[] for _ in seeds]

    def choose(self, rows: np.ndarray, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        gain = self.answers.entropies_nats(belief)  # (n, Q)
        for k, b in enumerate(rows):
            gain[k, self.asked[b]] = 0.0
        best = np.argsort(-gain, axis=1, kind="stable")[:, :10]
        short = best[np.arange(len(rows)), self.length[best].argmin(axis=1)]
        return short, gain[np.arange(len(rows)), short]

    def note(self, rows: np.ndarray, question: np.ndarray) -> None:
        for b, q in zip(rows, question, strict=True):
            self.asked[b].append(q)


def halves(setting: Setting) -> Halves:
    return Halves(setting)
