"""`exact` and `independent`: the question of highest expected information gain.

`exact` believes in the users' true rates, types and memories, so it is the yardstick: what remains open to it nobody
could know.  (Greedy in information, not optimal in reward: `lookahead` looks a step further.)  `independent` knows the
rates too but takes every answer for fresh evidence, as models in practice do: asked around a false memory, it grows
sure of it.
"""

from __future__ import annotations

import numpy as np

from agents.setting import Setting
from agents.strategies.belief_agent import BeliefAgent


class Greedy(BeliefAgent):
    """Asks the question of highest EIG under its posterior."""

    def choose(self, rows: np.ndarray, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ids, gain = self.best(rows, 1)
        return ids[:, 0], gain[:, 0]

    def eig_nats(self, row: int, question: int) -> float:
        return float(self.gain_nats[row])  # chosen a moment ago, with its certificate


def exact(setting: Setting) -> Greedy:
    return Greedy(setting, setting.posterior())


def independent(setting: Setting) -> Greedy:
    return Greedy(setting, setting.posterior(memory=False))
