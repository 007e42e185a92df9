"""An agent that asks what it is told by a posterior, until the stop rule lets it guess."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from agents.setting import Setting
from agents.strategies.stopping import should_guess
from sim.posterior.contract import Posterior


class BeliefAgent(ABC):
    """An agent that asks what `choose` says until the shared stop rule lets it guess the likeliest intent.

    A policy overrides `choose` alone, and `begin` where it keeps something a dialogue.
    """

    def __init__(self, setting: Setting, posterior: Posterior):
        self.setting = setting
        self.bank = setting.bank
        self.posterior = posterior

    def begin(self, seeds: np.ndarray) -> None:  # noqa: B027 (most keep nothing)
        """Forget the last dialogues; `seeds` as in `reset`."""

    @abstractmethod
    def choose(self, rows: np.ndarray, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The next question of each dialogue (n,), -1 for none, and what it is expected to tell, nats (n,)."""

    def reset(self, seeds: np.ndarray, said: np.ndarray | None = None) -> None:
        seeds = np.atleast_1d(seeds)
        self.posterior.reset(len(seeds))
        if said is not None:
            self.posterior.open(said)
        self.gain_nats = np.full(len(seeds), np.nan)
        """(B,) what the last question was expected to tell; NaN before the first."""
        self.begin(seeds)

    def act(self, rows: np.ndarray, left: np.ndarray) -> np.ndarray:
        rows, left = np.atleast_1d(rows), np.atleast_1d(left)
        belief = self.belief(rows)
        actions = len(self.bank) + belief.argmax(axis=1)
        ask = np.flatnonzero(~should_guess(belief, np.inf, left, self.setting.rules) & (left > 0))
        if len(ask):
            question, gain = self.choose(rows[ask], belief[ask])
            on = (question >= 0) & ~should_guess(belief[ask], gain, left[ask], self.setting.rules)
            actions[ask[on]] = question[on]
            self.gain_nats[rows[ask]] = gain
        return actions

    def eig_nats(self, row: int, question: int) -> float:
        """What a question would tell in one dialogue, as this agent's posterior sees it; for those who look on."""
        return float(self.posterior.take(np.array([row])).eig_nats()[0, question])

    def observe(self, rows: np.ndarray, question: np.ndarray, answer: np.ndarray) -> None:
        self.posterior.update(question, answer, rows)

    def belief(self, rows: np.ndarray) -> np.ndarray:
        return self.posterior.take(rows).belief()
