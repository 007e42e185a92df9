"""`uniform`: any question with equal chance, none twice.  What asking well is worth is measured from here.

It believes exactly, so that only its questions are bad.  What they tell it does not know, and hopes for the best: it
asks on until one perfect question more would not pay.
"""

from __future__ import annotations

import numpy as np

from agents.setting import Setting
from agents.strategies.belief_agent import BeliefAgent
from sim.numeric.randomness import extend, mix, to_unit


class Uniform(BeliefAgent):
    """Random questions; a dialogue's order depends on its seed alone."""

    def begin(self, seeds: np.ndarray) -> None:
        self._seeds = mix(seeds.astype(np.uint64))
        self._asked: list[set[int]] = [set() for _ in seeds]

    def choose(self, rows: np.ndarray, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        questions = np.array([self._fresh(b) for b in rows.tolist()], dtype=np.int64)
        return questions, np.full(len(rows), np.inf)

    def _fresh(self, b: int) -> int:
        asked, total = self._asked[b], len(self.bank)
        if len(asked) >= total:
            return -1
        # A draw among those not asked: the k-th free id, by stepping over the asked ones in order.
        k = int(to_unit(extend(self._seeds[b], len(asked))) * (total - len(asked)))
        for q in sorted(asked):
            k += q <= k
        return k

    def note(self, rows: np.ndarray, question: np.ndarray) -> None:
        for b, q in zip(rows.tolist(), question.tolist(), strict=True):
            self._asked[b].add(q)


def uniform(setting: Setting) -> Uniform:
    return Uniform(setting, setting.posterior())
