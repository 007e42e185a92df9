"""What the tables of `bench.rl` share: agents, settings, rewards and their intervals."""

from __future__ import annotations

import numpy as np

from agents.evaluation.episodes import play
from agents.policy.serve import exact_posterior
from agents.setting import Setting
from agents.strategies.belief_agent import BeliefAgent
from envs.rules import Rules
from sim.catalogue.load import load
from sim.questions import question_bank
from sim.users.rates import PRESETS

TEST_SEED, TUNE_SEED = 20_261, 777


def interval(x: np.ndarray) -> str:
    """Mean and the half width of a 95 % interval."""
    return f"{x.mean():+.4f} +- {1.96 * x.std(ddof=1) / len(x) ** 0.5:.4f}"


class GreedyUntil(BeliefAgent):
    """Greedy EIG that guesses above a belief instead of by the shared rule, where `threshold` is given."""

    def __init__(self, setting: Setting, threshold: float | None = None) -> None:
        super().__init__(setting, exact_posterior(setting))
        self.threshold = threshold

    def act(self, rows: np.ndarray, left: np.ndarray) -> np.ndarray:
        if self.threshold is None:
            return super().act(rows, left)
        belief = self.belief(rows)
        question = self.posterior.take(rows).choose(1)[0][:, 0]
        asks = (belief.max(axis=1) < self.threshold) & (left > 0) & (question >= 0)
        return np.where(asks, question, len(self.bank) + belief.argmax(axis=1))

    def choose(self, rows: np.ndarray, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ids, gain = self.posterior.take(rows).choose(1)
        return ids[:, 0], gain[:, 0]


def make(catalogue: str, noise: str, cap: int | None, checkpoint: str = "") -> Setting:
    bank = question_bank(load(catalogue), "mixed", cap)
    return Setting(bank=bank, rates=PRESETS[noise], rules=Rules(), checkpoint=checkpoint)


def rewards(agent, setting: Setting, seed: int, count: int, batch: int = 100):
    """Rewards, and the same with each guess at its expectation under the exact belief, (count,) each; questions."""
    out = [[], [], []]
    for first in range(0, count, batch):
        played = play(agent, setting, seed, np.arange(first, min(first + batch, count)))
        rules = setting.rules
        expected = rules.reward_wrong + (rules.reward_right - rules.reward_wrong) * played.p_guess
        known = np.where(played.guess >= 0, expected - rules.question_cost * played.questions, played.reward)
        for k, x in enumerate((played.reward, known, played.questions)):
            out[k].append(x)
    return tuple(np.concatenate(x) for x in out)
