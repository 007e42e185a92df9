"""A catalogue where greedy information gain asks nothing, see `bench.rl`."""

from __future__ import annotations

import tempfile
from dataclasses import replace

import gymnasium
import numpy as np

import envs  # noqa: F401  registers the ids
from agents.evaluation.episodes import play
from agents.policy.config import PolicyConfig
from agents.policy.serve import exact_posterior, policy
from agents.setting import Setting
from agents.strategies.belief_agent import BeliefAgent
from bench.rl_common import TEST_SEED, GreedyUntil, interval
from envs.beliefs import BeliefVectorEnv
from envs.rewards import Shaping
from envs.rules import Rules
from sim.catalogue.catalogue import Catalogue, make_facet
from sim.posterior.batched import BatchedPosterior
from sim.posterior.contract import Posterior
from sim.questions import question_bank
from sim.users.rates import CLEAN, Rates


def liars() -> tuple[Catalogue, Rates]:
    """16 intents told apart by four flags; half of the users answer every question with its opposite.

    The calibration facet is true of whatever anybody wants (a phantom of prior 1e-9 keeps the question in the bank):
    it tells nothing about the intent and everything about the user.
    """
    bits = (np.arange(17)[:, None] >> np.arange(4)) & 1
    bits[16] = 0
    facets = [make_facet(f"bit {b}", "flag", bits[:, b].astype(float)) for b in range(4)]
    facets.append(make_facet("calibration", "flag", np.append(np.ones(16), 0.0)))
    prior = np.append(np.full(16, (1 - 1e-9) / 16), 1e-9)
    catalogue = Catalogue(name="liars", intents=tuple(map(str, range(17))), prior=prior, facets=tuple(facets))
    rates = replace(CLEAN, name="liars", types=("honest", "liar"), shares=(0.5, 0.5), scales=(1e-9, 1.0), slip=1.0)
    return catalogue, rates


class TwoSteps(BeliefAgent):
    """The question after which the best next one is expected to leave least open; all of the bank is tried."""

    def choose(self, rows: np.ndarray, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        out = [self._best(int(row)) for row in rows]
        return np.array([q for q, _ in out]), np.array([g for _, g in out])

    def _best(self, row: int) -> tuple[int, float]:
        here: Posterior = self.posterior.take(np.array([row]))
        gains = here.eig_nats()[0]
        total = np.zeros(len(gains))
        for q in range(len(gains)):
            chances = here.predict(np.array([q]))[0]
            after = here.take(np.zeros(len(chances), dtype=np.int64))
            after.update(np.full(len(chances), q), np.arange(len(chances)))
            total[q] = gains[q] + chances @ after.choose(1)[1][:, 0]
        best = int(total.argmax())
        return (best, total[best] / 2) if total[best] > 1e-6 else (-1, 0.0)


def myopia(args) -> None:
    from agents.policy.train import train

    catalogue, rates = liars()
    setting = Setting(bank=question_bank(catalogue), rates=rates, rules=Rules(budget=6))
    calibration = int(np.flatnonzero(setting.bank.facet == 4)[0])
    with tempfile.TemporaryDirectory() as out:
        config = PolicyConfig(
            catalogues=("liars",), steps=args.steps, n_steps=32, batch_size=256, budget=6, learning_rate=2e-3,
            entropy=0.02, expected=True, seed=0,
        )  # fmt: skip
        train(config, out, say=lambda line: None, parts=[part_of(setting, 64, config)])
        trained = replace(setting, checkpoint=out)
        agents = {
            "greedy EIG": GreedyUntil(setting),
            "two steps": TwoSteps(setting, exact_posterior(setting)),
            "policy": policy(trained),
        }
        print(f"16 intents, half liars, budget 6, {args.users} users; policy: {args.steps:,} turns of PPO")
        for who, agent in agents.items():
            paid, asked = [], []
            for first in range(0, args.users, 100):
                played = play(agent, setting, TEST_SEED, np.arange(first, first + 100))
                paid.append(played.reward)
                asked.append((played.dialogues.questions == calibration).any(axis=1))
            share = 100 * np.concatenate(asked).mean()
            print(f"{who:11} reward {interval(np.concatenate(paid))}  asks the calibration question {share:.1f} %")


def part_of(setting: Setting, count: int, config: PolicyConfig) -> BeliefVectorEnv:
    """The vector environment of a setting that has no name."""
    env = gymnasium.make_vec(
        "clarigym/Clarify-v1", num_envs=count, catalogue=setting.catalogue, noise=setting.rates,
        budget=setting.rules.budget, copy=False, autoreset_mode="SameStep",
    )  # fmt: skip
    posterior = BatchedPosterior(setting.channel, setting.bank)
    return BeliefVectorEnv(env, posterior, shortlist=config.shortlist, shaping=Shaping(expected=config.expected))
