"""`lookahead`: among the few best questions, the one that two questions together tell most by.

For each of the `FEW` questions of highest EIG: its EIG plus the expected EIG of the best question after its answer.
Open questions have thousands of answers, so the `ANSWERS` likeliest stand for all, by their share of the chance.  The
stop rule sees the gain of the next question alone, as everybody's does.
"""

from __future__ import annotations

import numpy as np

from agents.setting import Setting
from agents.strategies.belief_agent import BeliefAgent
from sim.ask.ranking import TIE

FEW = 3
ANSWERS = 5


class Lookahead(BeliefAgent):
    """Two steps of greedy information."""

    def choose(self, rows: np.ndarray, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ids, gains = self.best(rows, FEW)
        best = [self._best(row, q[q >= 0], g[q >= 0]) for row, q, g in zip(rows, ids, gains, strict=True)]
        at = np.array(best, dtype=np.int64)
        return ids[np.arange(len(rows)), at], gains[np.arange(len(rows)), at]

    def _best(self, row: int, ids: np.ndarray, gains: np.ndarray) -> int:
        if len(ids) < 2:
            return 0
        chances = self.posterior.take(np.full(len(ids), row)).predict(ids)  # (k, A)
        answers = np.argsort(-chances, axis=1, kind="stable")[:, :ANSWERS]
        share = np.take_along_axis(chances, answers, axis=1)
        which, rank = np.nonzero(share > 1e-6)
        after = self.posterior.take(np.full(len(which), row))
        after.update(ids[which], answers[which, rank])
        then = after.choose(1)[1][:, 0]
        weight = share[which, rank]
        total = gains + np.bincount(which, weight * then, len(ids)) / np.bincount(which, weight, len(ids))
        return int(np.round(total / TIE).argmax())


def lookahead(setting: Setting) -> Lookahead:
    return Lookahead(setting, setting.posterior())
